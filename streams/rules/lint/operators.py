"""Operators: what only a query understands, written among words; a term in, findings out; pure."""

import re
from collections.abc import Iterator

from streams.rules.ast import Term
from streams.rules.lint.finding import Code, Finding
from streams.rules.scopes import PARTS

_JOINS = re.compile(r"(?<=\S )(?:AND NOT|AND|OR|NOT|(?:W|w|PRE|pre)/(?:\d+|[sp]))(?= \S)")
_BEFORE = re.compile(rf"(?:{'|'.join(PARTS)}):(?=\S)|[-+](?=[^\W\d])")
_AFTER = re.compile(r"[a-z]\w+(!)$")


def operators(rule: str, term: Term) -> Iterator[Finding]:
    """A finding if a word reads as if it stood in a query, or two items of a list as one."""
    says = "" if term.clause.endswith("query") else _trouble(term.written)
    if says:
        message = f'"{term.written}": {says}'
        yield Finding(code=Code.OPERATOR, message=message, rule=rule, clause=term.clause)


def _trouble(written: str) -> str:
    if written.isalnum():
        return ""
    found = _JOINS.search(written) if written != written.upper() else None
    if found:
        return f"{found[0]} is a word of this phrase: write it in query:, or nest all:, any:, none:"
    found = _BEFORE.match(written)
    if found:
        return f"{found[0]} says nothing here: write it in query:, or use in: or none:"
    if _AFTER.match(written):
        return f"! says nothing here: write {written[:-1]}*"
    if " - " in written:
        return "this is one phrase: were two meant, indent both dashes alike"
    return ""
