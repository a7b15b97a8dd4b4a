"""Known: what is remembered of each item that was published; the form it has in Redis.

In: a hash from id to text.  Out: `Known`, longest ago first, and back.  Invariant: what an earlier
version stored is read, what it did not know is empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """What was published under one id.

    `payload` and `text` are digests of the payload and of the words, `url` and `title` of the
    canonical address and of headline and day (empty where there is none); `published_s` is the
    outlet's own clock, seconds since 1970, -1 where it stated none.
    """

    rev: int
    payload: str
    text: str
    baseline: bool = False
    cancelled: bool = False
    published_s: int = -1
    url: str = ""
    title: str = ""


def read_known(stored: Mapping[str, str]) -> dict[str, Known]:
    """What was published of a feed, from id to what `known_value` wrote; longest ago first.

    What `known_value` did not write is as if it were not there.
    """
    read = [(item, *each) for item, value in stored.items() if (each := _read(value))]
    read.sort(key=lambda each: each[1])
    return {item: known for item, _, known in read}


def _read(value: str) -> tuple[int, Known] | None:
    """The poll that published it, and what; None for what `known_value` did not write."""
    try:
        rev, payload, text, *later = value.split(" ")
        poll, flags, published_s, url, title, *_ = (*later, *("", "", "", "", "")[len(later) :])
        known = Known(
            rev=int(rev),
            payload=payload,
            text=text,
            baseline="b" in flags,
            cancelled="c" in flags,
            published_s=int(published_s or -1),
            url=url,
            title=title,
        )
        return int(poll or 0), known
    except ValueError:
        return None


def known_value(known: Known, poll: int) -> str:
    """One of them as it is stored, parts kept apart by spaces; `poll` grows from poll to poll."""
    flags = "b" * known.baseline + "c" * known.cancelled
    parts = (known.rev, known.payload, known.text, poll, flags, known.published_s)
    return " ".join(map(str, (*parts, known.url, known.title)))
