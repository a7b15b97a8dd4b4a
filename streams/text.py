"""Words of any script: text in, tokens with their spans out.

In: a field of an item, or a term of a rule.  Out: `Token`s, folded so that writing variants meet.
Invariants: the same function reads rules and news, so a term always finds itself; a token's span
is exactly where it stands in the text given; white space parts words for good, so a text reads as
its `split()` does, piece by piece.

What folds together: case, Latin diacritics (`Türkiye` = turkiye), compatibility forms, possessives
(`Pakistan’s` = pakistan), hyphens and apostrophes (`co-operation` = two words), dotted initials
(`U.S.` = us), thousands (`1,000` = 1000), digits of every script, Arabic letter variants, harakat
and tatweel, invisible characters.  Marks of Devanagari, Bengali, Cyrillic and others are letters
and stay; marks that stand on no letter (emoji) are nothing.  Scripts written without spaces give
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

PIECE_CACHE_ENTRIES = 50_000
"""What stands between white space, with its commas and quotes: nine in ten are there, in 15 MB."""

HYPHENS = frozenset("-‐‑‒–−﹣－־")
"""What joins words: hyphens, and dashes without a space on either side."""

MAX_COMPOUND_WORDS = 8
"""Joined by hyphens and still one word: longer ones are rows and tables."""

MAX_CACHED_WORD_CHARS = 40
"""Longer words are noise (URLs, hashes) and could fill the cache with hostile text."""

MAX_MARKS = 30
"""On one letter; Unicode's stream-safe limit (UAX 15).  Sorting endless ones takes minutes."""

MAX_FOLDED_CHARS = 1_000
"""Of one word beyond ASCII: no term is as long, and a ligature may unfold to 18 letters."""

_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ーｰ--\p{Nd}]"
_LETTER = rf"[[\p{{L}}\p{{N}}]--{_UNSPACED}--[ʻʼﾞﾟ]]"
_IN_WORD = rf"[[\p{{L}}\p{{M}}\p{{N}}]--{_UNSPACED}--[ʻʼŉﾞﾟ]]"
_INVISIBLE = r"\u00ad\u200c-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
# `usual` is what `word` would find too, only quicker
_TOKEN = regex.compile(
    r"(?P<usual>[A-Za-z][a-z]++(?=[ ,:;?!\n]|$))"
    rf"|(?P<initials>(?<!{_IN_WORD})[\p{{L}}--{_UNSPACED}](?:\.[\p{{L}}--{_UNSPACED}])+"
    rf"(?!{_IN_WORD})(?:\.(?!\w))?)"
    r"|(?P<number>\d{1,3}(?:[,'’，٬]\d{3})+(?!\d)|\d{1,2}(?:,\d{2})+,\d{3}(?!\d)|\d+[.．٫]\d+)"
    rf"|(?P<unspaced>{_UNSPACED}[\p{{M}}ﾞﾟ]*)"
    rf"|(?P<possessive>(?<=[{_IN_WORD}.])['’ʼ＇‘´`′][sS](?!{_IN_WORD}))"
    rf"|(?P<word>{_LETTER}{_IN_WORD}*+(?:[{_INVISIBLE}]++{_IN_WORD}++)*+)",
    regex.V1,
)
_THOUSANDS = str.maketrans(dict.fromkeys(",'’，٬", "") | {"．": ".", "٫": "."})
_TOO_MANY_MARKS = regex.compile(rf"(\p{{M}}{{{MAX_MARKS}}})\p{{M}}+")
_SELECTORS = (0x034F, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
_UNSEEN = (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xAD, 0xFEFF)
_ENCLOSING = range(0x20DD, 0x20E5)
_DROPPED = dict.fromkeys((*map(ord, " ʻʼ\u0640\u060c"), *_UNSEEN, *_SELECTORS, *_ENCLOSING))
_ZEROS = "٠۰߀०০੦૦୦௦౦೦൦෦๐໐༠၀០᠐"
_DIGITS = {ord(zero) + n: str(n) for zero in _ZEROS for n in range(10)}
_VARIANTS = _DIGITS | str.maketrans(
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
    lowered = visible(surface).casefold().translate(_DROPPED)
    return (
        unicodedata.normalize("NFC", _without_marks(lowered)).translate(_VARIANTS).replace(".", "")
    )


def visible(surface: str) -> str:
    """The word in compatibility form (NFKC), case kept, without what cannot be seen in it."""
    if surface.isascii():
        return surface
    if len(surface) > MAX_MARKS:
        surface = _TOO_MANY_MARKS.sub(r"\1", surface)[:MAX_FOLDED_CHARS]
    return unicodedata.normalize("NFKC", surface.translate(_DROPPED)).translate(_DROPPED)


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
    return [*tokens(text)]


def tokens(text: str) -> Iterator[Token]:
    """As `tokenise`, as far as somebody asks."""
    for found in _TOKEN.finditer(text):
        if found.lastgroup == "possessive":
            continue
        surface = found.group()
        word = _number(surface) if found.lastgroup == "number" else fold(surface)
        if word:
            yield Token(word, found.start(), found.end())


def _number(surface: str) -> str:
    """Digits without thousands' marks; the point stays."""
    plain = surface.translate(_THOUSANDS)
    return plain if plain.isascii() else unicodedata.normalize("NFKC", plain).translate(_DIGITS)


def compounds(text: str, found: Sequence[Token]) -> Iterator[tuple[int, int, str, str]]:
    """Hyphenated words: positions of the first and last, and both joined, as written and folded."""
    first = 0
    for n in range(1, len(found) + 1):
        if n < len(found) and text[found[n - 1].end : found[n].start] in HYPHENS:
            continue
        if 1 < n - first <= MAX_COMPOUND_WORDS:
            joined = "".join(text[t.start : t.end] for t in found[first:n])
            yield first, n - 1, joined, "".join(t.word for t in found[first:n])
        first = n


def words(text: str) -> tuple[str, ...]:
    """The folded words of `text`, without their spans: a sixth of what `tokenise` takes."""
    return tuple(
        [
            word
            for piece in text.split()
            for word in (
                _cached_words(piece) if len(piece) <= MAX_CACHED_WORD_CHARS else _words_of(piece)
            )
        ]
    )


def _words_of(piece: str) -> tuple[str, ...]:
    return tuple(token.word for token in tokens(piece))


_cached_words = lru_cache(maxsize=PIECE_CACHE_ENTRIES)(_words_of)


def digest(*parts: str) -> str:
    """A 16-digit name for some text (blake2b, 8 bytes); parts are kept apart."""
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
