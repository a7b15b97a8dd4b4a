"""Probe: one node of a rule, ready to be asked of an item: does it hold, where, by which words?

In: an AST node whose words have numbers.  Out: a tree of probes that answers from a `Seen`.
Invariant: says what the oracle says; asks for positions only where the answer hangs on them.
"""

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from streams.match import Evidence
from streams.rules.ast import Reach, Scope, Unit
from streams.rules.matching.marks import Ids
from streams.rules.matching.nearness import Nearness, Place, Row, any_near
from streams.rules.matching.patterns import spans
from streams.rules.matching.reading import MAX_PLACES
from streams.rules.matching.seen import Seen, Span

Scopes = tuple[Scope, ...]

WEIGHT_DECIMALS = 6
"""Weights are decimal numbers: 0.7 + 0.1 + 0.1 reaches 0.9."""


class Probe(ABC):
    """One node."""

    @abstractmethod
    def holds(self, seen: Seen) -> bool:
        """True if the item is as the node asks."""

    @abstractmethod
    def evidence(self, seen: Seen) -> Iterator[Evidence]:
        """The words that make it hold, in the order the rule names them; asked only if it does."""


class Placed(Probe):
    """A node that stands at places: what nearness and counts are made of.

    `is_whole` where every place is words that follow one another, none of others among them.
    """

    @property
    def is_whole(self) -> bool:
        """True for words and phrases, and alternatives of them."""
        return False

    @abstractmethod
    def spans(self, seen: Seen) -> Sequence[Span]:
        """Where it stands, in order, each once."""

    def places(self, seen: Seen) -> Sequence[Place]:
        """As `spans`, with the words asked for where others may stand between them."""
        return [Place(*span) for span in self.spans(seen)]

    @abstractmethod
    def inside(self, seen: Seen, hull: Span) -> Iterator[Evidence]:
        """The words of it that lie in `hull`."""

    def holds(self, seen: Seen) -> bool:
        return bool(self.spans(seen))

    def evidence(self, seen: Seen) -> Iterator[Evidence]:
        return self.inside(seen, min(self.spans(seen)))


@dataclass(frozen=True, slots=True)
class TermProbe(Placed):
    """A word or phrase by the classes of its variants, and by the words of each of them.

    No `scopes` where it may stand anywhere.
    """

    ids: Ids
    words: tuple[Ids, ...]
    clause: str
    scopes: Scopes = ()

    @property
    def is_whole(self) -> bool:
        return True

    def holds(self, seen: Seen) -> bool:
        if seen.in_classes and not self.scopes:
            return not seen.present.isdisjoint(self.ids)
        return bool(self.spans(seen))

    def spans(self, seen: Seen) -> Sequence[Span]:
        if seen.in_classes:
            spans = _merged(seen.spans(n) for n in self.ids if n in seen.present)
        else:
            spans = _merged(seen.phrase(ids) for ids in self.words)
        if self.scopes:
            spans = [*islice(_ranged(spans, seen.ranges(self.scopes)), MAX_PLACES)]
        return spans[:MAX_PLACES]

    def inside(self, seen: Seen, hull: Span) -> Iterator[Evidence]:
        for span in self.spans(seen):
            if hull[0] <= span[0] and span[1] <= hull[1]:
                yield seen.evidence(self.clause, span)
                return


@dataclass(frozen=True, slots=True)
class PatternProbe(Probe):
    """A regular expression."""

    regex: str
    clause: str
    scopes: Scopes

    def holds(self, seen: Seen) -> bool:
        return any(True for _ in self._found(seen))

    def evidence(self, seen: Seen) -> Iterator[Evidence]:
        for name, text, (start, end) in self._found(seen):
            found = text[start:end]
            yield Evidence(clause=self.clause, field=name, start=start, end=end, text=found)
            return

    def _found(self, seen: Seen) -> Iterator[tuple[str, str, Span]]:
        for name, text in seen.texts(self.scopes):
            for span in spans(self.regex, text):
                yield name, text, span


@dataclass(frozen=True, slots=True)
class AllProbe(Probe):
    """All of these hold."""

    of: tuple[Probe, ...]

    def holds(self, seen: Seen) -> bool:
        return all(probe.holds(seen) for probe in self.of)

    def evidence(self, seen: Seen) -> Iterator[Evidence]:
        return chain.from_iterable(probe.evidence(seen) for probe in self.of)


@dataclass(frozen=True, slots=True)
class NotProbe(Probe):
    """This does not hold; what is not there is no evidence."""

    of: Probe

    def holds(self, seen: Seen) -> bool:
        return not self.of.holds(seen)

    def evidence(self, seen: Seen) -> Iterator[Evidence]:  # noqa: ARG002  # as every probe
        return iter(())


@dataclass(frozen=True, slots=True)
class AnyProbe(Probe):
    """One of these holds."""

    of: tuple[Probe, ...]

    def holds(self, seen: Seen) -> bool:
        return any(probe.holds(seen) for probe in self.of)

    def evidence(self, seen: Seen) -> Iterator[Evidence]:
        return chain.from_iterable(p.evidence(seen) for p in self.of if p.holds(seen))


