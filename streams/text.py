"""Words of any script: text in, tokens with their spans out.

In: a field of an item, or a term of a rule.  Out: `Token`s, folded so that writing variants meet.
Invariant: the same function reads rules and news, so a term always finds itself; a token's span
is exactly where it stands in the text given.

What folds together: case, Latin diacritics (`Türkiye` = turkiye), compatibility forms, possessives
(`Pakistan’s` = pakistan), hyphens and apostrophes (`co-operation` = two words), dotted initials
(`U.S.` = us), thousands (`1,000` = 1000), Arabic letter variants, harakat and tatweel.  Marks of
Devanagari, Bengali, Cyrillic and others are letters and stay.  Scripts written without spaces give
one token a character, so their terms are phrases.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import regex

FOLD_CACHE_ENTRIES = 200_000
"""Distinct surface words kept folded: a few months of one language's news, about 30 MB."""

HYPHENS = frozenset("-‐‑‒–−﹣－")
"""What joins words: hyphens, and dashes without a space on either side."""

MAX_COMPOUND_WORDS = 8
"""Joined by hyphens and still one word: longer ones are rows and tables."""

MAX_CACHED_WORD_CHARS = 40
"""Longer words are noise (URLs, hashes) and could fill the cache with hostile text."""

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ーｰ"
_TOKEN = regex.compile(
    rf"(?P<initials>\b\p{{L}}(?:\.\p{{L}})+\b(?:\.(?!\w))?)"
    r"|(?P<number>\d{1,3}(?:,\d{3})+(?!\d)|\d+\.\d+)"
    rf"|(?P<unspaced>[{_UNSPACED}]\p{{M}}*)"
    r"|(?P<possessive>(?<=[\p{L}\p{M}\p{N}.])['’ʼ＇‘´][sS](?![\p{L}\p{M}\p{N}]))"
    rf"|(?P<word>[[\p{{L}}\p{{M}}\p{{N}}\u00ad\u200c\u200d]--[{_UNSPACED}]]+)",
    regex.V1,
)
_DROPPED = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u0640\u060c"))
_VARIANTS = str.maketrans(
    {"ك": "ک", "ي": "ی", "ى": "ی", "أ": "ا", "إ": "ا", "آ": "ا", "ة": "ه", "ۀ": "ه"}
    | {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
_SEMITIC = ("ARABIC", "HEBREW")


@dataclass(frozen=True, slots=True)
class Token:
    """One word: its folded form and its span, code points of the text given."""

    word: str
    start: int
    end: int


def fold(surface: str) -> str:
    """The form under which a word's writing variants meet; empty for what is no word."""
    return _cached(surface) if len(surface) <= MAX_CACHED_WORD_CHARS else _folded(surface)


def _folded(surface: str) -> str:
    if surface.isascii():
        return surface.lower().replace(".", "")
    lowered = unicodedata.normalize("NFKC", surface).casefold().translate(_DROPPED)
    return (
        unicodedata.normalize("NFC", _without_marks(lowered)).translate(_VARIANTS).replace(".", "")
    )


_cached = lru_cache(maxsize=FOLD_CACHE_ENTRIES)(_folded)


def _without_marks(word: str) -> str:
    """Marks go from Latin letters, and from Arabic and Hebrew, where they are vowel points."""
    kept: list[str] = []
    base = ""
    for char in unicodedata.normalize("NFD", word.translate(_VARIANTS)):
        if not unicodedata.combining(char):
            base = unicodedata.name(char, "")
            kept.append(char)
        elif not base.startswith(("LATIN", *_SEMITIC)):
            kept.append(char)
    return "".join(kept)


def tokenise(text: str) -> list[Token]:
    """The words of `text` in order.  A possessive's `s` is no word."""
    tokens = []
    for found in _TOKEN.finditer(text):
        if found.lastgroup == "possessive":
            continue
        surface = found.group()
        word = surface.replace(",", "") if found.lastgroup == "number" else fold(surface)
        if word:
            tokens.append(Token(word, found.start(), found.end()))
    return tokens


def compounds(text: str, tokens: Sequence[Token]) -> Iterator[tuple[int, int, str, str]]:
    """Hyphenated words: positions of the first and last, and both joined, as written and folded."""
    first = 0
    for n in range(1, len(tokens) + 1):
        if n < len(tokens) and text[tokens[n - 1].end : tokens[n].start] in HYPHENS:
            continue
        if 1 < n - first <= MAX_COMPOUND_WORDS:
            joined = "".join(text[t.start : t.end] for t in tokens[first:n])
            yield first, n - 1, joined, "".join(t.word for t in tokens[first:n])
        first = n


def words(text: str) -> tuple[str, ...]:
    """The folded words of `text`, without their spans."""
    return tuple(token.word for token in tokenise(text))


def digest(*parts: str) -> str:
    """A 16-digit name for some text (blake2b, 8 bytes); parts are kept apart."""
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
