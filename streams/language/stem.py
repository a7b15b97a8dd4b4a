"""Stem: endings cut by the rules of a language (Snowball), so that sanctions meets sanctioned.

In: a word as written and a language.  Out: its stem, folded; empty where the language has no
stemmer or the word is none of it.  The only module that speaks PyStemmer.
"""

from functools import cache

import Stemmer

from streams.text import fold

_ALGORITHMS = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hi": "hindi",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}


@cache
def _stemmer(lang: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(_ALGORITHMS[lang])


def stem(written: str, lang: str) -> str:
    """The folded stem of a word in `lang`."""
    if lang not in _ALGORITHMS:
        return ""
    return fold(_stemmer(lang).stemWord(written.lower()))
