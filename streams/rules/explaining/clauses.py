"""Clauses: a rule's nodes as a tree of what held and where; a node and a reading in, pure.

Invariant: a clause held exactly when the oracle says so; a word that held has its piece of text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

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
    Word,
    children,
)
from streams.rules.matching.oracle import Place, holds, places, says
from streams.rules.matching.patterns import found_in
from streams.rules.matching.reading import Compound, Passage, Reading, Spoken

_PART = re.compile(r"\[\d+\]|[^.\[\]]+")


class Heard:
    """A reading that remembers which words of rules it has: thousands of rules share them."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._known: dict[Word, bool] = {}
        spoken: dict[str, Spoken | Compound] = {}
        for passage in reading.passages:
            spoken |= {word.surface: word for word in passage.words}
            spoken |= {word.surface: word for word in passage.compounds}
        self._spoken = tuple(spoken.values())

    def may_hold(self, term: Term) -> bool:
        """False if some word of every variant of the term stands nowhere in the item."""
        return any(all(map(self.has, phrase)) for phrase in term.phrases)

    def has(self, word: Word) -> bool:
        """True if the word stands anywhere in the item."""
        known = self._known.get(word)
        if known is None:
            lang = self.reading.lang
            known = self._known[word] = any(says(word, spoken, lang) for spoken in self._spoken)
        return known


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One node of a rule: did it hold, and for a word or pattern where.

    `path` is the clause as written (`all[1]`), the part that all its words share for a group;
    `unwanted` marks what stands below a `none` or NOT; `scopes` are where it looked.
    """

    node: Node
    path: str
    held: bool
    scopes: tuple[Scope, ...]
    of: tuple["Clause", ...] = ()
    evidence: Evidence | None = None
    unwanted: bool = False


@dataclass(frozen=True, slots=True)
class _Around:
    """What the nodes above say: where to look, whether it is unwanted, which occurrence counts."""

    scopes: tuple[Scope, ...] = BODY
    unwanted: bool = False
    hull: Place | None = None


def weigh(node: Node, heard: Heard, *, unwanted: bool = False) -> Clause:
    """The node and all below it, each with what became of it."""
    return _weigh(node, heard, _Around(unwanted=unwanted))


def walk_clauses(clause: Clause) -> Iterator[Clause]:
    """The clause and every one below it, in the order written."""
    yield clause
    for each in clause.of:
        yield from walk_clauses(each)


def _weigh(node: Node, heard: Heard, around: _Around) -> Clause:
    below = _below(node, around)
    of = tuple(_weigh(each, heard, below) for each in children(node))
    evidence = _piece(node, heard, around) if isinstance(node, Term | Pattern) else None
    held = evidence is not None or _held(node, of, heard.reading, around.scopes)
    if held and isinstance(node, Near | NotNear) and around.hull is None:
        hull = min(places(node, heard.reading, around.scopes), key=_order)
        below = _Around(around.scopes, around.unwanted, hull)
        of = tuple(_weigh(each, heard, below) for each in children(node))
    return Clause(
        node=node,
        path=_path(node, of),
        held=held,
        scopes=around.scopes,
        of=of,
        evidence=evidence,
        unwanted=around.unwanted,
    )


def _below(node: Node, around: _Around) -> _Around:
    match node:
        case Scoped(scopes):
            return _Around(scopes, around.unwanted, around.hull)
        case Not():
            return _Around(around.scopes, not around.unwanted, around.hull)
        case _:
            return around


def _held(node: Node, of: Sequence[Clause], reading: Reading, scopes: tuple[Scope, ...]) -> bool:
    """From the nodes below where they decide it; where places count, they rule out most."""
    said = [each.held for each in of]
    match node:
        case And():
            return all(said)
        case Or():
            return any(said)
        case Not():
            return not said[0]
        case Scoped():
            return said[0]
        case Weighted(threshold, weighted):
            return sum(w for (_, w), held in zip(weighted, said, strict=True) if held) >= threshold
        case AtLeast(count, distinct=True):
            return sum(said) >= count
        case Near():
            return all(said) and holds(node, reading, scopes)
        case AtLeast():
            return any(said) and holds(node, reading, scopes)
        case NotNear():
            return said[0] and holds(node, reading, scopes)
        case _:
            return False


def _piece(node: Term | Pattern, heard: Heard, around: _Around) -> Evidence | None:
    """The first place of a word or pattern, within the hull of what it stands near to if it can."""
    reading = heard.reading
    if isinstance(node, Pattern):
        found = next(found_in(node, reading, around.scopes), None)
        return _evidence(node.clause, *found) if found else None
    if not heard.may_hold(node):
        return None
    found_places = places(node, reading, around.scopes)
    if not found_places:
        return None
    place = min(found_places, key=lambda p: (not _in(p, around.hull), _order(p)))
    passage = reading.passages[place.passage]
    start, end = passage.words[place.first].start, passage.words[place.last].end
    return _evidence(node.clause, passage, start, end)


def _evidence(clause: str, passage: Passage, start: int, end: int) -> Evidence:
    return Evidence(
        clause=clause, field=passage.field, start=start, end=end, text=passage.text[start:end]
    )


def _in(place: Place, hull: Place | None) -> bool:
    return (
        hull is not None
        and place.passage == hull.passage
        and hull.first <= place.first
        and place.last <= hull.last
    )


def _order(place: Place) -> tuple[int, int, int]:
    return place.passage, place.first, place.last


def _path(node: Node, of: Sequence[Clause]) -> str:
    """The clause of a word; of a group what its words share: `all[1].any`, `near`."""
    if isinstance(node, Term | Pattern):
        return node.clause
    if len({each.path for each in of}) == 1:
        return of[0].path
    parts = zip(*(_PART.findall(each.path) for each in of), strict=False)
    shared = [alike[0] for alike in takewhile(lambda alike: len(set(alike)) == 1, parts)]
    if shared and shared[-1] == "of":
        shared.pop()
    return "".join(part if part[0] == "[" else f".{part}" for part in shared).removeprefix(".")
