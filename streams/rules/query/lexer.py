"""Lexer: the text of a query in, tokens with their spans out; pure.

Invariant: tokens come in the order written and do not overlap; no text is passed over but space.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from streams.rules.ast import Reach, Unit

MAX_QUERY_CHARS = 20_000
"""The longest search the large services take."""

MAX_WITHIN_WORDS = 255
"""`W/n`: as Lexis has it."""

MAX_COUNT = 100
"""`ATLEAST/n`."""


class Kind(StrEnum):
    """What a token is."""

    OPEN = "("
    CLOSE = ")"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    NEAR = "W/n"
    ATLEAST = "ATLEAST/n"
    FIELD = "field:"
    WORD = "word"
    PHRASE = "phrase"
    LIST = "@list"
    END = "end"


OPERANDS = frozenset({Kind.WORD, Kind.PHRASE, Kind.LIST, Kind.CLOSE})
"""What something may end with that an operator joins."""

STARTS = frozenset({Kind.WORD, Kind.PHRASE, Kind.LIST, Kind.OPEN, Kind.FIELD, Kind.ATLEAST})


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, what it says (without quotes, colon, `@`), its span in the query.

    `number` is n of `W/n`, `PRE/n`, `ATLEAST/n` and of a phrase's `~n`; -1 where there is none.
    """

    kind: Kind
    text: str
    start: int
    end: int
    number: int = -1
    reach: Reach | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a query, and the span where."""

    start: int
    end: int
    message: str


class BadQuery(ValueError):
    """A query nobody can use; `faults` are all that is wrong as far as it could be read."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


_QUOTES = str.maketrans("“”„‟＂", '"' * 5)
_TOKEN = re.compile(
    r"(?P<open>\()|(?P<close>\))"
    r'|"(?P<phrase>[^"]*)"(?:~(?P<slop>\d+))?'
    r'|(?P<unclosed>")'
    r"|(?P<field>[A-Za-z_]+(?:/\d+)?):"
    r'|(?P<word>[^\s()"]+)'
)
_NEAR = re.compile(r"(W|PRE)/(\d+|s|p)")
_ATLEAST = re.compile(r"ATLEAST/(\d+)")
_OPERATORS = {"AND": Kind.AND, "OR": Kind.OR, "NOT": Kind.NOT}
_UNITS = {"s": Unit.SENTENCE, "p": Unit.PARAGRAPH}


def tokens(text: str, faults: list[Fault]) -> list[Token]:
    """The tokens of a query and an end; what is none of them is added to `faults`."""
    straight = text.translate(_QUOTES)
    found = list(_tokens(straight, faults))
    return [*found, Token(Kind.END, "", len(text), len(text))]


def _tokens(text: str, faults: list[Fault]) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        match match.lastgroup:
            case "open" | "close":
                yield Token(Kind(match[0]), match[0], start, end)
            case "phrase" | "slop":
                yield _quoted(match["phrase"], match["slop"], start, end)
            case "unclosed":
                faults.append(Fault(start, end, 'a " is never closed'))
            case "field":
                yield Token(Kind.FIELD, match["field"], start, end)
            case _:
                yield _word(match[0], start, end, faults)


def _quoted(phrase: str, slop: str | None, start: int, end: int) -> Token:
    if phrase.startswith("@") and slop is None:
        return Token(Kind.LIST, phrase[1:], start, end)
    return Token(Kind.PHRASE, phrase, start, end, _number(slop) if slop else -1)


def _word(text: str, start: int, end: int, faults: list[Fault]) -> Token:
    if text in _OPERATORS:
        return Token(_OPERATORS[text], text, start, end)
    if near := _NEAR.fullmatch(text):
        return _near(near, start, end, faults)
    if at_least := _ATLEAST.fullmatch(text):
        count = _number(at_least[1])
        if not 1 <= count <= MAX_COUNT:
            faults.append(Fault(start, end, f"{text}: a number from 1 to {MAX_COUNT} belongs here"))
        return Token(Kind.ATLEAST, text, start, end, count)
    if text.startswith("@"):
        return Token(Kind.LIST, text[1:], start, end)
    return Token(Kind.WORD, text, start, end)


def _near(match: re.Match[str], start: int, end: int, faults: list[Fault]) -> Token:
    ordered = match[1] == "PRE"
    if match[2] in _UNITS:
        return Token(Kind.NEAR, match[0], start, end, -1, Reach(_UNITS[match[2]], 0, ordered))
    words = _number(match[2])
    faults += within_fault(match[0], words, start, end)
    return Token(Kind.NEAR, match[0], start, end, words, Reach(Unit.WORDS, words, ordered))


def within_fault(shown: str, words: int, start: int, end: int) -> Iterator[Fault]:
    """One fault if a distance is none."""
    if not 1 <= words <= MAX_WITHIN_WORDS:
        message = f"{shown}: a number of words from 1 to {MAX_WITHIN_WORDS} belongs here"
        yield Fault(start, end, message)


def _number(digits: str) -> int:
    """Long numbers are all too large; `int` refuses very long ones."""
    return int(digits[:9])
