"""Terms: a word or phrase as an analyst wrote it, made ready to be compared; pure.

In: `asset freeze`, `blacklist*`, `cease-fire deal`.  Out: a `Term` with its writing variants, or
what is wrong with it.
Invariant: words are cut as those of the news are, so a term always finds itself.
"""

from functools import lru_cache

from streams.rules.ast import Form, Phrase, Term, Word
from streams.text import compounds, fold, tokenise

WILDCARD = "*"
MAX_TERM_CHARS = 200
"""One word or phrase; longer ones are pasted sentences that never match."""

MIN_PREFIX_CHARS = 3
"""Before `*`: two letters begin a tenth of all words."""

TERMS_KEPT = 100_000
"""Terms and their phrases kept for the next book: about those of 10,000 rules."""


@lru_cache(maxsize=TERMS_KEPT)
def make_term(written: str, clause: str, *, exact: bool = False) -> Term:
    """The term `written` in `clause`; a word before `*` is a prefix."""
    return Term(_phrases(written, exact), written, clause)


@lru_cache(maxsize=TERMS_KEPT)
def wrong_with(written: str, *, exact: bool = False) -> str:
    """Why `written` is no term, for its analyst; empty if it is one."""
    if written.isascii() and written.isalpha() and len(written) <= MAX_TERM_CHARS:
        return ""
    if len(written) > MAX_TERM_CHARS:
        return f"longer than {MAX_TERM_CHARS} characters: a pasted sentence never matches"
    tokens = tokenise(written)
    if not tokens:
        return f'"{written}" has no word in it'
    if WILDCARD not in written:
        return f'"{written}": write {{exact: {written[1:]}}}' if written[0] == "=" else ""
    if exact:
        return f'"{written}": a * has no place in what must stand there letter by letter'
    ends = {token.end: token.word for token in tokens}
    starts = {token.start for token in tokens}
    for place, char in enumerate(written):
        if char == WILDCARD and (place not in ends or place + 1 in starts):
            return f'"{written}": a * stands only at the end of a word'
        if char == WILDCARD and len(ends[place]) < MIN_PREFIX_CHARS:
            return f'"{written}": at least {MIN_PREFIX_CHARS} letters belong before *'
    return ""


@lru_cache(maxsize=TERMS_KEPT)
def _phrases(written: str, exact: bool) -> tuple[Phrase, ...]:
    if written.isascii() and written.isalpha():
        form = Form.EXACT if exact else Form.INFLECTED
        return ((Word(written, written.lower(), form),),)
    tokens = tokenise(written)
    split = tuple(_word(written, t.start, t.end, t.word, exact=exact) for t in tokens)
    phrases = {split} if exact else {split, _joined(written, split)}
    return tuple(sorted(phrases, key=len, reverse=True))


def _word(written: str, start: int, end: int, folded: str, *, exact: bool) -> Word:
    surface = written[start:end]
    if exact:
        return Word(surface, folded, Form.EXACT)
    prefix = written[end : end + 1] == WILDCARD
    return Word(surface, folded, Form.PREFIX if prefix else Form.INFLECTED)


def _joined(written: str, split: Phrase) -> Phrase:
    """The phrase with each of its hyphenated words as one."""
    tokens = tokenise(written)
    words = list(split)
    for first, last, surface, _ in reversed(list(compounds(written, tokens))):
        words[first : last + 1] = [Word(surface, fold(surface), words[last].form)]
    return tuple(words)
