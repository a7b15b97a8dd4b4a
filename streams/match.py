"""Match: an item with every rule that hit it, as it travels on `wire.matches`.

In: an Item and a book.  Out: hits with evidence, and the rules that `none` stopped.  Invariant:
each evidence's text is exactly `field[start:end]` of the item it came from.
"""

from dataclasses import dataclass

from streams.item import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why one clause held.  Offsets are code points of `field`; `clause` is a path (`all[1]`)."""

    clause: str
    field: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One rule that an item satisfies, and the channels it tells."""

    rule: str
    channels: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A rule whose positive clauses held and whose `none` stopped it."""

    rule: str
    channels: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a whole book says of one item."""

    hits: tuple[Hit, ...] = ()
    stopped: tuple[Stopped, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One item, the rules that hit it, and the book that judged."""

    item: Item
    hits: tuple[Hit, ...]
    stopped: tuple[Stopped, ...] = ()
    book: str = ""
    v: int = 1

    def channels(self) -> tuple[str, ...]:
        """Every channel to tell, in the order the rules name them."""
        return tuple(dict.fromkeys(c for hit in self.hits for c in hit.channels))

    def hits_for(self, channel: str) -> tuple[Hit, ...]:
        """The rules that hit and tell this channel."""
        return tuple(hit for hit in self.hits if channel in hit.channels)
