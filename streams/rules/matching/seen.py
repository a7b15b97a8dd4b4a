"""Seen: one item as a book sees it: which of the book's words and phrases it holds, and where.

In: an item and a vocabulary.  Out: `present`, the ids that occur; their places when asked.
Invariants: positions count words over all fields, with one empty position between two fields, so no
phrase crosses; what is not asked for is not worked out.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain

from streams.item import Item
from streams.match import Evidence
from streams.rules.ast import Scope, Where
from streams.rules.matching.marks import BETWEEN, EDGE, MARK_BYTES, Ids, packed
from streams.rules.matching.reading import BODY_PARTS, PARTLY, fields, item_language
from streams.rules.matching.strips import Strip
from streams.rules.matching.vocabulary import BODY_ZONE, CLASSES_LANG, Vocabulary

ZONES = {Where.CREDIT: "credit", Where.URL: "url", Where.TAGS: "tags"}
"""Parts whose words count only where a rule names them; all other parts are the body."""

Span = tuple[int, int]
"""Positions of the first and last word."""

Joined = tuple[int, int, Ids]
"""A compound: positions of its first and last word, and what it is as one word."""


class Packed:
    """A phrase: the classes of its words, and these as a row of marks."""

    __slots__ = ("ids", "number", "row")

    def __init__(self, number: int, ids: Ids) -> None:
        self.number = number
        self.ids = ids
        self.row = b"".join(map(packed, ids))


class Seen:
    """One item through the eyes of one book; lives as long as the item is judged."""

    def __init__(self, item: Item, vocabulary: Vocabulary) -> None:
        self.item = item
        self.lang = item_language(item)
        self.in_classes = self.lang == CLASSES_LANG
        self._vocabulary = vocabulary
        self._marks = self._mark(item)
        self.present = present = set(self._marks)
        self._layouts = layouts = vocabulary.layouts
        odd = present & layouts.held.keys()
        if odd:
            present.update(*map(layouts.held.__getitem__, odd))
        self._spans: dict[int, Sequence[Span]] = {}
        self._ranges: dict[tuple[Scope, ...], list[tuple[int, int]]] = {}
        self._packed = b""

    def _mark(self, item: Item) -> list[int]:
        """A mark for each chunk of the item, with an edge between two fields."""
        chunks = [*item.title.split(), EDGE, *item.summary.split(), EDGE, *item.text.split()]
        marks = [*map(self._vocabulary.marks(BODY_ZONE, self.lang).__getitem__, chunks)]
        for _, part, text in self._asides() if self._vocabulary.has_asides else ():
            zone = self._vocabulary.marks(ZONES[part], self.lang)
            marks.append(BETWEEN)
            marks += map(zone.__getitem__, text.split())
        return marks

    def _asides(self) -> Iterable[tuple[str, Where, str]]:
        """The fields beside the body in which this book looks for words."""
        zones = self._vocabulary.zones
        return (each for each in fields(self.item) if ZONES.get(each[1]) in zones)

    def stand(self, phrases: Iterable[Packed]) -> Iterator[int]:
        """The numbers of those phrases whose words follow one another."""
        row = self._packed or self._pack()
        for phrase in phrases:
            at = row.find(phrase.row)
            while at > 0 and at % MARK_BYTES:
                at = row.find(phrase.row, at + 1)
            if at >= 0 or (self._is_blurred(phrase.ids) and self.phrase(phrase.ids)):
                yield phrase.number

    def _pack(self) -> bytes:
        """The marks of the chunks; one-word ones by the first of their ids, dashes left out."""
        self._packed = b"".join(map(self._layouts.plain.__getitem__, self._marks))
        return self._packed

    def _is_blurred(self, ids: Ids) -> bool:
        """True if some chunk holds one of these words and does not stand in the row by it."""
        carriers, disjoint = self._layouts.carriers, self.present.isdisjoint
        return any(n in carriers and not disjoint(carriers[n]) for n in ids)

    def spans(self, number: int) -> Sequence[Span]:
        """Where a word or phrase stands, in order."""
        spans = self._spans.get(number)
        if spans is None:
            ids = self._vocabulary.phrase_words.get(number)
            spans = self.phrase(ids) if ids else self._word(number)
            self._spans[number] = spans
        return spans

    def phrase(self, ids: Ids) -> Sequence[Span]:
        """Where these words follow one another; a compound may stand for each of them."""
        if not self.present.issuperset(ids):
            return ()
        if len(ids) == 1:
            return self.spans(ids[0])
        words, joined = self.row
        if joined:
            return self._loose_phrase(ids)
        length, most = len(ids), len(words) - len(ids)
        return [
            (first, first + length - 1)
            for first, _ in self.spans(ids[0])
            if first <= most and all(ids[n] in words[first + n] for n in range(1, length))
        ]

    def _loose_phrase(self, ids: Ids) -> Sequence[Span]:
        found = set(self.spans(ids[0]))
        for number in ids[1:]:
            ends: dict[int, list[int]] = {}
            for first, last in self.spans(number):
                ends.setdefault(first, []).append(last)
            found = {(first, end) for first, last in found for end in ends.get(last + 1, ())}
        return sorted(found)

    def _word(self, number: int) -> Sequence[Span]:
        words, joined = self.row
        spans = [(n, n) for n, ids in enumerate(words) if number in ids]
        if joined:
            spans += [(first, last) for first, last, ids in joined if number in ids]
            spans.sort()
        return spans

    @cached_property
    def row(self) -> tuple[list[Ids], list[Joined]]:
        """The ids of each word over all fields, and the compounds."""
        shapes, joined = self._layouts.shapes, self._layouts.joined
        words = [*chain.from_iterable(map(shapes.__getitem__, self._marks))]
        return words, [] if joined.keys().isdisjoint(self.present) else [*self._compounds()]

    def _compounds(self) -> Iterator[Joined]:
        shapes, joined, at = self._layouts.shapes, self._layouts.joined, 0
        for mark in self._marks:
            for first, last, ids in joined.get(mark, ()):
                yield at + first, at + last, ids
            at += len(shapes[mark])

    def together(self, early: Span, late: Span) -> bool:
        """True if two spans, the first before the second, lie in one field."""
        edges = self.spans(BETWEEN)
        return bisect_right(edges, early) == bisect_right(edges, late)

    @cached_property
    def strips(self) -> tuple[Strip, ...]:
        """The fields in their order, each where its words begin."""
        return tuple(self._strips())

    def _strips(self) -> Iterator[Strip]:
        start = before = 0
        body = [each for each in fields(self.item) if each[1] in BODY_PARTS]
        ends = (*(edge for edge, _ in self.spans(BETWEEN)), len(self.row[0]))
        named = (*body, *(self._asides() if self._vocabulary.has_asides else ()))
        for (name, part, text), end in zip(named, ends, strict=True):
            yield Strip(name, part, text, start, end, before)
            before += end - start
            start = end + 1

    @cached_property
    def _starts(self) -> list[int]:
        return [strip.start for strip in self.strips]

    def strip(self, position: int) -> Strip:
        """The strip that a position lies in."""
        return self.strips[bisect_right(self._starts, position) - 1]

    def ranges(self, scopes: tuple[Scope, ...]) -> list[tuple[int, int]]:
        """The positions that the scopes allow, from and up to."""
        ranges = self._ranges.get(scopes)
        if ranges is None:
            found = ((s.start, max(map(s.allowed, scopes))) for s in self.strips)
            ranges = self._ranges[scopes] = [each for each in found if each[0] < each[1]]
        return ranges

    def texts(self, scopes: Iterable[Scope]) -> Iterator[tuple[str, str]]:
        """The fields that the scopes name, and what of a field the others let be read."""
        wheres = {scope.where for scope in scopes}
        for name, part, text in fields(self.item):
            if part in wheres:
                yield name, text
        for strip in self.strips if wheres & PARTLY else ():
            for scope in scopes:
                end = strip.allowed(scope)
                if scope.where in PARTLY and end > strip.start:
                    yield strip.name, strip.text[: strip.token(end - 1).end]

    def sentence(self, position: int) -> tuple[str, int]:
        """Which sentence of which field a position lies in."""
        strip = self.strip(position)
        return strip.name, strip.sentence(position)

    def paragraph(self, position: int) -> tuple[str, int]:
        """Which paragraph of which field a position lies in."""
        strip = self.strip(position)
        return strip.name, strip.paragraph(position)

    def evidence(self, clause: str, span: Span) -> Evidence:
        """The words of a span, as they stand in their field."""
        strip = self.strip(span[0])
        start, end = strip.token(span[0]).start, strip.token(span[1]).end
        return Evidence(
            clause=clause, field=strip.name, start=start, end=end, text=strip.text[start:end]
        )
