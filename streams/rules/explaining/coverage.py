"""Coverage: which clauses of a rule its tests never touch; pure.

In: a rule explained for each of its cases.  Out: clauses that held in no case, and clauses that
decide none.  A clause decides a case that would end otherwise were the clause's words not there,
or were the clause not asked for.  Invariant: what is said of a group is not said again below it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from streams.rules.ast import And, AtLeast, Near, Node, Not, NotNear, Or, Scoped, Weighted
from streams.rules.explaining.clauses import Clause, Heard, walk_clauses
from streams.rules.explaining.explain import Explained
from streams.rules.explaining.reasons import asks
from streams.rules.matching.oracle import holds

_NOTHING = Or(())
"""What occurs nowhere."""


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A clause that its rule's tests do not prove; `tested` if at least one of them has it."""

    path: str
    asks: str
    tested: bool


def uncovered(cases: Sequence[tuple[Explained, Heard]]) -> tuple[Uncovered, ...]:
    """The clauses of one rule that its cases do not prove, in the order written."""
    if not cases:
        return ()
    deciding = {id(each) for explained, heard in cases for each in _deciding(explained, heard)}
    roots = zip(*((e.wanted, *e.none) for e, _ in cases), strict=True)
    return tuple(each for root in roots for each in _unproved(root, deciding, inner=False))


def _unproved(
    clauses: Sequence[Clause], deciding: set[int], *, inner: bool = True
) -> Iterator[Uncovered]:
    """One clause as it came out in each case, then those below it."""
    node = clauses[0].node
    passes_on = isinstance(node, Not | Scoped) or (isinstance(node, And) and not inner)
    held = any(each.held for each in clauses)
    if not passes_on and not (held and any(id(each) in deciding for each in clauses)):
        yield Uncovered(clauses[0].path, asks(node), held)
        return
    if not _is_list(clauses[0]):
        for below in zip(*(each.of for each in clauses), strict=True):
            yield from _unproved(below, deciding)


def _is_list(clause: Clause) -> bool:
    """True for the words of an `@list`: they share one clause and are proved as one."""
    return isinstance(clause.node, Or) and all(each.path == clause.path for each in clause.of)


def _deciding(explained: Explained, heard: Heard) -> Iterator[Clause]:
    """The clauses on which the outcome of one case turns."""
    if not all(each.held for each in explained.conditions):
        return
    stopping = sum(each.held for each in explained.none)
    if not stopping:
        yield from _turns(explained.wanted, heard, asked=True)
    for each in explained.none if explained.wanted.held else ():
        if stopping == each.held:
            yield from _turns(each, heard)


def _turns(clause: Clause, heard: Heard, *, asked: bool = False) -> Iterator[Clause]:
    """What the outcome turns on, at and below a clause on which it turns."""
    if clause.held or asked:
        yield clause
    match clause.node:
        case Near() | NotNear() | AtLeast(distinct=False):
            yield from _carrying(clause, heard)
        case And():
            missing = sum(not each.held for each in clause.of)
            for each in clause.of:
                if missing == (not each.held):
                    yield from _turns(each, heard, asked=True)
        case Not():
            yield from _turns(clause.of[0], heard)
        case Scoped():
            yield from _turns(clause.of[0], heard, asked=asked)
        case _:
            for each in _turning(clause):
                yield from _turns(each, heard)


def _turning(clause: Clause) -> Iterator[Clause]:
    """The parts of a choice without which, or with which, it would come out otherwise."""
    match clause.node:
        case Or():
            held = sum(each.held for each in clause.of)
            yield from (each for each in clause.of if held == each.held)
        case AtLeast(count):
            held = sum(each.held for each in clause.of)
            yield from (each for each in clause.of if held - each.held == count - 1)
        case Weighted(threshold, weighted):
            pairs = [(w, each) for (_, w), each in zip(weighted, clause.of, strict=True)]
            total = sum(w for w, each in pairs if each.held)
            for w, each in pairs:
                other = total - w if each.held else total + w
                if (other >= threshold) != clause.held:
                    yield each


def _carrying(clause: Clause, heard: Heard) -> Iterator[Clause]:
    """The parts without whose words what is near or counted would come out otherwise."""
    for part in walk_clauses(clause):
        if part is not clause and part.held:
            node = _without(clause, part)
            if holds(node, heard.reading, clause.scopes) != clause.held:
                yield part


def _without(clause: Clause, gone: Clause) -> Node:
    """The clause's node without the words that are not there, and without `gone`."""
    of = tuple(_NOTHING if c is gone or not c.held else _without(c, gone) for c in clause.of)
    match clause.node:
        case Or():
            return Or(of)
        case Near(reach=reach):
            return Near(of[0], of[1], reach)
        case NotNear(reach=reach):
            return NotNear(of[0], of[1], reach)
        case AtLeast(count, distinct=distinct):
            return AtLeast(count, of, distinct)
        case node:
            return node
