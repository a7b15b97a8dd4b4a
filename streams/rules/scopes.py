"""Scopes: the names of an item's parts, as rules write them (`title`, `first 50`); pure."""

import re

from streams.rules.ast import Scope, Where

MAX_FIRST_WORDS = 10_000
"""`first N`: no item that is read has more words."""

PARTS = tuple(where.value for where in Where if where is not Where.FIRST)
_FIRST = re.compile(r"first[ /]([1-9][0-9]{0,4})")


def scope(written: str) -> Scope | None:
    """The part of that name, `first 50` and `first/50` included; None if there is none."""
    if written in PARTS:
        return Scope(Where(written))
    found = _FIRST.fullmatch(written)
    words = int(found[1]) if found else 0
    return Scope(Where.FIRST, words) if 0 < words <= MAX_FIRST_WORDS else None
