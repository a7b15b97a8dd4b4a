"""Changes: which entries of a poll are news, against what was published before; pure.

In: the items of a feed's window and what is known of it.  Out: the items to publish, with kind and
revision.  Invariants: equal words are published once; changed words under the same id are an
`update` with the next revision; on a new broker the window is published again, its revisions kept.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from itertools import islice

from streams.item import Item, Kind
from streams.story import signature

KNOWN_MOST = 5_000
"""Entries remembered per feed beside its window: old ones slide back in when others vanish."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was published under one id: revision, digest of the payload, digest of the words."""

    rev: int
    payload: str
    text: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a poll brings: items to publish, what is known once they are, which ids to forget."""

    publish: tuple[Item, ...]
    known: Mapping[str, Known]
    forget: tuple[str, ...] = ()


def find_changes(
    items: Iterable[Item], known: Mapping[str, Known], *, again: bool = False
) -> Changes:
    """The items that are new or changed against `known` (published longest ago first).

    With `again`, everything in the window.
    """
    publish: list[Item] = []
    learned: dict[str, Known] = {}
    window = tuple(items)
    for item in window:
        before = known.get(item.id)
        if before and before.payload == item.payload_hash and not again:
            continue
        text = signature(item).text
        changed = before is not None and before.text != text
        rev = before.rev + changed if before else 1
        learned[item.id] = Known(rev, item.payload_hash, text)
        if before is None or changed or again:
            kind = Kind.UPDATE if rev > 1 else Kind.NEW
            publish.append(replace(item, rev=rev, kind=kind))
    return Changes(tuple(publish), learned, _surplus(known, {item.id for item in window}))


def _surplus(known: Mapping[str, Known], window: Set[str]) -> tuple[str, ...]:
    """The oldest beyond `KNOWN_MOST`; never one that the feed still shows."""
    over = len(known.keys() | window) - KNOWN_MOST
    if over <= 0:
        return ()
    return tuple(islice((item for item in known if item not in window), over))
