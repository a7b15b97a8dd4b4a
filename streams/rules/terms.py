"""Terms: a word or phrase as an analyst wrote it, made ready to be compared; pure.

In: `asset freeze`, `blacklist*`, `cease-fire deal`.  Out: a `Term` with its writing variants.
Invariant: words are cut as those of the news are, so a term always finds itself.
"""

from streams.rules.ast import Form, Phrase, Term, Word
from streams.text import compounds, fold, tokenise

WILDCARD = "*"


def make_term(written: str, clause: str, *, exact: bool = False) -> Term:
    """The term `written` in `clause`; a word before `*` is a prefix."""
    tokens = tokenise(written)
    split = tuple(_word(written, t.start, t.end, t.word, exact=exact) for t in tokens)
    phrases = {split} if exact else {split, _joined(written, split)}
    return Term(tuple(sorted(phrases, key=len, reverse=True)), written, clause)


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
