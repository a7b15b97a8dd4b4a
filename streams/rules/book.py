"""Book: every rule of an installation, ready to be compiled.

In: rules as read.  Out: an immutable `Book` with a hash.  Invariant: two books with the same hash
judge every item alike, whatever their files looked like.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from streams.text import digest


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase: as written, folded, and the clause it stands in (`all[1]`)."""

    written: str
    words: tuple[str, ...]
    clause: str


@dataclass(frozen=True, slots=True)
class Group:
    """Holds when all of `all` hold, one of `any` (if there is any), and none of `none`."""

    all: tuple["Node", ...] = ()
    any: tuple["Node", ...] = ()
    none: tuple["Node", ...] = ()


Node = Term | Group


@dataclass(frozen=True, slots=True)
class Rule:
    """One watch rule.  `where` is `file:line:col` of its name."""

    id: str
    clauses: Group
    channels: tuple[str, ...] = ()
    where: str = field(default="", compare=False)


def terms(node: Node) -> Iterator[Term]:
    """Every term below `node`, stopped ones included."""
    if isinstance(node, Term):
        yield node
        return
    for child in (*node.all, *node.any, *node.none):
        yield from terms(child)


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
        return digest(*(repr((r.id, _meaning(r.clauses), r.channels)) for r in self.rules))


def _meaning(node: Node) -> object:
    if isinstance(node, Term):
        return node.words
    return tuple(tuple(map(_meaning, part)) for part in (node.all, node.any, node.none))
