"""Sentence: the words around what matched, and what stands between them; pure.

In: a text and a span.  Out: the words of its sentence, bounded, with the gaps that part clauses.
"""

from dataclasses import dataclass
from enum import IntEnum

from streams.assertion.lexicon import Lexicon
from streams.text import Token, tokenise

MAX_CHARS_BEFORE = 240
MAX_CHARS_AFTER = 160
"""Read around the span, code points: a long sentence of news; more would only cost time."""


class Gap(IntEnum):
    """What parts a word from the next one."""

    NONE = 0
    JOINED = 1
    COMMA = 2
    PART = 3
    STOP = 4


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words; `gaps[n]` follows word n; the matched ones are `first` to `last`; offset in text."""

    text: str
    offset: int
    tokens: list[Token]
    gaps: list[Gap]
    first: int
    last: int


def around(text: str, start: int, end: int, lexicon: Lexicon) -> Sentence | None:
    """The sentence of a span; None where the span holds no word."""
    start, end = max(0, start), min(len(text), end)
    low = max(0, start - MAX_CHARS_BEFORE)
    high = min(len(text), start + MAX_CHARS_AFTER, end + MAX_CHARS_AFTER)
    low = 0 if not low else _after_space(text, low, start)
    cut = text[low:high]
    tokens = tokenise(cut)
    inside = [n for n, t in enumerate(tokens) if t.end + low > start and t.start + low < end]
    if not inside:
        return None
    gaps = [Gap.NONE] * len(tokens)
    for n in range(len(tokens) - 1):
        between = cut[tokens[n].end : tokens[n + 1].start]
        if between != " ":
            gaps[n] = _gap(between, "abbreviations" in lexicon[tokens[n].word].kinds)
    gaps[-1] = Gap.STOP
    return Sentence(cut, low, tokens, gaps, inside[0], inside[-1])


def first_word(gaps: list[Gap], n: int, over: Gap = Gap.STOP) -> int:
    """Where the stretch around word n begins, which a gap of `over` or more bounds."""
    while n > 0 and gaps[n - 1] < over:
        n -= 1
    return n


def last_word(gaps: list[Gap], n: int, over: Gap = Gap.STOP) -> int:
    """Where the stretch around word n ends."""
    while n < len(gaps) - 1 and gaps[n] < over:
        n += 1
    return n


def _after_space(text: str, low: int, start: int) -> int:
    space = text.find(" ", low, start)
    return space + 1 if space >= 0 else start


def _gap(between: str, abbreviation: bool) -> Gap:
    if between in ("'", "’", "-", "‑", "'s ", "’s "):
        return Gap.JOINED if between in ("-", "‑") else Gap.NONE
    if any(mark in between for mark in "!?…。！？؟।;|\n"):
        return Gap.STOP
    if "." in between:
        return Gap.NONE if abbreviation and between == ". " else Gap.STOP
    if any(mark in between for mark in ":—()[]") or " - " in between or " – " in between:
        return Gap.PART
    return Gap.COMMA if "," in between or "،" in between else Gap.NONE
