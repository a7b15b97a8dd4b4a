"""Frequent: a rough table of what stands in almost every English news item; pure.

Source: as of `streams.language.common`.  It steers warnings, no match.
"""

from streams.language.common import STOP_WORDS
from streams.rules.ast import Form, Term, Word

BROAD_BEGINNINGS = frozenset(
    """
    char comm comp conf cons cont coun defe disc down expe gene indi inte inve over part
    pres prov reco stre inter
    """.split()  # noqa: SIM905 - a table is read as lines of words
)
"""Longer than MIN_LETTERS and yet the beginning of 13 or more different frequent words there."""

MIN_LETTERS = 4
"""Of a wildcard: three letters open hundreds of words."""


def is_stop_word(term: Term) -> bool:
    """True if one such word alone makes the term occur; capitals may make it another word."""
    return any(len(phrase) == 1 and _stops(phrase[0]) for phrase in term.phrases)


def _stops(word: Word) -> bool:
    as_is = word.form is Form.EXACT and word.written != word.folded
    return word.form is not Form.PREFIX and not as_is and word.folded in STOP_WORDS


def is_broad(term: Term) -> bool:
    """True if the term is one wildcard and begins like very many words."""
    return any(len(phrase) == 1 and _broad(phrase[0]) for phrase in term.phrases)


def _broad(word: Word) -> bool:
    short = len(word.folded) < MIN_LETTERS and word.folded.isalpha()
    return word.form is Form.PREFIX and (short or word.folded in BROAD_BEGINNINGS)
