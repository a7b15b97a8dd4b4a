"""Spelling: letters that look like others and are not; a term in, findings out; pure."""

import unicodedata
from collections.abc import Iterator

from streams.rules.ast import Term
from streams.rules.lint.finding import Code, Finding
from streams.text import tokenise

_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
"""Alphabets whose letters are drawn alike."""
_JOINERS = "\u200c\u200d"
"""Letters of Persian and of India need them."""

LATIN = "LATIN"
SCRIPTS = {
    "LATIN": "ca cs da de en es et eu fi fr ga hr hu id is it lt lv ms mt nl no pl pt ro sk sl sq "
    "sv sw tr vi",
    "CYRILLIC": "be bg mk ru uk",
    "GREEK": "el",
    "HEBREW": "he",
    "ARABIC": "ar fa ur ps",
    "DEVANAGARI": "hi mr ne",
    "BENGALI": "bn",
    "THAI": "th",
    "HANGUL": "ko",
}
"""Languages by the one alphabet of their own; of others nothing is said."""
_SCRIPT_OF = {lang: script for script, langs in SCRIPTS.items() for lang in langs.split()}


def look_alikes(rule: str, term: Term) -> Iterator[Finding]:
    """Findings about characters an analyst cannot see or tell apart."""
    if term.written.isascii():
        return
    says = _trouble(term.written)
    if says:
        message = f'"{_spelled(term.written)}": {says}: type it anew'
        yield Finding(code=Code.LOOK_ALIKE, message=message, rule=rule, clause=term.clause)


def _trouble(written: str) -> str:
    for char in written:
        if unicodedata.category(char) == "Cf" and char not in _JOINERS:
            return f"an invisible character (U+{ord(char):04X})"
        if "FULLWIDTH" in unicodedata.name(char, ""):
            return f'"{char}" is a full-width character (U+{ord(char):04X})'
    for token in tokenise(written):
        word = written[token.start : token.end]
        alphabets = [(_alphabet(char), char) for char in word]
        known = sorted({a for a, _ in alphabets if a in _ALIKE}, key=_ALIKE.index)
        if len(known) > 1:
            odd = min(known, key=lambda a: sum(a == each for each, _ in alphabets))
            char = next(char for each, char in alphabets if each == odd)
            return f'{" and ".join(a.title() for a in known)} in one word ("{char}", {odd.title()})'
    return ""


def _spelled(written: str) -> str:
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in written)


def _alphabet(char: str) -> str:
    return unicodedata.name(char, "").split(" ", 1)[0] if char.isalpha() else ""


def wrong_script(rule: str, term: Term, langs: frozenset[str]) -> Iterator[Finding]:
    """A finding if no text in these languages is written in the term's letters."""
    expected = {_SCRIPT_OF.get(lang, "") for lang in langs}
    if not expected or "" in expected or (term.written.isascii() and LATIN in expected):
        return
    found = {_alphabet(c) for c in term.written if c.isalpha()}
    known = {each for each in found if each in SCRIPTS}
    if found and found == known and not known & expected:
        letters, of = " and ".join(sorted(a.title() for a in known)), ", ".join(sorted(langs))
        says = f'"{term.written}" is {letters}, which lang: {of} cannot contain: change one of them'
        yield Finding(code=Code.WRONG_SCRIPT, message=says, rule=rule, clause=term.clause)
