"""Suggestion: a word mistyped, or another service's, in; the one that was meant out; pure."""

from collections.abc import Sequence
from difflib import get_close_matches

MAX_COMPARED = 100
"""Known words compared with one that is not: thousands of each would take minutes."""

ELSEWHERE = {
    "and": "all",
    "or": "any",
    "keywords": "any",
    "words": "any",
    "not": "none",
    "exclude": "none",
    "without": "none",
    "case_sensitive": "exact",
    "channel": "to",
    "channels": "to",
    "description": "about",
    "language": "lang",
    "languages": "lang",
    "sources": "outlets",
    "source": "outlet",
    "site": "outlet",
    "headline": "title",
    "hd": "title",
    "hlead": "lead",
    "body": "text",
    "title": "text",
    "list": "lists",
}
"""What other services and other parts of a desk call it."""


def suggestion(word: str, known: Sequence[str]) -> str:
    """`: did you mean "all"?`, or nothing when no known word is near or means the same."""
    meant = ELSEWHERE.get(word.lower())
    same = [meant] if meant in known and word not in known else []
    near = same or get_close_matches(word, _likely(word, known), n=1, cutoff=0.6)
    return f': did you mean "{near[0]}"?' if near else ""


def _likely(word: str, known: Sequence[str]) -> Sequence[str]:
    """All that is known or, of very much, what begins alike."""
    if len(known) <= MAX_COMPARED:
        return known
    return [each for each in known if each[:3] == word[:3]][:MAX_COMPARED]
