"""Nearness: which occurrences are near one another; places in, places out; the fast half.

In: the places of two operands.  Out: where one is near the other, or free of it.  Invariants: says
what the oracle says; of many places only neighbours are looked at, so the time grows with their
number and not with its square.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from streams.rules.ast import Reach, Unit
from streams.rules.matching.reading import MAX_PLACES
from streams.rules.matching.seen import Seen, Span


@dataclass(frozen=True, slots=True)
class Place:
    """From the first to the last word; `words` are those asked for, None for all of these."""

    first: int
    last: int
    words: frozenset[int] | None = None

    @property
    def span(self) -> Span:
        """Positions of the first and last word."""
        return self.first, self.last

    def asked(self) -> frozenset[int]:
        """The positions of the words asked for."""
        return frozenset(range(self.first, self.last + 1)) if self.words is None else self.words

    def order(self) -> tuple[int, int, list[int]]:
        """By the first word, then by the last."""
        return self.first, self.last, [] if self.words is None else sorted(self.words)


class Row:
    """Places in order, ready to be searched from either side."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.places = sorted(places, key=Place.order)
        self._firsts = [place.first for place in self.places]

    @cached_property
    def _by_last(self) -> list[Place]:
        return sorted(self.places, key=lambda p: (p.last, p.first, p.order()[2]))

    @cached_property
    def _lasts(self) -> list[int]:
        return [place.last for place in self._by_last]

    @cached_property
    def _farthest(self) -> list[int]:
        """The farthest last word of each place and all before it."""
        return [*accumulate((place.last for place in self.places), max)]

    def after(self, place: Place) -> Iterator[Place]:
        """Those after a place, the next one first."""
        at = bisect_left(self._firsts, place.last + 1)
        return (self.places[n] for n in range(at, len(self.places)))

    def before(self, place: Place) -> Iterator[Place]:
        """Those before a place, the last one first."""
        at = bisect_left(self._lasts, place.first)
        return (self._by_last[n] for n in range(at - 1, -1, -1))

    def amid(self, place: Place) -> Iterator[Place]:
        """Those that are neither after nor before it."""
        start = bisect_left(self._farthest, place.first)
        end = bisect_right(self._firsts, place.last)
        return (p for p in self.places[start:end] if p.last >= place.first)


@dataclass(frozen=True, slots=True)
class Nearness:
    """What near means for one rule and item."""

    reach: Reach
    seen: Seen

    def hulls(self, ones: Row, others: Row) -> list[Place]:
        """From one to the other: each with the nearest after it, before it, and amid its words."""
        found = {_hull(one, other) for one in ones.places for other in self._next(one, others)}
        found |= {_hull(one, other) for other in others.places for one in self._last(other, ones)}
        if not self.reach.ordered:
            found |= {_hull(a, b) for a in ones.places for b in self._last(a, others)}
            found |= {_hull(a, b) for b in others.places for a in self._next(b, ones)}
            found |= {_hull(a, b) for a in ones.places for b in self._amid(a, others)}
            found |= {_hull(a, b) for b in others.places for a in self._amid(b, ones)}
        return sorted(found, key=Place.order)[:MAX_PLACES]

    def free(self, place: Place, others: Row) -> bool:
        """True if none of the others overlaps the place or is near it."""
        if any(True for _ in others.amid(place)) or any(True for _ in self._next(place, others)):
            return False
        return self.reach.ordered or not any(True for _ in self._last(place, others))

    def _next(self, place: Place, others: Row) -> Iterator[Place]:
        for other in others.after(place):
            if self._beyond(place.last, other.first):
                return
            if self._within(place, other):
                yield other
                return

    def _last(self, place: Place, others: Row) -> Iterator[Place]:
        for other in others.before(place):
            if self._beyond(other.last, place.first):
                return
            if self._within(other, place):
                yield other
                return

    def _amid(self, place: Place, others: Row) -> Iterator[Place]:
        for other in others.amid(place):
            early, late = sorted((place, other), key=Place.order)
            if place.asked().isdisjoint(other.asked()) and self._within(early, late):
                yield other
                return

    def _beyond(self, early: int, late: int) -> bool:
        """True if all from here on is too far as well."""
        match self.reach.unit:
            case Unit.WORDS:
                return late - early > self.reach.words
            case Unit.SENTENCE:
                return self.seen.sentence(early) != self.seen.sentence(late)
            case Unit.PARAGRAPH:
                return self.seen.paragraph(early) != self.seen.paragraph(late)

    def _within(self, early: Place, late: Place) -> bool:
        """True if two places that share no word are in reach, and in the same field."""
        first, last = early.first, max(early.last, late.last)
        match self.reach.unit:
            case Unit.WORDS:
                close = late.first - early.last <= self.reach.words
                return close and self.seen.together(early.span, late.span)
            case Unit.SENTENCE:
                return self.seen.sentence(first) == self.seen.sentence(last)
            case Unit.PARAGRAPH:
                return self.seen.paragraph(first) == self.seen.paragraph(last)


def any_near(ones: Sequence[Span], others: Sequence[Span], reach: Reach, seen: Seen) -> bool:
    """True if one of these words or phrases is so few words away from one of the others."""
    if _any_after(ones, others, reach, seen):
        return True
    return not reach.ordered and _any_after(others, ones, reach, seen)


def _any_after(early: Sequence[Span], late: Sequence[Span], reach: Reach, seen: Seen) -> bool:
    for span in early:
        at = bisect_left(late, (span[1] + 1,))
        if (
            at < len(late)
            and late[at][0] - span[1] <= reach.words
            and seen.together(span, late[at])
        ):
            return True
    return False


def _hull(one: Place, other: Place) -> Place:
    first, last = min(one.first, other.first), max(one.last, other.last)
    asked = one.asked() | other.asked()
    return Place(first, last, asked if len(asked) <= last - first else None)
