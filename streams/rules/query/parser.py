"""Parser: the text of a query in, nodes out, by recursive descent; pure.

Invariants: a text is parsed or refused with a place in it, whatever it is; nothing is deeper than
`MAX_LEVELS`; AND and OR are never mixed without brackets, for the world disagrees which binds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NoReturn

from streams.rules.ast import (
    And,
    AtLeast,
    Near,
    Node,
    Not,
    NotNear,
    Or,
    Reach,
    Scoped,
    Unit,
)
from streams.rules.query.habits import habits
from streams.rules.query.lexer import (
    MAX_QUERY_CHARS,
    OPERANDS,
    STARTS,
    BadQuery,
    Fault,
    Kind,
    Token,
    tokens,
    within_fault,
)
from streams.rules.query.parts import Part, Query, whole
from streams.rules.query.readings import readings
from streams.rules.query.spoken import clipped, fitting, unspoken
from streams.rules.scopes import PARTS, scope
from streams.rules.terms import make_term, wrong_with
from streams.suggestion import suggestion

MAX_LEVELS = 64
"""Of brackets, and of nodes in nodes: people write four."""

MAX_LOOSE_WORDS = 8
"""In `"…"~n`: more is a sentence."""

CLAUSE = "query"
FILTERS = ("lang", "outlet")
FIELDS = (*PARTS, "first/50", *FILTERS)

Expand = Callable[[str], tuple[Node, str]]
"""A list's name to its node, or why there is none."""


def parse(text: str, expand: Expand, clause: str = CLAUSE) -> Query:
    """The query `text`; evidence of its terms has the path `clause`.

    Raises:
        BadQuery: it is none; holds everything wrong with it.
    """
    if len(text) > MAX_QUERY_CHARS:
        raise BadQuery((Fault(0, len(text), f"longer than {MAX_QUERY_CHARS:,} characters"),))
    faults: list[Fault] = []
    read = tokens(text, faults)
    faults += habits(read)
    query = None
    if not faults:
        try:
            query = _Parser(text, read, expand, clause, faults).query()
        except _Stopped:
            query = None
    if query is None or faults:
        raise BadQuery(tuple(sorted(faults, key=lambda fault: fault.start)))
    return query


class _Stopped(Exception):
    """The rest of a query cannot be read; why is among the faults."""


