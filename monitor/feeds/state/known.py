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
    """What was published of a feed, from id to what `known_value` wrote; longest ago first."""
    parts = [(item, value.split(" ")) for item, value in stored.items()]
    parts.sort(key=lambda pair: int(pair[1][3]) if len(pair[1]) > 3 else 0)
    return {item: _read(value) for item, value in parts}


def _read(value: list[str]) -> Known:
    rev, payload, text, *later = value
    _, flags, published_s, url, title, *_ = (*later, *("", "", "", "", "")[len(later) :])
    return Known(
        rev=int(rev),
        payload=payload,
        text=text,
        baseline="b" in flags,
        cancelled="c" in flags,
        published_s=int(published_s or -1),
        url=url,
        title=title,
    )


def known_value(known: Known, poll: int) -> str:
    """One of them as it is stored, parts kept apart by spaces; `poll` grows from poll to poll."""
    flags = "b" * known.baseline + "c" * known.cancelled
    parts = (known.rev, known.payload, known.text, poll, flags, known.published_s)
    return " ".join(map(str, (*parts, known.url, known.title)))
