"""Sentences and paragraphs: where they begin in a text; pure."""

import re

_BREAK = re.compile(r"[.!?…。！？؟।]+[\"'”’)\]]*(?:\s+|(?<=[。！？]))")
_PARAGRAPH = re.compile(r"\s*\n\s*")


def sentence_starts(text: str) -> tuple[int, ...]:
    """Code points at which a sentence begins, 0 first; a paragraph's beginning is one."""
    return tuple(sorted({0, *(m.end() for m in _BREAK.finditer(text)), *paragraph_starts(text)}))


def paragraph_starts(text: str) -> tuple[int, ...]:
    """Code points at which a paragraph begins, 0 first."""
    return (0, *(m.end() for m in _PARAGRAPH.finditer(text)))
