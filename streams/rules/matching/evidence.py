"""Evidence: the words that made nodes hold; nodes and a reading in, pieces of text out; pure.

Invariant: each piece is exactly `field[start:end]`; what a `none` or NOT looked for is none.
"""

from collections.abc import Iterable, Iterator

from streams.match import Evidence
from streams.rules.ast import (
    BODY,
    And,
    AtLeast,
    Near,
    Node,
    Not,
    NotNear,
    Or,
    Pattern,
    Scope,
    Scoped,
    Term,
    Weighted,
    terms,
)
from streams.rules.matching.oracle import Place, holds, places
from streams.rules.matching.patterns import found_in
from streams.rules.matching.reading import Passage, Reading

MAX_EVIDENCE = 16
"""Pieces per rule and item: more than anybody reads, and a match must fit into Kafka's 1 MB."""

Piece = tuple[int, Evidence]
"""Evidence, and its passage's number."""


def evidence(nodes: Iterable[Node], reading: Reading) -> tuple[Evidence, ...]:
    """One piece per term that occurs: title first, then in the order the rule names them."""
    found = [piece for node in nodes for piece in _of(node, reading, BODY)]
    ordered = dict.fromkeys(each for _, each in sorted(found, key=lambda piece: piece[0]))
    return tuple(ordered)[:MAX_EVIDENCE]


def _of(node: Node, reading: Reading, scopes: tuple[Scope, ...]) -> Iterator[Piece]:
    if not holds(node, reading, scopes):
        return
    match node:
        case Not():
            return
        case Scoped(inner, of):
            yield from _of(of, reading, inner)
        case Pattern(clause=clause):
            passage, start, end = next(iter(found_in(node, reading, scopes)))
            yield reading.passages.index(passage), _piece(clause, passage, start, end)
        case Term() as term:
            yield _at(term, min(places(term, reading, scopes), key=_order), reading)
        case Near() | NotNear():
            hull = min(places(node, reading, scopes), key=_order)
            for term in terms(node):
                inner_places = [p for p in places(term, reading, scopes) if _in(p, hull)]
                if inner_places:
                    yield _at(term, min(inner_places, key=_order), reading)
        case And(of) | Or(of) | AtLeast(of=of):
            for each in of:
                yield from _of(each, reading, scopes)
        case Weighted(of=weighted):
            for each, _ in weighted:
                yield from _of(each, reading, scopes)


def _order(place: Place) -> tuple[int, int, int]:
    return place.passage, place.first, place.last


def _in(place: Place, hull: Place) -> bool:
    same = place.passage == hull.passage
    return same and hull.first <= place.first and place.last <= hull.last


def _at(term: Term, place: Place, reading: Reading) -> Piece:
    passage = reading.passages[place.passage]
    start, end = passage.words[place.first].start, passage.words[place.last].end
    return place.passage, _piece(term.clause, passage, start, end)


def _piece(clause: str, passage: Passage, start: int, end: int) -> Evidence:
    return Evidence(
        clause=clause, field=passage.field, start=start, end=end, text=passage.text[start:end]
    )
