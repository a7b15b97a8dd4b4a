"""Strips: the fields of an item in the row of all its words; positions in, places in the text out.

In: the fields, and where each begins in the row.  Out: the sentence, paragraph and characters of a
position, and the positions that a scope allows.  Invariant: a text is read as far as it is asked
about and no further.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from streams.language.sentences import paragraph_starts, sentence_starts
from streams.rules.ast import Scope, Where
from streams.rules.matching.reading import BODY_PARTS, LEAD_MOST_WORDS
from streams.text import Token, tokens


@dataclass(frozen=True)  # no slots: what is worked out is kept
class Strip:
    """One field: its words are `start` to `end` (not included) of the row.

    `before` is how many words of title, summary and text come before it.
    """

    name: str
    part: Where
    text: str
    start: int
    end: int
    before: int

    @cached_property
    def _read(self) -> list[Token]:
        return []

    @cached_property
    def _unread(self) -> Iterator[Token]:
        return tokens(self.text)

    def token(self, position: int) -> Token:
        """The word at a position of the row."""
        number = position - self.start
        while len(self._read) <= number:
            self._read.append(next(self._unread))
        return self._read[number]

    @cached_property
    def _sentences(self) -> tuple[int, ...]:
        return sentence_starts(self.text)

    @cached_property
    def _paragraphs(self) -> tuple[int, ...]:
        return paragraph_starts(self.text)

    def sentence(self, position: int) -> int:
        """The number of the sentence that a word is in."""
        return bisect_right(self._sentences, self.token(position).start)

    def paragraph(self, position: int) -> int:
        """The number of the paragraph that a word is in."""
        return bisect_right(self._paragraphs, self.token(position).start)

    def allowed(self, scope: Scope) -> int:
        """The position before which, from the strip's start on, words are in the scope."""
        match scope.where:
            case Where.FIRST:
                most = scope.words - self.before if self.part in BODY_PARTS else 0
            case Where.LEAD:
                most = self._lead()
            case where:
                most = self.end - self.start if where is self.part else 0
        return min(self.end, self.start + max(most, 0))

    def _lead(self) -> int:
        if self.part is Where.SUMMARY:
            return LEAD_MOST_WORDS
        if self.part is not Where.TEXT or self.end == self.start:
            return 0
        first = self.paragraph(self.start)
        most = min(self.end, self.start + LEAD_MOST_WORDS)
        return sum(self.paragraph(n) == first for n in range(self.start, most))
