"""Stem: endings cut by the rules of a language, so that sanctions meets sanctioned.

In: a word as written and a language.  Out: its stem, folded; empty where the language has no rules
here or the word is too long to be one.  Invariant: what a word's stem is depends on the word and
the language only.  The only module that speaks PyStemmer (Snowball).

Snowball sees small letters with their accents: it needs them, save for English, where words that
fold alike have one stem, so that the words of one stem are a class.  Where it has no rules,
`endings` has a few.
"""

import unicodedata
from functools import cache

import Stemmer

from streams.language.endings import LIGHT, PREPARED
from streams.text import fold, visible

MAX_STEMMED_CHARS = 80
"""Longer than any word that inflects; German's longest in print has 79."""

FOLDED_FIRST = "en"
"""The language whose words are folded before their endings are cut."""

_ALGORITHMS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
INFLECTED_LANGUAGES = frozenset(_ALGORITHMS) | frozenset(LIGHT)
"""Where a term finds more than its own writing variants."""


@cache
def _stemmer(lang: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(_ALGORITHMS[lang])


def stem(written: str, lang: str) -> str:
    """The folded stem of a word in `lang`."""
    if lang not in INFLECTED_LANGUAGES or len(written) > MAX_STEMMED_CHARS:
        return ""
    word = fold(written) if lang == FOLDED_FIRST else _small(written, lang)
    if lang in PREPARED:
        word = PREPARED[lang](word)
    if lang in LIGHT:
        return LIGHT[lang](word)
    return fold(_stemmer(lang).stemWord(word))


def _small(written: str, lang: str) -> str:
    """In small letters, accents kept; Turkish has an i and a dotless ı, each with a capital."""
    seen = unicodedata.normalize("NFC", visible(written))
    if lang == "tr":
        seen = seen.replace("İ", "i").replace("I", "ı")
    return seen.lower()