@dataclass(slots=True)
class _Parser:
    """Reads tokens from the left; what is wrong and does not confuse the rest is collected."""

    text: str
    tokens: Sequence[Token]
    expand: Expand
    clause: str
    faults: list[Fault]
    at: int = 0
    level: int = 0

    def query(self) -> Query:
        if self.peek().kind is Kind.END:
            self.stop(self.peek(), "empty; words to look for belong here")
        parts, operator = self.operands()
        if self.peek().kind is not Kind.END:
            self.unexpected()
        if operator is Kind.OR:
            parts = [self.joined(parts, operator)]
        return whole(parts, self.fault)

    def operands(self) -> tuple[list[Part], Kind]:
        """What AND or OR join, and which of the two."""
        parts, operator, joins = [self.negated()], Kind.AND, list[Kind]()
        while self.peek().kind in {Kind.AND, Kind.OR}:
            joins.append(self.take().kind)
            parts.append(self.negated())
        if self.peek().kind in STARTS:
            self.missing_operator(parts[-1])
        if joins:
            operator = joins[0]
        if len(set(joins)) > 1:
            shown = [self.text[part.start : part.end] for part in parts]
            where = Part(parts[0].start, parts[-1].end)
            self.fault(where, readings(shown, [join is Kind.AND for join in joins]))
        return parts, operator

    def joined(self, parts: Sequence[Part], operator: Kind) -> Part:
        """One part of several; a filter may not be among them."""
        if len(parts) == 1:
            return parts[0]
        nodes = tuple(self.node(part) for part in parts)
        node = And(nodes) if operator is Kind.AND else Or(nodes)
        return self.deeper(node, *parts)

    def negated(self) -> Part:
        if self.peek().kind is not Kind.NOT:
            return self.near()
        token = self.take()
        if self.peek().kind is Kind.NOT:
            self.stop(self.peek(), "NOT NOT: leave both out")
        part = self.near()
        if part.filter:
            return Part(token.start, part.end, None, 1, part.filter, part.values, negated=True)
        node = Not(self.node(part))
        return Part(token.start, part.end, node, self.depth(part, token))

    def near(self) -> Part:
        """Operands of `W/`, `PRE/` and `NOT W/`, from left to right."""
        part = self.operand()
        while (free := self.free()) or self.peek().kind is Kind.NEAR:
            if free:
                self.take()
            token = self.take()
            other = self.operand()
            one, two = self.spoken(part, token), self.spoken(other, token)
            reach = token.reach or Reach(Unit.SENTENCE)
            node = NotNear(one, two, reach) if free else Near(one, two, reach)
            part = self.deeper(node, part, other)
        if self.peek().kind is Kind.NOT:
            self.stop(self.peek(), "an operator is missing: write AND NOT, or OR NOT")
        return part

    def free(self) -> bool:
        """True before `NOT W/n`."""
        ahead = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        return self.peek().kind is Kind.NOT and ahead.kind is Kind.NEAR

    def operand(self) -> Part:
        token = self.peek()
        match token.kind:
            case Kind.OPEN:
                return self.bracket()
            case Kind.ATLEAST:
                return self.at_least()
            case Kind.FIELD:
                return self.in_field()
            case Kind.WORD | Kind.PHRASE | Kind.LIST:
                return self.words()
        return self.unexpected()

    def bracket(self) -> Part:
        token = self.take()
        self.level += 1
        if self.level > MAX_LEVELS:
            self.stop(token, f"nested more than {MAX_LEVELS} levels deep")
        if self.peek().kind is Kind.CLOSE:
            self.stop(self.peek(), "nothing stands between these brackets")
        part = self.joined(*self.operands())
        node = self.node(part)
        if self.peek().kind is not Kind.CLOSE:
            if self.peek().kind is Kind.END:
                self.stop(token, "this bracket is never closed")
            self.unexpected()
        close = self.take()
        self.level -= 1
        return Part(token.start, close.end, node, part.depth)

    def at_least(self) -> Part:
        token = self.take()
        if self.peek().kind not in STARTS - {Kind.ATLEAST, Kind.FIELD}:
            self.stop(self.peek(), f"a word, or (a OR b), belongs after {token.text}")
        part = self.operand()
        node = self.spoken(part, token)
        entries = node.of if isinstance(node, Or) else (node,)
        depth = self.depth(part, token)
        return Part(token.start, part.end, AtLeast(token.number, entries), depth)

    def in_field(self) -> Part:
        token = self.take()
        name = token.text
        if name in FILTERS:
            return self.filter(token)
        part_of = scope(name)
        if part_of is None:
            self.unknown_field(token)
        if self.peek().kind not in STARTS - {Kind.ATLEAST, Kind.FIELD}:
            self.stop(self.peek(), f"a word, a phrase or a bracket belongs after {name}:")
        part = self.operand()
        scopes = (part_of,) if part_of else ()
        node = Scoped(scopes, self.node(part))
        return Part(token.start, part.end, node, self.depth(part, token))

    def unknown_field(self, token: Token) -> None:
        if token.text.lower() in FIELDS:
            said = f"write {token.text.lower()}: in small letters"
        elif token.text.startswith("first"):
            said = "write first/50: for the first fifty words"
        else:
            near = suggestion(token.text, FIELDS)
            said = f'no field "{token.text}:"{near or "; quotes make it a word"}'
        self.fault(token, said)

    def filter(self, token: Token) -> Part:
        """`lang:en`, `outlet:(Reuters OR "Al Jazeera")`."""
        values: list[str] = []
        bracket = self.take() if self.peek().kind is Kind.OPEN else None
        while self.peek().kind in {Kind.WORD, Kind.PHRASE, Kind.LIST}:
            values.append(self.value())
            if bracket is None or self.peek().kind is not Kind.OR:
                break
            self.take()
        if not values:
            self.stop(self.peek(), f"a name belongs after {token.text}:")
        if bracket and self.peek().kind is not Kind.CLOSE:
            self.stop(self.peek(), f"{token.text}:(… OR …) holds names joined by OR")
        end = self.take().end if bracket else self.tokens[self.at - 1].end
        return Part(token.start, end, None, 1, token.text, tuple(values))

    def value(self) -> str:
        token = self.take()
        return f"@{token.text}" if token.kind is Kind.LIST else token.text

    def words(self) -> Part:
        """A phrase, a list, or words that stand beside each other."""
        token = last = self.take()
        if token.kind is Kind.LIST:
            node, wrong = self.expand(token.text)
            if wrong:
                self.fault(token, wrong)
        elif token.kind is Kind.PHRASE:
            node = self.quoted(token)
        else:
            while self.peek().kind is Kind.WORD:
                last = self.take()
            node = self.term(self.text[token.start : last.end], token, last)
        return Part(token.start, last.end, node, _deep(node))

    def quoted(self, token: Token) -> Node:
        if token.number < 0:
            exact = token.text.startswith("=")
            return self.term(token.text.removeprefix("="), token, token, exact=exact)
        words = token.text.split()
        self.faults += within_fault(f'"…"~{token.number}', token.number, token.start, token.end)
        if not 1 < len(words) <= MAX_LOOSE_WORDS:
            message = f'"…"~{token.number} needs 2 to {MAX_LOOSE_WORDS} words'
            self.fault(token, message)
        reach = Reach(Unit.WORDS, token.number)
        terms = [self.term(word, token, token) for word in words]
        return reduce(lambda one, two: Near(one, two, reach), terms) if terms else Or(())

    def term(self, written: str, first: Token, last: Token, *, exact: bool = False) -> Node:
        wrong = wrong_with(written, exact=exact)
        if wrong:
            self.faults.append(Fault(first.start, last.end, wrong))
            return Or(())
        return make_term(written, self.clause, exact=exact)

    def peek(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def node(self, part: Part) -> Node:
        """The part's node; a filter has none, and no place here."""
        if part.node is None:
            where = "stands at the top of a query, joined by AND"
            self.fault(part, f"{part.filter}: {where}: {part.filter}:… AND …")
            return Or(())
        return part.node

    def spoken(self, part: Part, token: Token) -> Node:
        """The part's node, if it can be near something or be counted."""
        node = self.node(part)
        wrong = unspoken(node)
        if wrong:
            self.fault(part, f"{wrong} {token.text}: {fitting(node, token.text)}")
        return node

    def deeper(self, node: Node, *parts: Part) -> Part:
        where = Part(parts[0].start, parts[-1].end, node)
        depth = max(self.depth(part, where) for part in parts)
        return Part(where.start, where.end, node, depth)

    def depth(self, part: Part, where: Token | Part) -> int:
        if part.depth >= MAX_LEVELS:
            self.stop(where, f"nested more than {MAX_LEVELS} levels deep")
        return part.depth + 1

    def fault(self, where: Token | Part, message: str) -> None:
        self.faults.append(Fault(where.start, where.end, message))

    def stop(self, where: Token | Part, message: str) -> NoReturn:
        self.fault(where, message)
        raise _Stopped

    def missing_operator(self, left: Part) -> NoReturn:
        one, token = self.text[left.start : left.end], self.peek()
        self.stop(token, f"an operator is missing after {clipped(one)}: write AND or OR")

    def unexpected(self) -> NoReturn:
        token = self.peek()
        before = self.tokens[self.at - 1] if self.at else None
        if token.kind is Kind.CLOSE and (before is None or before.kind in OPERANDS):
            self.stop(token, "this bracket was never opened")
        if token.kind is Kind.END or token.kind is Kind.CLOSE:
            after = f" after {before.text}" if before else ""
            self.stop(token, f"a word, a phrase or a bracket belongs here{after}")
        self.stop(token, f"a word, a phrase or a bracket belongs before {token.text}")


def _deep(node: Node) -> int:
    """Levels of a phrase or list."""
    return MAX_LOOSE_WORDS if isinstance(node, Near) else 2 if isinstance(node, Or) else 1