@dataclass(frozen=True, slots=True)
class AnyPlaced(Placed):
    """One of these stands there."""

    of: tuple[Placed, ...]

    @property
    def is_whole(self) -> bool:
        return all(probe.is_whole for probe in self.of)

    def holds(self, seen: Seen) -> bool:
        return any(probe.holds(seen) for probe in self.of)

    def spans(self, seen: Seen) -> Sequence[Span]:
        return _merged(probe.spans(seen) for probe in self.of if probe.holds(seen))

    def places(self, seen: Seen) -> Sequence[Place]:
        return [*{p for probe in self.of if probe.holds(seen) for p in probe.places(seen)}]

    def inside(self, seen: Seen, hull: Span) -> Iterator[Evidence]:
        return chain.from_iterable(probe.inside(seen, hull) for probe in self.of)

    def evidence(self, seen: Seen) -> Iterator[Evidence]:
        return chain.from_iterable(p.evidence(seen) for p in self.of if p.holds(seen))


@dataclass(frozen=True, slots=True)
class NearProbe(Placed):
    """One near the other; operands that are near something themselves let others stand amid."""

    first: Placed
    second: Placed
    reach: Reach

    def holds(self, seen: Seen) -> bool:
        if not (self.first.holds(seen) and self.second.holds(seen)):
            return False
        if self.reach.unit is Unit.WORDS and self.first.is_whole and self.second.is_whole:
            return any_near(self.first.spans(seen), self.second.spans(seen), self.reach, seen)
        return bool(self.places(seen))

    def places(self, seen: Seen) -> Sequence[Place]:
        if not (self.first.holds(seen) and self.second.holds(seen)):
            return ()
        ones, others = Row(self.first.places(seen)), Row(self.second.places(seen))
        return Nearness(self.reach, seen).hulls(ones, others)

    def spans(self, seen: Seen) -> Sequence[Span]:
        return sorted({place.span for place in self.places(seen)})

    def inside(self, seen: Seen, hull: Span) -> Iterator[Evidence]:
        yield from self.first.inside(seen, hull)
        yield from self.second.inside(seen, hull)


@dataclass(frozen=True, slots=True)
class FreeProbe(Placed):
    """Occurrences of the first with none of the second near them."""

    first: Placed
    second: Placed
    reach: Reach

    def places(self, seen: Seen) -> Sequence[Place]:
        if not self.first.holds(seen):
            return ()
        others = Row(self.second.places(seen) if self.second.holds(seen) else ())
        nearness = Nearness(self.reach, seen)
        return [place for place in self.first.places(seen) if nearness.free(place, others)]

    def spans(self, seen: Seen) -> Sequence[Span]:
        return sorted({place.span for place in self.places(seen)})

    def inside(self, seen: Seen, hull: Span) -> Iterator[Evidence]:
        return self.first.inside(seen, hull)


@dataclass(frozen=True, slots=True)
class MentionsProbe(Probe):
    """So many mentions of these together."""

    count: int
    of: tuple[Placed, ...]

    def holds(self, seen: Seen) -> bool:
        spans = _merged(p.spans(seen) for p in self.of if p.holds(seen))
        return len(spans) >= self.count and _clear(spans) >= self.count

    def evidence(self, seen: Seen) -> Iterator[Evidence]:
        spans = ((span, probe) for probe in self.of for span in probe.spans(seen))
        for span, probe in sorted(spans, key=lambda found: found[0])[: self.count]:
            yield from probe.inside(seen, span)


@dataclass(frozen=True, slots=True)
class DistinctProbe(Probe):
    """So many of these hold."""

    count: int
    of: tuple[Probe, ...]

    def holds(self, seen: Seen) -> bool:
        return sum(probe.holds(seen) for probe in self.of) >= self.count

    def evidence(self, seen: Seen) -> Iterator[Evidence]:
        return chain.from_iterable(p.evidence(seen) for p in self.of if p.holds(seen))


@dataclass(frozen=True, slots=True)
class WeightsProbe(Probe):
    """The weights of those that hold reach the threshold."""

    threshold: float
    of: tuple[tuple[Probe, float], ...]

    def holds(self, seen: Seen) -> bool:
        total = sum(weight for p, weight in self.of if p.holds(seen))
        return round(total - self.threshold, WEIGHT_DECIMALS) >= 0

    def evidence(self, seen: Seen) -> Iterator[Evidence]:
        counting = (probe for probe, weight in self.of if weight > 0 and probe.holds(seen))
        return chain.from_iterable(probe.evidence(seen) for probe in counting)


def _merged(rows: Iterable[Sequence[Span]]) -> Sequence[Span]:
    """All spans in order, each once."""
    found = [row for row in rows if row]
    return found[0] if len(found) == 1 else sorted(set(chain.from_iterable(found)))


def _ranged(spans: Sequence[Span], ranges: Iterable[tuple[int, int]]) -> Iterator[Span]:
    """The spans that lie in one of the ranges."""
    for start, end in ranges:
        at, stop = bisect_left(spans, (start, 0)), bisect_left(spans, (end, 0))
        yield from (spans[n] for n in range(at, stop) if spans[n][1] < end)


def _clear(spans: Iterable[Span]) -> int:
    """How many spans stand clear of one another."""
    count = free_from = 0
    for last, first in sorted((last, first) for first, last in spans):
        if first >= free_from:
            count, free_from = count + 1, last + 1
    return count
