"""Suggestion: a word that was mistyped in, the one that was meant out; pure."""

from collections.abc import Sequence
from difflib import get_close_matches


def suggestion(word: str, known: Sequence[str]) -> str:
    """`: did you mean "all"?`, or nothing when no known word is near."""
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f': did you mean "{near[0]}"?' if near else ""
