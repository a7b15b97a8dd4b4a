"""Entailing: which clause holds whenever another does; nodes in, yes or no out; pure.

Invariant: a yes is right for every item, in the languages asked about.  A no may mean "not seen":
only what words and their order of clauses show is looked at.
"""

from dataclasses import dataclass

from streams.rules.ast import (
    BODY,
    And,
    AtLeast,
    Near,
    Node,
    Not,
    NotNear,
    Or,
    Scope,
    Scoped,
    Term,
    Unit,
    Weighted,
    Where,
)
from streams.rules.lint.covering import Langs, covers

Scopes = tuple[Scope, ...]

MOST_STEPS = 2_500
"""Of one search: two lists of 50 words compared; nested clauses could take for ever."""

_FIRST_PARTS = {Where.TITLE, Where.SUMMARY, Where.TEXT}


@dataclass(frozen=True, slots=True)
class Asked:
    """A node and the parts of an item in which it is asked for."""

    node: Node
    scopes: Scopes = BODY

    def of(self, node: Node) -> "Asked":
        """A node below this one."""
        return Asked(node, self.scopes)


@dataclass(slots=True)
class Search:
    """The languages asked about, and how many steps are left; without any the answer is no."""

    langs: Langs
    steps: int = MOST_STEPS


def entails(one: Asked, other: Asked, search: Search) -> bool:
    """True if `other` holds wherever `one` does."""
    search.steps -= 1
    if search.steps < 0:
        return False
    if one.scopes == other.scopes and (one.node is other.node or one.node == other.node):
        return True
    match one.node, other.node:
        case Scoped(scopes, of), _:
            return entails(Asked(of, scopes), other, search)
        case _, Scoped(scopes, of):
            return entails(one, Asked(of, scopes), search)
        case Or(some), _:
            return bool(some) and all(entails(one.of(each), other, search) for each in some)
        case _, And(every):
            return all(entails(one, other.of(each), search) for each in every)
        case And(every), Or(others):
            return any(entails(one.of(each), other, search) for each in every) or any(
                entails(one, other.of(each), search) for each in others
            )
        case And(every), _:
            return any(entails(one.of(each), other, search) for each in every)
        case _, Or(others):
            return any(entails(one, other.of(each), search) for each in others)
        case Not(of), Not(forbidden):
            return entails(other.of(forbidden), one.of(of), search)
        case _:
            return _plain(one, other, search)


def _plain(one: Asked, other: Asked, search: Search) -> bool:
    """Neither side is and, or, a pair of NOTs, or scoped."""
    match one.node, other.node:
        case Term() as narrow, Term() as wide:
            return within(one.scopes, other.scopes) and covers(wide, narrow, search.langs)
        case Near() as narrow, Near() as wide if _wider(wide, narrow):
            return one.scopes == other.scopes
        case Near(first, second), _:
            return entails(one.of(first), other, search) or entails(one.of(second), other, search)
        case NotNear(first), _:
            return entails(one.of(first), other, search)
        case AtLeast(of=of), _:
            return _entries_entail(one, of, other, search)
        case Weighted(of=of), _:
            return _entries_entail(one, tuple(e for e, w in of if w > 0), other, search)
        case _, AtLeast(1, of):
            return any(entails(one, other.of(each), search) for each in of)
        case _:
            return False


def _entries_entail(one: Asked, of: tuple[Node, ...], other: Asked, search: Search) -> bool:
    """One of them holds at least."""
    match one.node, other.node:
        case AtLeast(count, mine, distinct), AtLeast(less, yours, too):
            same = mine == yours and distinct == too and one.scopes == other.scopes
            if same and count >= less:
                return True
    return bool(of) and all(entails(one.of(each), other, search) for each in of)


def _wider(wide: Near, narrow: Near) -> bool:
    reach, less = wide.reach, narrow.reach
    operands = (wide.first, wide.second) == (narrow.first, narrow.second)
    distance = reach.unit is less.unit is Unit.WORDS and reach.words >= less.words
    return operands and distance and reach.ordered <= less.ordered


def within(scopes: Scopes, others: Scopes) -> bool:
    """True if every word of the first parts is one of the second."""
    return scopes == others or all(_part_within(scope, others) for scope in scopes)


def _part_within(scope: Scope, others: Scopes) -> bool:
    if scope in others:
        return True
    wheres = {each.where for each in others}
    match scope.where:
        case Where.LEAD:
            return {Where.SUMMARY, Where.TEXT} <= wheres
        case Where.FIRST:
            longer = any(o.where is Where.FIRST and o.words >= scope.words for o in others)
            return longer or wheres >= _FIRST_PARTS
        case _:
            return False
