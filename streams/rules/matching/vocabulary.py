"""Vocabulary: every word and phrase a book asks for, each under a number.

In: the words of rules, then chunks of news (what stands between white space).  Out: a number per
word and phrase, and for each chunk a mark that says which of them it holds.  A chunk is looked at
once per language and then remembered, so folding, stems and prefixes cost nothing from then on.
Invariant: reading a text chunk by chunk gives the words that `tokenise` finds in the whole.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.language.common import COMMON
from streams.language.stem import FOLDED_FIRST, stem
from streams.rules.ast import Form, Term, Word
from streams.text import compounds, tokenise

MEMO_MOST_CHUNKS = 400_000
"""Distinct chunks remembered: about 100 MB; then it begins anew."""

MEMO_MOST_CHARS = 40
"""Of a chunk that is remembered: longer ones are text without spaces, never seen again."""

MEMO_MOST_ASCII_CHARS = 160
"""Of a chunk of ASCII: addresses and markup come again and are slow to take apart."""

BODY_ZONE = "body"
"""Of title, summary and text; other parts are zones of their own."""

CLASSES_LANG = FOLDED_FIRST
"""The language in which words of one stem share a number; see `Words`."""

COMMON_COST = 100
"""Of a word that everybody uses, and of a prefix, on top of the terms that ask for it."""

EDGE = " "
"""Stands between two fields in a list of chunks; no chunk is a space."""

NOTHING = -1
"""The mark of a chunk that is one word of no interest."""

BETWEEN = -2
"""The mark of `EDGE`."""

SILENT = -3
"""The mark of a chunk that is no word (a dash); marks of layouts are below it."""

Ids = tuple[int, ...]

_FORM_SIGN = {Form.INFLECTED.value: "", Form.EXACT.value: "=", Form.PREFIX.value: "*"}


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


class Words:
    """The words that rules look for in one zone of an item, found by any of their forms.

    In English, words of one stem share a number, that of their class: a word of English news then
    has one number and not one for each form that some rule uses.  That is sound because there, and
    only there, stems are made of folded words, so words are one class or do not meet at all.
    """

    def __init__(self) -> None:
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._folded: dict[str, list[int]] = defaultdict(list)
        self._prefixes: dict[str, list[int]] = defaultdict(list)
        self._inflected: list[tuple[str, int]] = []
        self._classes: dict[str, int] = {}
        self._stems: dict[str, dict[str, list[int]]] = {}
        self._lengths: tuple[int, ...] = ()

    def add(self, word: Word, number: int) -> int:
        """From now on `number` stands for this word; answers the number of its class."""
        match word.form:
            case Form.EXACT:
                self._exact[word.written].append(number)
            case Form.PREFIX:
                self._prefixes[word.folded].append(number)
                self._lengths = tuple(sorted({len(word.folded), *self._lengths}))
            case Form.INFLECTED:
                self._folded[word.folded].append(number)
                self._inflected.append((word.written, number))
                return self._classes.setdefault(_class_key(word.folded), number)
        return number

    def prepare(self, lang: str) -> dict[str, list[int]]:
        """The stems of these words in a language without classes; made once."""
        stems = self._stems.get(lang)
        if stems is None:
            stems = self._stems[lang] = defaultdict(list)
            for written, number in self._inflected if lang != CLASSES_LANG else ():
                stemmed = stem(written, lang)
                if stemmed:
                    stems[stemmed].append(number)
        return stems

    def said_by(self, surface: str, folded: str, lang: str, *, joined: bool = False) -> Ids:
        """The numbers of all words that this word of the news is; a joined one is never exact."""
        found = dict.fromkeys(self._inflections(surface, folded, lang))
        if not joined:
            found.update(dict.fromkeys(self._exact.get(surface, ())))
        for length in self._lengths:
            if length > len(folded):
                break
            found.update(dict.fromkeys(self._prefixes.get(folded[:length], ())))
        return tuple(found)

    def _inflections(self, surface: str, folded: str, lang: str) -> Iterable[int]:
        if lang == CLASSES_LANG:
            number = self._classes.get(_class_key(folded))
            return () if number is None else (number,)
        stems = self.prepare(lang)
        same_stem = stems.get(stem(surface, lang), ()) if stems else ()
        return (*self._folded.get(folded, ()), *same_stem)


def _class_key(folded: str) -> str:
    """What words of one class share: their stem; a word too long for one is a class by itself."""
    return stem(folded, CLASSES_LANG) or f"={folded}"


class Marks(dict[str, int]):
    """Chunk to mark, for one zone in one language; what is not known yet is looked at.

    The mark is the word's id where a chunk is one word with one id, `NOTHING` where it is one word
    of no interest, else the number of a layout in `Vocabulary.layouts`.
    """

    def __init__(self, vocabulary: "Vocabulary", words: Words, lang: str) -> None:
        super().__init__({EDGE: BETWEEN})
        self._vocabulary = vocabulary
        self._words = words
        self._lang = lang

    def __missing__(self, chunk: str) -> int:
        mark = self._vocabulary.mark(self._layout(chunk))
        most = MEMO_MOST_ASCII_CHARS if chunk.isascii() else MEMO_MOST_CHARS
        if len(chunk) <= most:
            self[chunk] = mark
        return mark

    def _layout(self, chunk: str) -> Layout:
        tokens = tokenise(chunk)
        say, lang = self._words.said_by, self._lang
        words = tuple(say(chunk[t.start : t.end], t.word, lang) for t in tokens)
        joined = (
            (first, last, say(surface, folded, lang, joined=True))
            for first, last, surface, folded in compounds(chunk, tokens)
        )
        return Layout(words, tuple(each for each in joined if each[2]))


class Shapes(dict[int, tuple[Ids, ...]]):
    """Mark to the ids of each of its words."""

    def __missing__(self, mark: int) -> tuple[Ids, ...]:
        alone: dict[int, tuple[Ids, ...]] = {NOTHING: ((),), SILENT: ()}
        shape = self[mark] = alone.get(mark, ((mark,),))
        return shape


@dataclass(slots=True)
class Vocabulary:
    """All words and phrases of a book by number, whatever zone they are looked for in."""

    zones: dict[str, Words] = field(default_factory=lambda: defaultdict(Words))
    shapes: Shapes = field(default_factory=Shapes)
    """The words of each mark."""
    joined: dict[int, tuple[tuple[int, int, Ids], ...]] = field(default_factory=dict)
    """The joined words of those layouts that have any."""
    held: dict[int, Ids] = field(default_factory=dict)
    """The ids of each layout that has any."""
    heavy: set[int] = field(default_factory=set)
    """The same layouts' marks."""
    knots: set[int] = field(default_factory=set)
    """Those of several words."""
    carriers: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """For each id the marks of the layouts that hold it."""
    phrases: dict[Ids, int] = field(default_factory=dict)
    """Phrases by the classes of their words."""
    phrase_words: dict[int, Ids] = field(default_factory=dict)
    classes: list[int] = field(default_factory=list)
    """The class of each word; of a phrase itself."""
    uses: list[int] = field(default_factory=list)
    """How many terms use each class: what many ask for is thought to be common."""
    _common: set[int] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=dict)
    _marks: dict[tuple[str, str], Marks] = field(default_factory=dict)
    _body: dict[str, Marks] = field(default_factory=dict)
    _by_layout: dict[Layout, int] = field(default_factory=dict)

    def term(self, term: Term, zone: str) -> tuple[Ids, tuple[Ids, ...]]:
        """A term's variants, each a class or a phrase; and each as the numbers of its words."""
        written = tuple(tuple(self._word(w, zone) for w in phrase) for phrase in term.phrases)
        return tuple(map(self._variant, written)), written

    def _word(self, word: Word, zone: str) -> int:
        key = f"{zone} {_FORM_SIGN[word.form.value]}{word.compared}"
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self._next()
            if word.form is Form.PREFIX or word.folded in COMMON:
                self._common.add(number)
            self.classes[number] = self.zones[zone].add(word, number)
        return number

    def _variant(self, written: Ids) -> int:
        classes = tuple(map(self.classes.__getitem__, written))
        for number in classes:
            self.uses[number] += 1
        if len(classes) == 1:
            return classes[0]
        phrase = self.phrases.get(classes)
        if phrase is None:
            phrase = self.phrases[classes] = self._next()
            self.phrase_words[phrase] = classes
        self.uses[phrase] += 1
        return phrase

    def _next(self) -> int:
        self.uses.append(0)
        self.classes.append(len(self.classes))
        return len(self.uses) - 1

    def marks(self, zone: str, lang: str) -> Marks:
        """The marks of chunks in a zone, in a language."""
        key = (zone, lang)
        marks = self._marks.get(key)
        if marks is None:
            words = self.zones[zone]
            words.prepare(lang)
            marks = self._marks[key] = Marks(self, words, lang)
            if zone == BODY_ZONE:
                self._body[lang] = marks
        return marks

    def body(self, lang: str) -> "Marks":
        """The marks of chunks in the body."""
        marks = self._body.get(lang)
        return self.marks(BODY_ZONE, lang) if marks is None else marks

    @property
    def has_asides(self) -> bool:
        """True if some rule looks beyond the body."""
        return len(self.zones) > 1

    def mark(self, layout: Layout) -> int:
        """The mark of chunks that hold this."""
        if not layout.words:
            return SILENT
        if len(layout.words) == 1 and not layout.joined and len(layout.words[0]) < 2:
            return layout.words[0][0] if layout.words[0] else NOTHING
        mark = self._by_layout.get(layout)
        if mark is None:
            mark = self._by_layout[layout] = SILENT - 1 - len(self._by_layout)
            self.shapes[mark] = layout.words
            if layout.joined:
                self.joined[mark] = layout.joined
            ids = layout.ids()
            if ids:
                self.held[mark] = ids
                self.heavy.add(mark)
                if layout.joined or len(layout.words) > 1:
                    self.knots.add(mark)
            for number in ids:
                self.carriers[number].add(mark)
        return mark

    def tidy(self) -> None:
        """Forgets every chunk once there are too many; between two items only."""
        if sum(map(len, self._marks.values())) + len(self._by_layout) > MEMO_MOST_CHUNKS:
            for memo in (self._marks, self._body, self._by_layout, self.shapes, self.joined):
                memo.clear()
            for index in (self.held, self.heavy, self.knots, self.carriers):
                index.clear()

    def prepare(self, languages: Iterable[str]) -> None:
        """Makes the stems of these languages before the first item comes."""
        for words in self.zones.values():
            for lang in languages:
                words.prepare(lang)

    @property
    def languages(self) -> frozenset[str]:
        """The languages met so far."""
        return frozenset(lang for _, lang in list(self._marks))  # a copy: others ask, too

    def costs(self) -> list[float]:
        """The cost of each word and phrase, once all are known."""
        return [*map(self.cost, range(len(self.uses)))]

    def cost(self, number: int) -> float:
        """How common a word or phrase is thought to be."""
        return self.uses[number] + COMMON_COST * (number in self._common)
