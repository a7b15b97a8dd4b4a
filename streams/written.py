"""Written: rules and word lists as an analyst wrote them, as they travel on `wire.rules`.

In: the values of rule files.  Out: one record per rule and per list, and the manifest that says
which of them make a book.  Invariant: what was written travels unchanged, so a program that knows
more of the language reads more in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRule:
    """One rule: its mapping as in YAML, whom it tells (defaults applied), `file:line:col`."""

    rule: dict[str, Any]
    channels: tuple[str, ...]
    where: str
    v: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenList:
    """One word list: its words as in YAML, and `file:line:col`."""

    words: tuple[Any, ...]
    where: str
    v: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the records of a whole book add up to; the last record of a push.

    `hash` is the book's, by the program that pushed it; `content` is over the records themselves.
    """

    hash: str
    content: str
    rules: int
    lists: int
    at: str
    by: str
    v: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A whole book as written: rules and lists by name."""

    rules: Mapping[str, WrittenRule]
    lists: Mapping[str, WrittenList]
