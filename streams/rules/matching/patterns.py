"""Patterns: regular expressions by RE2, whose time grows with the text and nothing else.

In: a pattern and a reading.  Out: where it is found: the only module that speaks google-re2.
Invariant: what compiles here is bounded in memory; what does not is refused when rules are read.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2

from streams.rules.ast import Pattern, Scope, Where
from streams.rules.matching.reading import Passage, Reading, inside

MAX_PATTERN_BYTES = 1 << 20
"""Of RE2's memory for one pattern: hundreds of alternatives fit, a counted bomb does not."""

PATTERNS_KEPT = 10_000
"""Compiled patterns: more than any desk writes."""

MAX_SEARCHED_CHARS = 20_000
"""Of one field: at the worst pattern's microsecond a character an item still has its 50 ms."""

MAX_STEPS_A_CHAR, SPARE_STEPS = 2, 300
"""Of RE2's program: counted repeats make a short pattern a long program, words do not."""

_HALVES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")

Found = tuple[Passage, int, int]
"""A passage, and the span in its text, code points."""


class BadPattern(ValueError):
    """A regular expression RE2 does not take; the text says why."""


@lru_cache(maxsize=PATTERNS_KEPT)
def compiled(regex: str) -> Any:
    """The pattern, ready to search.

    Raises:
        BadPattern: it is none, or takes too much.
    """
    options = re2.Options()
    options.max_mem = MAX_PATTERN_BYTES
    options.log_errors = False
    try:
        pattern = re2.compile(regex, options=options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        raise BadPattern(said.decode() if isinstance(said, bytes) else str(said)) from error
    if pattern.programsize > MAX_STEPS_A_CHAR * len(regex) + SPARE_STEPS:
        raise BadPattern("its repeats make it too slow: count to less, or write * or +")
    return pattern


def found_in(pattern: Pattern, reading: Reading, scopes: tuple[Scope, ...]) -> Iterator[Found]:
    """Every place of a pattern within the scopes; each scope's part of a passage by itself."""
    for passage in reading.passages:
        for scope in scopes:
            start, end = _extent(scope, passage)
            for first, last in spans(pattern.regex, passage.text[start:end]):
                yield passage, start + first, start + last


def spans(regex: str, text: str) -> Iterator[tuple[int, int]]:
    """Where the pattern is found, code points; half a character (a lone surrogate) is `\ufffd`."""
    whole = text if text.isascii() else text.translate(_HALVES)
    for found in compiled(regex).finditer(whole[:MAX_SEARCHED_CHARS]):
        if found.end() > found.start():
            yield found.start(), found.end()


def _extent(scope: Scope, passage: Passage) -> tuple[int, int]:
    """The part of a passage's text that lies in the scope: all of it, or its first words."""
    if scope.where not in {Where.LEAD, Where.FIRST}:
        return 0, len(passage.text) if passage.part is scope.where else 0
    count = sum(inside(scope, passage, n) for n in range(len(passage.words)))
    return 0, passage.words[count - 1].end if count else 0
