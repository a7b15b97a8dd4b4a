"""Endings: what Snowball does not know of some languages: their clitics, spellings, suffixes; pure.

In: a word in small letters.  Out: of `PREPARED`, the word as Snowball should see it; of `LIGHT`,
its stem.  Invariant: a word and the same word with one more clitic or suffix come to one stem,
even where that is no word; so what is cut is cut until nothing is left to cut.

These are light stemmers in the literature's sense: number, case, article, clitics; no derivation,
no roots, no broken plurals.
"""

import re
from collections.abc import Callable

from streams.text import fold

ARABIC_MIN_LETTERS = 4
"""Left of a word when a clitic of one letter goes: with three, half the roots would go too."""

_ARABIC_LETTERS = str.maketrans({"ک": "ك", "ی": "ي", "ى": "ي"})
_PERSIAN_LETTERS = str.maketrans({"ك": "ک", "ي": "ی", "ى": "ی"})
_ARABIC_MARKS = re.compile("[\u064b-\u065f\u0670]")
_ARTICLE = re.compile(r"^[وف]?(?:[بك]?ال|لل)(?=\w{2})")
_CLITIC = re.compile(rf"^[وبل](?=\w{{{ARABIC_MIN_LETTERS}}})")


def _arabic(word: str) -> str:
    """Without and, with, for and the article; then as a noun with the article, which Snowball cuts.

    Snowball takes a bare plural for a verb at times, and leaves what stands before the article.
    """
    bare = _ARABIC_MARKS.sub("", word.translate(_ARABIC_LETTERS))
    shorter = _ARTICLE.sub("", bare) or bare
    while (less := _CLITIC.sub("", _ARTICLE.sub("", shorter))) != shorter:
        shorter = less
    return f"ال{shorter}"


_NASALS = re.compile("ङ्(?=[क-घ])|ञ्(?=[च-झ])|ण्(?=[ट-ढ])|न्(?=[त-ध])|म्(?=[प-भ])")
_NUKTA, _CANDRABINDU, _ANUSVARA = "\u093c", "\u0901", "\u0902"


def _devanagari(word: str) -> str:
    """One spelling: प्रतिबन्ध is प्रतिबंध, ज़मीन is जमीन, पाँच is पांच."""
    return _NASALS.sub(_ANUSVARA, word.replace(_NUKTA, "").replace(_CANDRABINDU, _ANUSVARA))


def _persian(word: str) -> str:
    """With Persian's own ya and kaf, which Snowball's rules are written in."""
    return _ARABIC_MARKS.sub("", word).translate(_PERSIAN_LETTERS)


_URDU_HEH = str.maketrans({"ہ": "ه", "ۃ": "ه", "ۂ": "ه", "ھ": "ه"})
_URDU = re.compile(
    r"(?<=\w{3})(?:(?P<i>ی(?:اں|وں))|(?P<h>[اے])|(?P<gone>وں|یں)|(?P<many>(?<=\w{4})ات))$"
)


def _urdu(word: str) -> str:
    """پابندیاں and پابندیوں are پابندی, حملے is حملہ, امریکا is امریکہ, اقدامات is اقدام."""
    bare = fold(word).translate(_URDU_HEH)
    while (found := _URDU.search(bare)) and found.lastgroup != "h":
        bare = bare[: found.start()] + ("ی" if found.lastgroup == "i" else "")
    return f"{bare[:-1]}ه" if found else bare


_BENGALI = re.compile(
    "(?<=.{3})(?:গুলোর|গুলির|গুলো|গুলি|গুলোকে|দেরকে|দের|য়ের|েরা|ের|কে|তে|টির|টার|টি|টা|রা|ে|র)$"
)


def _bengali(word: str) -> str:
    """Without number, case and classifier: পাকিস্তানের is পাকিস্তান."""
    return _until_done(_BENGALI, fold(word))


def _until_done(endings: re.Pattern[str], word: str) -> str:
    while (shorter := endings.sub("", word)) != word:
        word = shorter
    return word


_HANGUL_FIRST, _HANGUL_LAST, _FINALS = 0xAC00, 0xD7A3, 28
_KOREAN = re.compile(
    "(?<=..)(?:에서는|에게서|으로|에서|에게|까지|부터|은|는|이|가|을|를|과|와|로|에|의|도|만)$"
)
_AFTER_CONSONANT, _AFTER_VOWEL = ("은", "이", "을", "과", "으로"), ("는", "가", "를", "와", "로")
_FINAL_RIEUL = 8


def _korean(word: str) -> str:
    """Without its particle, where that fits the sound before it: 제재를 is 제재."""
    bare = fold(word)
    found = _KOREAN.search(bare)
    if not found:
        return bare
    before, particle = bare[: found.start()], found.group()
    return before if _fits(ord(before[-1]), particle) else bare


def _fits(syllable: int, particle: str) -> bool:
    if not _HANGUL_FIRST <= syllable <= _HANGUL_LAST:
        return False
    final = (syllable - _HANGUL_FIRST) % _FINALS
    if particle == "로":
        return final in {0, _FINAL_RIEUL}
    return particle not in (_AFTER_VOWEL if final else _AFTER_CONSONANT)


_UKRAINIAN = re.compile(
    r"(?<=\w{3})(?:ями|ами|ові|еві|єю|єм|ою|ею|ах|ях|ам|ям|ів|їв|ом|ем|ий|ій|ого|ому|им|их|ими"
    r"|[аяоеєуюиіїйь])$"
)
_BULGARIAN = re.compile(r"(?<=\w{3})(?:ията|ията|ите|ят|ът|та|то|те|ия|ове|еве|[аяоеий])$")


PREPARED: dict[str, Callable[[str], str]] = {
    "ar": _arabic,
    "fa": _persian,
    "hi": _devanagari,
    "ne": _devanagari,
}
LIGHT: dict[str, Callable[[str], str]] = {
    "bg": lambda word: _until_done(_BULGARIAN, fold(word)),
    "bn": _bengali,
    "ko": _korean,
    "uk": lambda word: _until_done(_UKRAINIAN, fold(word)),
    "ur": _urdu,
}
