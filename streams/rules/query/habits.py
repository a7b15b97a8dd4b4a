"""Habits: what users of Factiva, Lexis, Brandwatch or Google write, and what it is here; pure."""

import re
from collections.abc import Iterator, Sequence

from streams.rules.query.lexer import OPERANDS, STARTS, Fault, Kind, Token

_JOINS = {
    "and": 'write AND; "and" in small letters would be a word of a phrase',
    "or": 'write OR; "or" in small letters would be a word of a phrase',
    "&": "write AND",
    "&&": "write AND",
    "|": "write OR",
    "||": "write OR",
    "same": 'write W/p for "same paragraph", or quotes around a phrase with the word "same"',
    "And": "write AND in capitals",
    "Or": "write OR in capitals",
}
"""Between two things that are looked for."""

_EITHER_ORDER = "write W/{0} for either order, PRE/{0} for this order"
_PATTERNS: tuple[tuple[str, str, bool], ...] = (
    (r"w/?(\d+)", _EITHER_ORDER, True),
    (r"(?:adj|onear|pre)/?(\d+)", "write PRE/{0}", True),
    (r"near/?(\d+)", "write W/{0}", True),
    (r"near/(\d+)f", "write PRE/{0}", True),
    (r"w/(s)|/s", "write W/s", True),
    (r"w/(p)|w/para|/p", "write W/p", True),
    (r"/(\d+)", _EITHER_ORDER, True),
    (r"w/|pre/", "write the number at once after it: W/5", True),
    (r"and-?not", "write AND NOT", True),
    (r"xor", "write (a OR b) AND NOT (a AND b)", True),
    (r"near|adj|within", "write W/5 for at most five words apart", True),
    (r"w/seg", "write title:(…) or text:(…)", True),
    (r"/f(\d+)/?", "write first/{0}:(…) before what is looked for", False),
    (r"atleast/?(\d+).*", "write ATLEAST/{0} before a word or bracket", False),
    (r"(?:hd|hlp|hl)=(.*)", "write title:{0}", False),
    (r"lp=(.*)", "write lead:{0}", False),
    (r"la=(.*)", "write lang:{0}, with two letters", False),
    (r"(?:sn|rst|by)=(.*)", "write outlet:{0} or credit:{0}", False),
    (r"(\w{2,})!", "write {0}*", False),
    (r"[\w*]*[?$]\w+|\w+\$\d*", "a letter cannot be left open; write a* or words", False),
    (r"[-!](\w.*)", "write AND NOT {0}", False),
    (r"\+(\w.*)", "write AND {0}", False),
    (r"=(\w.*)", 'write "={0}" in quotes', False),
)
"""What it looks like, what to write, and whether it only means that between two other things."""


def habits(tokens: Sequence[Token]) -> Iterator[Fault]:
    """A fault for each word that is an operator elsewhere."""
    for n, token in enumerate(tokens[:-1]):
        if token.kind is Kind.WORD:
            after = n > 0 and tokens[n - 1].kind in OPERANDS
            before = tokens[n + 1].kind in STARTS
            said = _said(token.text, between=after and before, before=before)
            if said:
                yield Fault(token.start, token.end, f'"{token.text}": {said}')


def _said(text: str, *, between: bool, before: bool) -> str:
    if between and text in _JOINS:
        return _JOINS[text]
    if before and text in {"not", "Not"}:
        return f'write NOT in capitals; "{text}" would be a word of a phrase'
    if text.isalpha() and not between:
        return ""
    for pattern, said, joins in _PATTERNS:
        found = re.fullmatch(pattern, text, re.IGNORECASE)
        if found and (between or not joins):
            return said.format(*found.groups())
    return ""
