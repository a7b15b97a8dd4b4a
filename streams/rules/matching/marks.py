"""Marks: what a chunk of news (what stands between white space) holds of a book's words.

In: chunks, and who says which words a word of the news is.  Out: one number per chunk, its mark.
Chunks are looked at once and remembered.  Invariant: reading a text chunk by chunk gives the words
that `tokenise` finds in the whole.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from streams.text import compounds, tokenise

MEMO_MOST_CHARS = 40
"""Of a chunk that is remembered: longer ones are text without spaces, never seen again."""

MEMO_MOST_ASCII_CHARS = 160
"""Of a chunk of ASCII: addresses and markup come again and are slow to take apart."""

EDGE = " "
"""Stands between two fields in a list of chunks; no chunk is a space."""

NOTHING = -1
"""The mark of a chunk that is one word of no interest."""

BETWEEN = -2
"""The mark of `EDGE`."""

SILENT = -3
"""The mark of a chunk that is no word (a dash); marks of layouts are below it."""

Ids = tuple[int, ...]

Says = Callable[..., Ids]
"""A word as written and folded, perhaps joined by hyphens; the book's words that it is."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a chunk holds: the ids of each of its words, and those of words joined by hyphens.

    A joined one is the positions of its first and last word in the chunk, and its ids.
    """

    words: tuple[Ids, ...]
    joined: tuple[tuple[int, int, Ids], ...] = ()

    def ids(self) -> Ids:
        """All ids in it, each once."""
        joined = (ids for _, _, ids in self.joined)
        return tuple({n for ids in (*self.words, *joined) for n in ids})


class Shapes(dict[int, tuple[Ids, ...]]):
    """Mark to the ids of each of its words."""

    def __missing__(self, mark: int) -> tuple[Ids, ...]:
        alone: dict[int, tuple[Ids, ...]] = {NOTHING: ((),), SILENT: ()}
        shape = self[mark] = alone.get(mark, ((mark,),))
        return shape


MARK_BYTES = 4
"""Of one mark in a packed row."""


def packed(mark: int) -> bytes:
    """A mark as bytes: in a row of them phrases are found as fast as memory is read."""
    return mark.to_bytes(MARK_BYTES, "little", signed=True)


class Plain(dict[int, bytes]):
    """Mark to the first id of its only word, else to itself, packed; nothing for `SILENT`."""

    def __init__(self) -> None:
        super().__init__({SILENT: b""})

    def __missing__(self, mark: int) -> bytes:
        plain = self[mark] = packed(mark)
        return plain


class Layouts:
    """The marks of chunks that are not just one word with one id at most, and what each holds."""

    def __init__(self) -> None:
        self._marks: dict[Layout, int] = {}
        self.shapes = Shapes()
        """The ids of each word of a mark."""
        self.joined: dict[int, tuple[tuple[int, int, Ids], ...]] = {}
        """The joined words of those layouts that have any."""
        self.held: dict[int, Ids] = {}
        """All ids of those layouts that have any."""
        self.plain = Plain()
        """The one id by which a phrase is looked up, of each mark."""
        self.carriers: dict[int, set[int]] = defaultdict(set)
        """For each id the layouts that hold it beside their plain one."""

    def __len__(self) -> int:
        return len(self._marks)

    def mark(self, layout: Layout) -> int:
        """The mark of chunks that hold this."""
        if not layout.words:
            return SILENT
        if len(layout.words) == 1 and not layout.joined and len(layout.words[0]) < 2:
            return layout.words[0][0] if layout.words[0] else NOTHING
        mark = self._marks.get(layout)
        return self._add(layout) if mark is None else mark

    def _add(self, layout: Layout) -> int:
        mark = self._marks[layout] = SILENT - 1 - len(self._marks)
        self.shapes[mark] = layout.words
        if layout.joined:
            self.joined[mark] = layout.joined
        ids = layout.ids()
        if ids:
            self.held[mark] = ids
        if len(layout.words) == 1 and layout.words[0]:
            self.plain[mark] = packed(layout.words[0][0])
        for number in ids:
            if packed(number) != self.plain[mark]:
                self.carriers[number].add(mark)
        return mark


class Marks(dict[str, int]):
    """Chunk to mark, for one zone in one language; what is not known yet is looked at.

    The mark is the word's id where a chunk is one word with one id, `NOTHING` where it is one word
    of no interest, else that of a layout.
    """

    def __init__(self, layouts: Layouts, says: Says) -> None:
        super().__init__({EDGE: BETWEEN})
        self._layouts = layouts
        self._says = says

    def __missing__(self, chunk: str) -> int:
        mark = self._layouts.mark(self._layout(chunk))
        most = MEMO_MOST_ASCII_CHARS if chunk.isascii() else MEMO_MOST_CHARS
        if len(chunk) <= most:
            self[chunk] = mark
        return mark

    def _layout(self, chunk: str) -> Layout:
        tokens = tokenise(chunk)
        words = tuple(self._says(chunk[t.start : t.end], t.word) for t in tokens)
        joined = (
            (first, last, self._says(surface, folded, joined=True))
            for first, last, surface, folded in compounds(chunk, tokens)
        )
        return Layout(words, tuple(each for each in joined if each[2]))
