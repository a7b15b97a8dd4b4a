"""Clauses: the shape of a rule's clauses in, nodes out; pure.

Invariants: what the shape allows and the meaning does not is collected, all of it; each term's path
(`all[1].any[0]`) leads back to where it was written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

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
    Unit,
    Weighted,
    children,
)
from streams.rules.clause_model import (
    MAX_TERMS,
    Alternatives,
    AtLeastModel,
    Clauses,
    NearModel,
    NotNearModel,
    OperandClauses,
    WeightsModel,
)
from streams.rules.matching.patterns import BadPattern, compiled
from streams.rules.query.lexer import BadQuery
from streams.rules.query.parser import parse
from streams.rules.query.parts import Query
from streams.rules.scopes import scope
from streams.rules.terms import make_term, wrong_with
from streams.suggestion import suggestion

Lists = Mapping[str, tuple[str, ...]]
"""The words of each list, as written."""

Operand = str | Alternatives | OperandClauses


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong at a clause, and at which character of its text, if that is known."""

    clause: str
    message: str
    offset: int = -1


@dataclass(slots=True)
class Reader:
    """Reads one rule's clauses; `flaws` are what is wrong, `lists_used` the lists it names."""

    lists: Lists
    flaws: list[Flaw] = field(default_factory=list)
    lists_used: set[str] = field(default_factory=set)
    terms: int = 0

    def wanted(self, shape: Clauses, path: str = "") -> list[Node]:
        """What must all hold, without its query."""
        nodes = list(self._terms(shape.all, f"{path}all"))
        if shape.any:
            nodes.append(_either(self._terms(shape.any, f"{path}any")))
        if shape.exact:
            nodes.append(self._exact(shape.exact, f"{path}exact"))
        if shape.regex:
            nodes.append(_either(self._patterns(shape.regex, f"{path}regex")))
        if shape.near:
            nodes.append(self._near(shape.near, f"{path}near"))
        if shape.not_near:
            nodes.append(self._near(shape.not_near, f"{path}not_near"))
        if shape.at_least:
            nodes.append(self._at_least(shape.at_least, f"{path}at_least"))
        if shape.weights:
            nodes.append(self._weights(shape.weights, f"{path}weights"))
        return nodes

    def none(self, shape: Clauses, path: str = "") -> tuple[Node, ...]:
        """What must not hold, without its query's."""
        return tuple(self._terms(shape.none, f"{path}none"))

    def query(self, text: str, clause: str) -> Query:
        """The query `text`; an empty one where it cannot be read."""
        counted = -self.terms
        try:
            query = parse(text, lambda name: self._list(name, clause), clause)
        except BadQuery as error:
            self.flaws += [Flaw(clause, fault.message, fault.start) for fault in error.faults]
            return Query(wanted=(Or(()),))
        counted += self.terms
        there = sum(map(_terms_in, (*query.wanted, *query.none)))
        self._count(there - counted, clause)
        return query

    def names(self, written: Sequence[str], clause: str) -> Iterator[str]:
        """Names of outlets, with those of `@lists`."""
        for n, name in enumerate(written):
            if not name.startswith("@"):
                yield name
            elif name[1:] in self.lists:
                self.lists_used.add(name[1:])
                yield from self.lists[name[1:]]
            else:
                self._flaw(f"{clause}[{n}]", unknown_list(name[1:], self.lists))

    def _terms(self, given: Sequence[str | Clauses] | None, path: str) -> Iterator[Node]:
        for n, term in enumerate(given or ()):
            clause = f"{path}[{n}]"
            yield self._term(term, clause) if isinstance(term, str) else self.inner(term, clause)

    def inner(self, shape: Clauses, clause: str) -> Node:
        """A mapping that stands for a word."""
        path = f"{clause}."
        wanted, none = self.wanted(shape, path), list(self.none(shape, path))
        if shape.query is not None:
            query = self.query(shape.query, f"{path}query")
            wanted += query.wanted
            none += query.none
            if query.langs or query.outlets or query.not_outlets:
                message = "lang: and outlet: stand in the query of a whole rule only"
                self._flaw(f"{path}query", message)
        if not wanted and not none:
            self._flaw(clause, "empty; all: or any: needs a word")
        nodes = (*wanted, *map(Not, none))
        node = nodes[0] if len(nodes) == 1 else And(nodes)
        return self.scoped(shape, node)

    def scoped(self, shape: Clauses, node: Node) -> Node:
        """The node within the parts its mapping names."""
        scopes = (scope(written) for written in shape.scopes or ())
        return Scoped(tuple(s for s in scopes if s), node) if shape.scopes else node

    def _term(self, written: str, clause: str, *, exact: bool = False) -> Node:
        if not written.startswith("@"):
            self._count(1, clause)
            return make_term(written, clause, exact=exact)
        node, wrong = self._list(written[1:], clause, exact=exact)
        self._flaw(clause, wrong)
        return node

    def _list(self, name: str, clause: str, *, exact: bool = False) -> tuple[Node, str]:
        """The list's words in `clause`, and what is wrong with that."""
        self.lists_used.add(name)
        words = self.lists.get(name, ())
        wrong = unknown_list(name, self.lists)
        if exact:
            wrong = next(filter(None, (wrong_with(w, exact=True) for w in words)), wrong)
        if wrong or not self._count(len(words), clause):
            return Or(()), wrong
        return Or(tuple(make_term(word, clause, exact=exact) for word in words)), ""

    def _exact(self, given: Sequence[str], path: str) -> Node:
        return _either(self._term(word, f"{path}[{n}]", exact=True) for n, word in enumerate(given))

    def _patterns(self, given: Sequence[str], path: str) -> Iterator[Node]:
        for n, regex in enumerate(given):
            clause = f"{path}[{n}]"
            self._flaw(clause, wrong_regex(regex))
            yield Pattern(regex, clause)

    def _near(self, shape: NearModel | NotNearModel, path: str) -> Node:
        reach = _reach(shape)
        parts = self._operands(shape.of, f"{path}.of")
        if isinstance(shape, NotNearModel):
            return NotNear(parts[0], parts[1], reach)
        return reduce(lambda one, two: Near(one, two, reach), parts)

    def _at_least(self, shape: AtLeastModel, path: str) -> Node:
        entries = self._operands(shape.of, f"{path}.of")
        return AtLeast(shape.count, entries, shape.distinct)

    def _weights(self, shape: WeightsModel, path: str) -> Node:
        entries = shape.of.items()
        of = tuple((self._term(term, f"{path}.of.{term}"), weight) for term, weight in entries)
        return Weighted(shape.threshold, of)

    def _operands(self, given: Sequence[Operand], path: str) -> tuple[Node, ...]:
        return tuple(self._operand(each, f"{path}[{n}]") for n, each in enumerate(given))

    def _operand(self, given: Operand, clause: str) -> Node:
        if isinstance(given, str):
            return self._term(given, clause)
        if isinstance(given, Alternatives):
            return _either(self._operands(given.root, clause))
        if given.any:
            return _either(self._operands(given.any, f"{clause}.any"))
        if given.exact:
            return self._exact(given.exact, f"{clause}.exact")
        if given.near:
            return self._near(given.near, f"{clause}.near")
        if given.not_near:
            return self._near(given.not_near, f"{clause}.not_near")
        self._flaw(clause, "empty; any:, exact:, near: or not_near: belongs here")
        return Or(())

    def _count(self, terms: int, clause: str) -> bool:
        before, self.terms = self.terms, self.terms + terms
        if self.terms > MAX_TERMS >= before:
            message = f"more than {MAX_TERMS:,} terms in one rule, those of its lists included"
            self._flaw(clause, message)
        return self.terms <= MAX_TERMS

    def _flaw(self, clause: str, message: str) -> None:
        if message:
            self.flaws.append(Flaw(clause, message))


