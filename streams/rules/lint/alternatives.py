"""Alternatives: words that add nothing beside others; a rule's nodes in, findings out; pure.

Invariant: without the alternative named, the rule says the same of every item, in the language the
finding names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from streams.rules.ast import (
    AtLeast,
    Form,
    Near,
    Node,
    NotNear,
    Or,
    Phrase,
    Term,
    Weighted,
    Word,
    children,
)
from streams.rules.lint.covering import ENGLISH, Langs, covers, stemmed
from streams.rules.lint.finding import Code, Finding

MIN_PREFIX = 3
"""Letters before a wildcard."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Beside:
    """An alternative that another makes idle; `same` when each finds what the other does."""

    idle: Term
    other: Term
    same: bool


def idle_words(nodes: Iterable[Node], langs: Langs) -> Iterator[Beside]:
    """Alternatives of any `Or` in the nodes that another alternative makes idle."""
    for node in nodes:
        yield from _in(node, langs, whole=False)


def _in(node: Node, langs: Langs, *, whole: bool) -> Iterator[Beside]:
    """`whole`: where a term stands counts as well as that it does."""
    match node:
        case Or():
            inner: list[Node] = []
            yield from idle_beside(list(_flat(node, inner)), langs, whole=whole)
        case Near() | NotNear() | AtLeast() | Weighted():
            inner, whole = list(children(node)), not isinstance(node, Weighted)
            if isinstance(node, AtLeast):
                whole = not node.distinct
        case _:
            inner = list(children(node))
    for each in inner:
        yield from _in(each, langs, whole=whole)


def _flat(node: Or, inner: list[Node]) -> Iterator[Term]:
    """The terms of an Or and of those right below it; what else is there goes into `inner`."""
    for each in node.of:
        match each:
            case Term():
                yield each
            case Or():
                yield from _flat(each, inner)
            case _:
                inner.append(each)


def idle_beside(terms: list[Term], langs: Langs, *, whole: bool = False) -> Iterator[Beside]:
    """Each term that another one makes idle, with one such; of two alike, the later."""
    if len(terms) < 2:
        return
    first = _by_first_word(terms)
    wild = any(kind == "*" for kind, _ in first)
    for n, term in enumerate(terms):
        for m in sorted(_candidates(term, first, langs, wild=wild)):
            if m == n or not covers(terms[m], term, langs, whole=whole):
                continue
            same = covers(term, terms[m], langs, whole=whole)
            if not same or m < n:
                yield Beside(term, terms[m], same)
                break


def _by_first_word(terms: list[Term]) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = {}
    for n, term in enumerate(terms):
        for phrase in term.phrases:
            for key in {*_own_keys(phrase[0])}:
                found.setdefault(key, []).append(n)
    return found


def _own_keys(word: Word) -> tuple[Key, ...]:
    match word.form:
        case Form.EXACT:
            return (("=", word.written),)
        case Form.PREFIX:
            return (("*", word.folded),)
        case Form.INFLECTED:
            root = stemmed(word.written, ENGLISH)
            return ("~", root), ("~", word.folded)


def _candidates(term: Term, first: dict[Key, list[int]], langs: Langs, *, wild: bool) -> set[int]:
    """Terms that begin with a word which finds one of this term's."""
    found: set[int] = set()
    for word in _longest(term):
        for key in _sought(word, langs, wild=wild):
            found.update(first.get(key, ()))
    return found


def _longest(term: Term) -> Phrase:
    return max(term.phrases, key=len)


def _sought(word: Word, langs: Langs, *, wild: bool) -> Iterator[Key]:
    if word.form is Form.EXACT:
        yield "=", word.written
    if word.form is not Form.PREFIX:
        yield "~", word.folded
        for lang in langs:
            yield "~", stemmed(word.written, lang)
    if wild:
        for length in range(MIN_PREFIX, len(word.folded) + 1):
            yield "*", word.folded[:length]


def idle_finding(beside: Beside, langs: Langs, *, in_all: str = "") -> tuple[Code, str]:
    """What to call it, and what to say of it."""
    idle, other = shown(beside.idle), shown(beside.other)
    tongue = "" if covers(beside.other, beside.idle, ()) else language_named(langs)
    if not beside.same:
        return Code.COVERED, f"{other} finds all that {idle} does{tongue}: leave {idle} out"
    if beside.idle == beside.other:
        return Code.DUPLICATE, f"{idle} stands here twice{in_all}: leave one out"
    return Code.SAME_STEM, f"{idle} and {other} count as the same{tongue}: leave one out"


def language_named(langs: Langs) -> str:
    """` in English` or the codes: for which items a finding holds."""
    return " in English" if langs == (ENGLISH,) else f" in {', '.join(langs)}"


def shown(term: Term) -> str:
    """The term as an analyst wrote it."""
    return f'"{term.written}"'


def alternatives(rule: str, nodes: Iterable[Node], langs: Langs) -> Iterator[Finding]:
    """Findings about alternatives of one rule."""
    for beside in idle_words(nodes, langs):
        code, message = idle_finding(beside, langs)
        yield Finding(code=code, message=message, rule=rule, clause=beside.idle.clause)
