"""Status: what an agency says of an item beside its words, to tell its versions apart; pure.

In: an item.  Out: a digest, a number.  Invariant: an item nobody versions (any of a web feed) has
neither, whatever else it says.
"""

from streams.item import Item
from streams.text import digest, words

CANCELLED = frozenset({"canceled", "cancelled"})
"""How a `pub_status` says that an item is withdrawn (IPTC writes one l)."""


def is_cancelled(item: Item) -> bool:
    """Whether its agency withdraws it."""
    return item.pub_status.lower() in CANCELLED


def status_of(item: Item) -> str:
    """A digest of whether, until when and how urgently it may be used; empty where unversioned."""
    if not (item.version or item.pub_status):
        return ""
    notes = (" ".join(words(note)) for note in (item.ednote, item.notice))
    urgency = "" if item.urgency is None else str(item.urgency)
    return digest(item.pub_status.lower(), item.embargoed_until, urgency, *notes)


def version_number(version: str) -> int:
    """The version as a number; 0 where it is none, and says nothing of which is the later one."""
    usable = version.isascii() and version.isdecimal() and len(version) < 20
    return int(version) if usable else 0
