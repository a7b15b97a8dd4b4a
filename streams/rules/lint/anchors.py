"""Anchors: what a rule needs at least; one whose rarest need is common is judged all day; pure."""

from collections.abc import Iterator
from enum import IntEnum

from streams.rules.ast import (
    And,
    AtLeast,
    Near,
    Node,
    Not,
    NotNear,
    Or,
    Pattern,
    Scoped,
    Term,
    Weighted,
    walk,
)
from streams.rules.book import Rule
from streams.rules.lint.covering import ENGLISH
from streams.rules.lint.finding import Code, Finding
from streams.rules.lint.frequent import is_broad, is_stop_word


class Rank(IntEnum):
    """How common what must be there is, rarest first."""

    RARE = 0
    COMMON = 1
    ANYTHING = 2
    NOTHING = 3


Anchor = tuple[Rank, str, str]
"""How common, the term as written, its clause."""
RARE: Anchor = (Rank.RARE, "", "")
NOTHING: Anchor = (Rank.NOTHING, "", "")


def anchors(rule: Rule) -> Iterator[Finding]:
    """Findings about what the rule needs, and about its wildcards."""
    english = not rule.admits.langs or ENGLISH in rule.admits.langs
    rank, written, clause = anchor(rule.wanted, english=english)
    match rank:
        case Rank.NOTHING if holds_of_nothing(rule.wanted):
            branch = _clause(_idle_branch(rule.wanted))
            says = "hits whatever lacks these words: put a word that must be there beside it"
            yield Finding(code=Code.NEGATIVE, message=says, rule=rule.id, clause=branch)
        case Rank.ANYTHING:
            says = "needs only a regular expression, so each item is searched: add a word to all:"
            yield Finding(code=Code.REGEX_ONLY, message=says, rule=rule.id, clause=clause)
        case Rank.COMMON:
            says = f'"{written}" is in most items and enough to decide: ask for a rarer word too'
            yield Finding(code=Code.STOP_WORD, message=says, rule=rule.id, clause=clause)


def broad(rule: str, terms: tuple[Term, ...]) -> Iterator[Finding]:
    """Findings about wildcards that find too much."""
    for term in terms:
        if is_broad(term):
            says = f'"{term.written}" begins very many words: write more letters, or list the words'
            yield Finding(code=Code.BROAD, message=says, rule=rule, clause=term.clause)


def anchor(node: Node, *, english: bool) -> Anchor:
    """The rarest thing without which the node never holds."""
    match node:
        case Term():
            common = english and is_stop_word(node)
            return (Rank.COMMON, node.written, node.clause) if common else RARE
        case Pattern():
            return Rank.ANYTHING, node.regex, node.clause
        case Not():
            return NOTHING
        case Scoped(of=of) | NotNear(first=of):
            return anchor(of, english=english)
        case And(of):
            return min((anchor(each, english=english) for each in of), default=NOTHING, key=_rank)
        case Near(first, second):
            both = anchor(first, english=english), anchor(second, english=english)
            return min(both, key=_rank)
        case Or(of):
            return max((anchor(each, english=english) for each in of), default=RARE, key=_rank)
        case AtLeast(count, entries, distinct):
            ranks = sorted((anchor(e, english=english) for e in entries), key=_rank, reverse=True)
            place = count - 1 if distinct else 0
            return ranks[place] if place < len(ranks) else RARE
        case Weighted(threshold, weights):
            positive = [(anchor(each, english=english), w) for each, w in weights if w > 0]
            frequent = [(a, w) for a, w in positive if a[0] is not Rank.RARE]
            enough = sum(weight for _, weight in frequent) >= threshold
            return max((a for a, _ in frequent), key=_rank) if enough else RARE


def _rank(each: Anchor) -> Rank:
    return each[0]


def holds_of_nothing(node: Node) -> bool:
    """True if the node holds of an item without a word."""
    match node:
        case Not(of):
            return not holds_of_nothing(of)
        case And(of):
            return all(map(holds_of_nothing, of))
        case Or(of):
            return any(map(holds_of_nothing, of))
        case Scoped(of=of):
            return holds_of_nothing(of)
        case Weighted(threshold, weights):
            return sum(w for each, w in weights if holds_of_nothing(each)) >= threshold
        case AtLeast(count, entries, distinct):
            return distinct and sum(map(holds_of_nothing, entries)) >= count
        case _:
            return False


def _idle_branch(node: Node) -> Node:
    """The alternative that holds of nothing, as deep as it goes."""
    match node:
        case Or(of):
            return _idle_branch(next(each for each in of if holds_of_nothing(each)))
        case Scoped(of=of):
            return _idle_branch(of)
        case And((of,)):
            return _idle_branch(of)
        case _:
            return node


def _clause(node: Node) -> str:
    """Where the first word below the node stands."""
    leaves = (each for each in walk(node) if isinstance(each, Term | Pattern))
    return next((each.clause for each in leaves), "")
