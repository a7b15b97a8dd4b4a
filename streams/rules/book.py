"""Book: every rule of an installation, ready to be compiled.

In: rules as read.  Out: an immutable `Book` with a hash.  Invariant: two books with the same hash
judge every item alike, whatever their files looked like.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from streams.match import Policy
from streams.rules.ast import (
    And,
    AtLeast,
    Near,
    Node,
    Not,
    NotNear,
    Or,
    Pattern,
    Reach,
    Scoped,
    Term,
    Weighted,
)
from streams.text import digest


class Negation(StrEnum):
    """What a rule makes of a claim that is negated."""

    FLAG = "flag"
    EXCLUDE = "exclude"
    ONLY = "only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admits:
    """Which items a rule looks at; an empty part admits all.

    `outlets` and `not_outlets` are folded names of outlets or feed ids, `langs` two-letter codes.
    """

    langs: frozenset[str] = frozenset()
    outlets: frozenset[str] = frozenset()
    not_outlets: frozenset[str] = frozenset()
    tiers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One of a rule's own tests: an item's parts, and what the rule must say of it.

    `where` is `file:line:col`.
    """

    text: str
    hit: bool
    why: str = ""
    status: str = ""
    parts: tuple[tuple[str, str | int | tuple[str, ...]], ...] = ()
    where: str = ""


EVERYTHING = Admits()
PLAIN = Policy()


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One watch rule: hits where `wanted` holds, unless one of `none` does.

    `where` is `file:line:col` of its name.
    """

    id: str
    wanted: Node
    none: tuple[Node, ...] = ()
    admits: Admits = EVERYTHING
    negation: Negation = Negation.FLAG
    channels: tuple[str, ...] = ()
    policy: Policy = PLAIN
    owner: str = field(default="", compare=False)
    about: str = field(default="", compare=False)
    tests: tuple[Case, ...] = field(default=(), compare=False)
    where: str = field(default="", compare=False)

    @cached_property
    def version(self) -> str:
        """16 hex digits over what the rule means and whom it tells."""
        return digest(repr(_rule_meaning(self)))


@dataclass(frozen=True)
class Book:
    """All rules, by id: the same book from files in any order, and from the topic."""

    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        ordered = sorted(self.rules, key=lambda rule: rule.id)
        object.__setattr__(self, "rules", tuple(ordered))

    @cached_property
    def hash(self) -> str:
        """16 hex digits over what the rules mean and whom they tell."""
        return digest(*(rule.version for rule in self.rules))


def _rule_meaning(rule: Rule) -> object:
    admits = rule.admits
    kinds = (admits.langs, admits.outlets, admits.not_outlets, admits.tiers)
    return (
        rule.id,
        meaning(rule.wanted),
        tuple(map(meaning, rule.none)),
        tuple(tuple(sorted(kind)) for kind in kinds),
        rule.negation.value,
        rule.channels,
        repr(rule.policy),
    )


def meaning(node: Node) -> object:
    """The node as nested tuples: equal where two nodes ask the same; quicker than its repr."""
    match node:
        case Term(phrases):
            return tuple(tuple((w.form.value, w.compared) for w in phrase) for phrase in phrases)
        case Pattern(regex):
            return "regex", regex
        case And(of):
            return "and", *map(meaning, of)
        case Or(of):
            return "or", *map(meaning, of)
        case Not(of):
            return "not", meaning(of)
        case Near(first, second, reach):
            return "near", meaning(first), meaning(second), _reached(reach)
        case NotNear(first, second, reach):
            return "free", meaning(first), meaning(second), _reached(reach)
        case AtLeast(count, of, distinct):
            return "at least", count, distinct, *map(meaning, of)
        case Weighted(threshold, of):
            return "weights", threshold, *((meaning(each), weight) for each, weight in of)
        case Scoped(scopes, of):
            return "in", *((s.where.value, s.words) for s in scopes), meaning(of)


def _reached(reach: Reach) -> object:
    return reach.unit.value, reach.words, reach.ordered
