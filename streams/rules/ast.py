"""AST: what a rule asks of an item, whichever way it was written; YAML and query strings make this.

Invariant: nodes are immutable values that compare by meaning; how a term was written and the clause
it stands in (`all[1].any[0]`, `query`) ride along for evidence and messages and do not count.

What nodes mean is said once, slowly, in `matching/oracle.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Form(StrEnum):
    """How a word of a rule is compared with a word of the news."""

    INFLECTED = "inflected"
    """Folded forms are equal, or the item's language has a stemmer and the stems are."""
    EXACT = "exact"
    """The word stands there as written: no folding, no inflection, capitals count."""
    PREFIX = "prefix"
    """The folded form begins so."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a term: as written in the rule (without `*`), folded, and how it compares."""

    written: str
    folded: str
    form: Form = Form.INFLECTED

    @property
    def compared(self) -> str:
        """What of it counts: stems are made of the written form, in small letters.

        Turkish has two of them for I, so that one is kept apart.
        """
        match self.form:
            case Form.PREFIX:
                return self.folded
            case Form.EXACT:
                return self.written
            case Form.INFLECTED:
                return self.written.replace("I", "ı").lower()


Phrase = tuple[Word, ...]
"""Words that follow one another."""


class Where(StrEnum):
    """Parts of an item in which words may be looked for."""

    TITLE = "title"
    LEAD = "lead"
    SUMMARY = "summary"
    TEXT = "text"
    FIRST = "first"
    CREDIT = "credit"
    URL = "url"
    TAGS = "tags"


@dataclass(frozen=True, slots=True)
class Scope:
    """One part of an item; `words` is N of the first N words, else 0."""

    where: Where
    words: int = 0


BODY = (Scope(Where.TITLE), Scope(Where.SUMMARY), Scope(Where.TEXT))
"""Where rules look that do not say so."""


class Unit(StrEnum):
    """What two occurrences near one another share."""

    WORDS = "words"
    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True, slots=True)
class Reach:
    """How near is near: `words` apart at most (neighbours are 1 apart), or in the same unit."""

    unit: Unit
    words: int = 0
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase; `phrases` are its variants (`cease-fire`: cease fire, ceasefire)."""

    phrases: tuple[Phrase, ...]
    written: str = field(default="", compare=False)
    clause: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression (RE2), searched for in the text as published."""

    regex: str
    clause: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of these hold."""

    of: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of these holds."""

    of: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """This does not hold."""

    of: "Node"


@dataclass(frozen=True, slots=True)
class Near:
    """An occurrence of `first` and one of `second` are near one another.

    Operands are terms, `Or` of such, `Near` or `NotNear`.
    """

    first: "Node"
    second: "Node"
    reach: Reach


@dataclass(frozen=True, slots=True)
class NotNear:
    """At least one occurrence of `first` has no `second` near it; operands as `Near`."""

    first: "Node"
    second: "Node"
    reach: Reach


@dataclass(frozen=True, slots=True)
class AtLeast:
    """`count` mentions of these or, if `distinct`, that many of them; operands as `Near`."""

    count: int
    of: tuple["Node", ...]
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Weighted:
    """The weights of those that hold add up to `threshold` or more; operands as `Near`."""

    threshold: float
    of: tuple[tuple["Node", float], ...]


@dataclass(frozen=True, slots=True)
class Scoped:
    """Holds within these parts of the item; an inner one replaces the outer."""

    scopes: tuple[Scope, ...]
    of: "Node"


Node = Term | Pattern | And | Or | Not | Near | NotNear | AtLeast | Weighted | Scoped


def children(node: Node) -> tuple[Node, ...]:
    """The nodes right below this one, in the order written."""
    match node:
        case Term() | Pattern():
            return ()
        case And(of) | Or(of) | AtLeast(of=of):
            return of
        case Not(of) | Scoped(of=of):
            return (of,)
        case Near(first, second) | NotNear(first, second):
            return first, second
        case Weighted(of=weighted):
            return tuple(each for each, _ in weighted)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in the order written."""
    yield node
    for child in children(node):
        yield from walk(child)


def terms(node: Node) -> Iterator[Term]:
    """Every term at or below the node, stopped ones included."""
    return (each for each in walk(node) if isinstance(each, Term))
