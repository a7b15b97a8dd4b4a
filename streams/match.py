"""Match: an item with every rule that hit it, as it travels on `wire.matches`.

In: an Item and a book.  Out: hits with evidence, and the rules that `none` stopped.  Invariant:
each evidence's text is exactly `field[start:end]` of the item it came from.
"""

from dataclasses import dataclass
from enum import StrEnum

from streams.item import Item


class Status(StrEnum):
    """What the matched claim says: that it is so, may be, is not, is undone, or stays possible."""

    ASSERTED = "asserted"
    PROSPECTIVE = "prospective"
    NEGATED = "negated"
    REVERSED = "reversed"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """A rule's wish: tell only what so many independent origins say within so many seconds."""

    at_least: int
    within_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A rule's wish: tell at these hours, in this time zone.

    `days` are 0 (Monday) to 6, `start_min` and `end_min` minutes since midnight; an end before the
    start is on the day after.
    """

    days: tuple[int, ...]
    start_min: int
    end_min: int
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a rule wants its stories told; carried on the match for those who tell.

    `max_age_s` 0 is no limit; `priority` flash, urgent or routine; `updates` edit, thread or new.
    """

    max_age_s: int = 0
    origins: Origins | None = None
    priority: str = ""
    updates: str = ""
    hours: Hours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why one clause held.  Offsets are code points of `field`; `clause` is a path (`all[1]`)."""

    clause: str
    field: str
    start: int
    end: int
    text: str

    @property
    def words(self) -> str:
        """The text as it reads within a line of ours: one line, no sentence's capital."""
        words = " ".join(self.text.split())
        first = words.split(" ", 1)[0]
        return words[:1].lower() + words[1:] if first[1:].islower() else words


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One rule that an item satisfies, and the channels it tells.

    `version` is the rule's own hash; `status` is that of the first evidence in the title, else in
    summary or text, and `cue` the words that say so; `policy` is None for the plain one.
    """

    rule: str
    channels: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()
    version: str = ""
    status: Status | None = None
    cue: Evidence | None = None
    policy: Policy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A rule whose positive clauses held and which was stopped `by` its `none` or `negation`.

    `evidence` is of what the `none` looked for, else of the claim that `status` and `cue` speak of.
    """

    rule: str
    channels: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()
    by: str = "none"
    status: Status | None = None
    cue: Evidence | None = None


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
