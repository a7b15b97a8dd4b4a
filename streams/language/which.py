"""Which: the language an item is in: declared or guessed; pure.

In: what the outlet declared (`en-GB`, `eng`, `English`, or nothing) and its texts.  Out: a
two-letter code, empty where there is no text.  Invariants: the same words give the same answer; a
declared language holds; Latin letters without a clue count as English.

The guess goes by script first, then by the letters a language has for itself, then by the small
words it cannot do without.  English is asked first and cheaply: most wires are, and every item
comes by here.
"""

import re
from functools import lru_cache

from streams.language.clues import (
    CODES,
    ENGLISH_WORDS,
    LATIN_LETTERS,
    LATIN_WORDS,
    MARATHI_WORDS,
    NEPALI_WORDS,
    SCRIPTS,
    foreign_words,
)

HASTE_CHARS = 240
"""Of each text, looked at for English: a headline and two lines have a `the` or `of`."""

SAMPLE_CHARS = 1_200
"""Of all texts together, looked at for anything else."""

DECLARED_KEPT = 1_000
"""Different declarations remembered; an outlet may write anything there."""

_FOREIGN = foreign_words()
_SAID_IN = {
    word: tuple(lang for lang, own in LATIN_WORDS.items() if word in own)
    for word in frozenset().union(*LATIN_WORDS.values())
    if word.islower() and not (len(word) == 1 and word.isascii())
}
"""The languages of each small word."""

_WORD = re.compile(r"[^\W\d_]+")
_HAN_WEIGHT = 2
"""A Chinese character says about as much as this many letters."""

_KANA_SHARE = 8
"""Japanese has at least one kana for so many characters of Han; Chinese has a の at most."""


def language(declared: str, *texts: str) -> str:
    """The two-letter code of the language the texts are in."""
    if declared and (code := _declared(declared)):
        return code
    for text in filter(None, texts):
        words = text[:HASTE_CHARS].split()
        if not ENGLISH_WORDS.isdisjoint(words) and _FOREIGN.isdisjoint(words):
            return "en"
    return _guess(" ".join(texts)[:SAMPLE_CHARS]) if any(texts) else ""


@lru_cache(maxsize=DECLARED_KEPT)
def _declared(written: str) -> str:
    """The code of a language as outlets write it; empty for `und` and what is no language."""
    name = re.split(r"[-_;, ]", written.strip().lower(), maxsplit=1)[0]
    if name in CODES:
        return CODES[name]
    return name if len(name) == 2 and name.isascii() and name.isalpha() else ""


def _guess(sample: str) -> str:
    script = "latin" if sample.isascii() else _script(sample)
    match script:
        case "latin":
            return _latin(sample)
        case "cyrillic":
            return _cyrillic(sample.lower())
        case "arabic":
            return _arabic(sample)
        case "devanagari":
            return _by_words(sample, {"mr": MARATHI_WORDS, "ne": NEPALI_WORDS}, "hi")
        case code:
            return code


def _script(sample: str) -> str:
    """The script most letters are of; a code where one language has it for itself."""
    counts = {name: len(letters.findall(sample)) for name, letters in SCRIPTS.items()}
    kana, han = counts.pop("ja"), counts.pop("zh")
    together = kana + _HAN_WEIGHT * han
    script = max(counts, key=lambda name: counts[name])
    if together <= counts[script]:
        return script
    return "ja" if kana * _KANA_SHARE >= han else "zh"


def _latin(sample: str) -> str:
    """The language whose small words and own letters occur most.

    Names have capitals, and single letters are cut off something; they have no say.
    """
    said: dict[str, int] = dict.fromkeys(LATIN_WORDS, 0)
    for word in _WORD.findall(sample):
        for lang in _SAID_IN.get(word, ()):
            said[lang] += 1
        if not word.isascii() and word.islower():
            for lang, letters in LATIN_LETTERS.items():
                said[lang] += not letters.isdisjoint(word)
    best = max(said, key=lambda lang: said[lang])  # English is first, so it wins what is even
    return best if said[best] else "en"


_SHORT_I = re.compile("[іїєґ]")
_RUSSIAN = re.compile("[ыэё]")
_BULGARIAN = re.compile(r"ъ(?![еёюя])|\b(?:ще|се|са|че|към|със)\b")
"""Russian has ъ before е, ё, ю, я only; in Bulgarian it is a vowel."""


def _cyrillic(sample: str) -> str:
    if "ў" in sample:
        return "be"
    if re.search("[қңғә]", sample):
        return "kk"
    if re.search("[ђћџљњј]", sample):
        return "mk" if re.search("[ѓќѕ]", sample) else "sr"
    if len(_SHORT_I.findall(sample)) > len(_RUSSIAN.findall(sample)):
        return "uk"
    bulgarian = _BULGARIAN.search(sample) and not _RUSSIAN.search(sample)
    return "bg" if bulgarian else "ru"


_URDU = re.compile("[ٹڈڑںےہھ]")
_PASHTO = re.compile("[ټډړښځڅ]")
_KURDISH = re.compile("[ڕێۆڵ]")
_PERSIAN = re.compile("[پچژگیک]")
_ARABIC = re.compile("[ةيكىأإ]")


def _arabic(sample: str) -> str:
    arabic = len(_ARABIC.findall(sample))
    for lang, own in (("ps", _PASHTO), ("ku", _KURDISH), ("ur", _URDU), ("fa", _PERSIAN)):
        if len(own.findall(sample)) > arabic:
            return lang
    return "ar"


def _by_words(sample: str, own: dict[str, frozenset[str]], otherwise: str) -> str:
    words = sample.split()
    said = {lang: sum(word in these for word in words) for lang, these in own.items()}
    best = max(said, key=lambda lang: said[lang])
    return best if said[best] else otherwise