def unknown_list(name: str, lists: Lists) -> str:
    """Says that there is no such list; empty if there is."""
    if name in lists:
        return ""
    return f'no list "@{name}"{suggestion(f"@{name}", [f"@{each}" for each in lists])}'


def wrong_regex(regex: str) -> str:
    """Why it is not taken, by RE2 or because it asks for nothing; empty if it is."""
    try:
        idle = compiled(regex).search("")
    except BadPattern as error:
        return f'"{regex}" is no regular expression: {error}'
    return f'"{regex}" is found in every item: all of it may be left out' if idle else ""


def wrong_at_heart(wanted: Sequence[Node], none: Sequence[Node]) -> str:
    """Why a rule would match what has none of its words; empty if it would not."""
    if not wanted:
        only = "only none: would match almost everything" if none else "empty rule"
        return f"{only}; all: or any: needs a word"
    if not any(_needs(node) for node in wanted):
        return "would match items with none of its words; all: or any: needs a word without NOT"
    return ""


def _needs(node: Node, *, denied: bool = False) -> bool:
    """True if something must occur for the node to hold (`denied`: not to hold)."""
    match node:
        case Not(of):
            return _needs(of, denied=not denied)
        case Scoped(of=of):
            return _needs(of, denied=denied)
        case And(of) | Or(of):
            some = isinstance(node, And) is not denied
            return (any if some else all)(_needs(each, denied=denied) for each in of)
        case _:
            return not denied


def _either(nodes: Iterator[Node] | Sequence[Node]) -> Node:
    """One of them; by itself where there is one."""
    of = tuple(nodes)
    return of[0] if len(of) == 1 else Or(of)


def _reach(shape: NearModel | NotNearModel) -> Reach:
    if shape.within is not None:
        return Reach(Unit.WORDS, shape.within, shape.ordered)
    return Reach(Unit.SENTENCE if shape.sentence else Unit.PARAGRAPH, 0, shape.ordered)


def _terms_in(node: Node) -> int:
    return 1 if isinstance(node, Term) else sum(map(_terms_in, children(node)))
