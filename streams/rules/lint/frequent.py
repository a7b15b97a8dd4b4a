"""Frequent: a rough table of what stands in almost every English news item; pure.

Source: the commonest words of 7,600 English news summaries of 2004; names and words of trade were
taken out, pronouns, auxiliaries and prepositions put in by hand.  It steers warnings, no match.
"""

from streams.rules.ast import Form, Term, Word

STOP_WORDS = frozenset(
    """
    a about according after again against all also amid an and another any are as at back be
    because been before being between both but by can could day days did do does done down
    during each even few first for four friday from get had has have he her here him his how
    i if in into is it its just last made make many may me might monday more most much must
    my new next no not now of off on one only or other our out over per said saturday say
    says second she should since so some still such sunday take than that the their them
    then there these they this those three through thursday time to today told too top
    tuesday two under until up us very via was way we wednesday week were what when where
    which while who why will with within without would year years yesterday you your
    """.split()  # noqa: SIM905 - a table is read as lines of words
)
"""About 150 of the commonest words of English news."""

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
