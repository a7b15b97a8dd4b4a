"""Covering: which term finds whatever another finds; terms in, yes or no out; pure.

`langs` are the languages in which that must be so; with none it must be so whatever the language.
Invariant: where `covers(wide, narrow)` says yes, each occurrence of `narrow` has one of `wide`
within it, so also in every part of an item.
"""

from functools import lru_cache

from streams.language.stem import stem
from streams.rules.ast import Form, Phrase, Term, Word

Langs = tuple[str, ...]

WORDS_KEPT = 200_000
"""Stems remembered: the words of a book of 50,000 rules."""

ENGLISH = "en"
_UNSURE_ENDS = ("e", "i", "y", "bl")
"""English stems that end so may belong to words that do not: hoping is hope, cries cri."""


def covers(wide: Term, narrow: Term, langs: Langs, *, whole: bool = False) -> bool:
    """True if `wide` occurs wherever `narrow` does; `whole`: with the same words."""
    return all(
        any(_phrase_covers(w, n, langs, whole=whole) for w in wide.phrases) for n in narrow.phrases
    )


def _phrase_covers(wide: Phrase, narrow: Phrase, langs: Langs, *, whole: bool) -> bool:
    spare = len(narrow) - len(wide)
    if spare < 0 or (whole and spare):
        return False
    return any(
        all(word_covers(w, n, langs) for w, n in zip(wide, narrow[start:], strict=False))
        for start in range(spare + 1)
    )


def word_covers(wide: Word, narrow: Word, langs: Langs) -> bool:
    """True if whatever says `narrow` also says `wide`."""
    match wide.form, narrow.form:
        case Form.EXACT, Form.EXACT:
            return wide.written == narrow.written
        case Form.PREFIX, Form.PREFIX | Form.EXACT:
            return narrow.folded.startswith(wide.folded)
        case Form.PREFIX, Form.INFLECTED:
            begins = narrow.folded.startswith(wide.folded)
            return begins and bool(langs) and all(_all_begin(wide, narrow, x) for x in langs)
        case Form.INFLECTED, Form.EXACT:
            return wide.folded == narrow.folded or _same_stem(wide, narrow, langs)
        case Form.INFLECTED, Form.INFLECTED:
            same = wide.folded == narrow.folded and wide.written.lower() == narrow.written.lower()
            return same or _same_stem(wide, narrow, langs)
        case _:
            return False


def _same_stem(one: Word, other: Word, langs: Langs) -> bool:
    return bool(langs) and all(_key(one, lang) == _key(other, lang) for lang in langs)


def _key(word: Word, lang: str) -> str:
    return stemmed(word.written, lang) or word.folded


@lru_cache(maxsize=WORDS_KEPT)
def stemmed(written: str, lang: str) -> str:
    """The stem of a rule's word."""
    return stem(written, lang)


def _all_begin(prefix: Word, word: Word, lang: str) -> bool:
    """True if every inflection of `word` begins with the prefix."""
    root = stemmed(word.written, lang)
    if lang != ENGLISH or not root:
        return not root
    certain = root[:-1] if root.endswith(_UNSURE_ENDS) else root
    return certain.startswith(prefix.folded)
