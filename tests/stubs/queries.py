"""Short words for the nodes a query is read as, and a reader that knows two lists."""

from streams.rules.ast import Near, Node, Or, Reach, Scope, Scoped, Unit, Where
from streams.rules.query.parser import parse
from streams.rules.query.parts import Query
from streams.rules.terms import make_term

LISTS = {"pak": ("Pakistan", "Islamabad"), "two words": ("x",)}


def t(written: str) -> Node:
    return make_term(written, "query")


def exact(written: str) -> Node:
    return make_term(written, "query", exact=True)


def near(one: Node, two: Node, words: int = 5, *, ordered: bool = False) -> Node:
    return Near(one, two, Reach(Unit.WORDS, words, ordered))


def title(node: Node) -> Node:
    return Scoped((Scope(Where.TITLE),), node)


def expand(name: str) -> tuple[Node, str]:
    if name not in LISTS:
        return Or(()), f'no list "@{name}"'
    return Or(tuple(map(t, LISTS[name]))), ""


def read(text: str) -> Query:
    return parse(text, expand)


A, B, C, D = map(t, "abcd")
PAK = Or((t("Pakistan"), t("Islamabad")))
