"""Unreachable: what can never hold; a rule in, findings out; pure.

Invariant: a rule said never to hit does not, and an alternative said to be unreachable can be left
out without a difference, in the language the finding names.
"""

from collections.abc import Iterator

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
    Where,
    terms,
    walk,
)
from streams.rules.book import Rule
from streams.rules.lint.alternatives import shown
from streams.rules.lint.covering import Langs, covers
from streams.rules.lint.entailing import Asked, Search, entails
from streams.rules.lint.finding import Code, Finding

Scopes = tuple[Scope, ...]


def unreachable(rule: Rule, langs: Langs) -> Iterator[Finding]:
    """Findings about clauses of the rule that can never hold."""
    yield from _impossible(rule, rule.wanted, BODY, langs)
    yield from _forbidden(rule, Asked(rule.wanted), langs)


def _forbidden(rule: Rule, wanted: Asked, langs: Langs) -> Iterator[Finding]:
    """What `none` of the rule stops whenever it holds."""
    for stop in rule.none:
        if entails(wanted, Asked(stop), Search(langs)):
            says = f"never hits: none: forbids {named(stop)}, which it needs: change one of them"
            yield _found(rule, Code.NEVER_HITS, says, stop)
            return
    for branch in _branches(wanted):
        for stop in rule.none:
            if entails(branch, Asked(stop), Search(langs)):
                says = f"none: forbids {named(stop)}, so {named(branch.node)} never counts"
                yield _found(rule, Code.UNREACHABLE, f"{says}: leave it out", branch.node)
                break


def _branches(asked: Asked) -> Iterator[Asked]:
    """Every alternative that could decide a rule by itself or with what else it needs."""
    match asked.node:
        case Or(of):
            for each in of:
                yield asked.of(each)
                yield from _branches(asked.of(each))
        case And(of):
            for each in of:
                yield from _branches(asked.of(each))
        case Scoped(scopes, of):
            yield from _branches(Asked(of, scopes))


def _impossible(rule: Rule, node: Node, scopes: Scopes, langs: Langs) -> Iterator[Finding]:
    """Nodes that hold of no item, by what they are."""
    inner: tuple[Node, ...] = ()
    match node:
        case Scoped(scopes, of):
            inner = (of,)
        case And(of):
            yield from _contradiction(rule, of, scopes, langs)
            inner = of
        case Or(of):
            inner = of
        case Term() | Near():
            yield from _room(rule, node, scopes)
        case NotNear(first, second) if _all_within(first, second, langs):
            says = f"{named(first)} is always part of {named(second)}: this never holds"
            yield _found(rule, Code.UNREACHABLE, says, node)
        case AtLeast(count, of, True) if count > len(of):
            says = f"{count} different ones of {len(of)}: this never holds"
            yield _found(rule, Code.UNREACHABLE, says, node)
        case Weighted():
            yield from _weights(rule, node)
    for each in inner:
        yield from _impossible(rule, each, scopes, langs)


def _contradiction(
    rule: Rule, of: tuple[Node, ...], scopes: Scopes, langs: Langs
) -> Iterator[Finding]:
    """A NOT beside what always brings what it forbids."""
    needed = Asked(And(tuple(each for each in of if not isinstance(each, Not))), scopes)
    for stop in of:
        if isinstance(stop, Not) and entails(needed, Asked(stop.of, scopes), Search(langs)):
            says = f"{named(stop)} is forbidden here and needed too: this never holds"
            yield _found(rule, Code.UNREACHABLE, says, stop)


def _room(rule: Rule, node: Node, scopes: Scopes) -> Iterator[Finding]:
    """Words that do not fit into the first N of an item."""
    if any(scope.where is not Where.FIRST for scope in scopes):
        return
    room, needed = max(scope.words for scope in scopes), least_words(node)
    if needed > room:
        says = f"{named(node)} needs {needed} words and never fits into the first {room}"
        yield _found(rule, Code.UNREACHABLE, f"{says}: widen in:", node)


def least_words(node: Node) -> int:
    """How many words of an item the node needs at least."""
    match node:
        case Term(phrases):
            return min(map(len, phrases))
        case Near(first, second):
            return least_words(first) + least_words(second)
        case NotNear(first, _):
            return least_words(first)
        case Or(of):
            return min(map(least_words, of), default=0)
        case _:
            return 0


def _all_within(first: Node, second: Node, langs: Langs) -> bool:
    """True if each occurrence of the first overlaps one of the second."""
    mine, yours = _terms_only(first), _terms_only(second)
    return bool(mine) and all(any(covers(y, m, langs) for y in yours) for m in mine)


def _terms_only(node: Node) -> tuple[Term, ...]:
    """The terms of a term or of alternatives; none of anything else."""
    plain = all(isinstance(each, Term | Or) for each in walk(node))
    return tuple(terms(node)) if plain else ()


def _weights(rule: Rule, node: Weighted) -> Iterator[Finding]:
    best = sum(weight for _, weight in node.of if weight > 0)
    if best < node.threshold and not _close(best, node.threshold):
        says = f"the weights add up to {best:g} at most, the threshold is {node.threshold:g}"
        yield _found(rule, Code.THRESHOLD, f"{says}: this never holds", node)
        return
    for n, (each, weight) in enumerate(node.of):
        others = [w for m, (_, w) in enumerate(node.of) if m != n]
        if not _decides(weight, others, node.threshold):
            says = f"{named(each)} with weight {weight:g} never decides: raise it or leave it out"
            yield _found(rule, Code.IDLE_WEIGHT, says, each)


MOST_SUMS = 2_000
"""Different sums of weights looked through; entries of larger tables are taken to decide."""


def _decides(weight: float, others: list[float], threshold: float) -> bool:
    """True if some sum of other entries lies on the other side of the threshold without it."""
    sums = {0.0}
    for other in others:
        sums |= {round(each + other, 9) for each in sums}
        if len(sums) > MOST_SUMS:
            return True
    low, high = sorted((threshold, threshold - weight))
    whole = all(float(each).is_integer() for each in (weight, threshold, *others))
    slack = 0.0 if whole else TINY
    return any(low - slack <= each < high + slack for each in sums)


TINY = 1e-6
"""Sums of fractions so close to the threshold are taken as accuses nobody."""


def _close(one: float, other: float) -> bool:
    return abs(one - other) < TINY


MOST_NAMED = 3
"""Words named of a clause that has more."""


def named(node: Node) -> str:
    """A clause by its words."""
    words = [shown(e) if isinstance(e, Term) else f"/{e.regex}/" for e in _leaves(node)]
    more = ", …" if len(words) > MOST_NAMED else ""
    return ", ".join(words[:MOST_NAMED]) + more


def _leaves(node: Node) -> Iterator[Term | Pattern]:
    return (each for each in walk(node) if isinstance(each, Term | Pattern))


def _found(rule: Rule, code: Code, says: str, at: Node) -> Finding:
    clause = next((each.clause for each in _leaves(at)), "")
    return Finding(code=code, message=says, rule=rule.id, clause=clause)
