"""Known: what is remembered of each item that was published; the form it has in Redis.

In: a hash from id to text.  Out: `Known`, longest ago first, and back.  Invariant: what an earlier
version stored is read, what it did not know is empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """What was published under one id.

    `status` and `text` are digests of what an agency says beside the words (`status_of`) and of the
    words, `url` and `title` of the canonical address and of headline and day (all but `text` empty
    where there is none); `published_s` is the outlet's own clock, seconds since 1970, -1 where it
    stated none; `version` is the highest number its agency gave, 0 without any.
    """

    rev: int
    status: str
    text: str
    baseline: bool = False
    cancelled: bool = False
    published_s: int = -1
    url: str = ""
    title: str = ""
    version: int = 0


UNREADABLE = Known(rev=1, status="", text="")
"""What is stored under an id, where nobody can read it: the item was published with some words."""


def read_known(stored: Mapping[str, str]) -> dict[str, Known]:
    """What was published of a feed, from id to what `known_value` wrote; longest ago first.

    What `known_value` did not write is `UNREADABLE`, longest ago of all.
    """
    read = [(item, *_read(value)) for item, value in stored.items()]
    read.sort(key=lambda each: each[1])
    return {item: known for item, _, known in read}


def _read(value: str) -> tuple[int, Known]:
    """The poll that published it, and what.

    The second part has been the status since there is the flag that says so.
    """
    try:
        rev, status, text, *later = value.split(" ")
        later += [""] * (6 - len(later))
        poll, flags, published_s, url, title, version, *_ = later
        known = Known(
            rev=int(rev),
            status=status if "s" in flags else "",
            text=text,
            baseline="b" in flags,
            cancelled="c" in flags,
            published_s=int(published_s or -1),
            url=url,
            title=title,
            version=int(version or 0),
        )
        return int(poll or 0), known
    except ValueError:
        return 0, UNREADABLE


def known_value(known: Known, poll: int) -> str:
    """One of them as it is stored, parts kept apart by spaces; `poll` grows from poll to poll."""
    flags = "b" * known.baseline + "c" * known.cancelled + "s" * bool(known.status)
    parts = (known.rev, known.status, known.text, poll, flags, known.published_s)
    return " ".join(map(str, (*parts, known.url, known.title, known.version)))
