"""Vocabulary: every word and phrase a book asks for, each under a number.

In: the terms of rules, then words of the news.  Out: a number per word and phrase, and which of
them a word of the news is, by folding, stem and prefix, in the item's language.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import partial

from streams.language.common import COMMON
from streams.language.stem import FOLDED_FIRST, stem
from streams.rules.ast import Form, Term, Word
from streams.rules.matching.marks import Ids, Layouts, Marks

MEMO_MOST_CHUNKS = 400_000
"""Distinct chunks remembered: about 100 MB; then it begins anew."""

BODY_ZONE = "body"
"""Of title, summary and text; other parts are zones of their own."""

CLASSES_LANG = FOLDED_FIRST
"""The language in which words of one stem share a number; see `Words`."""

COMMON_COST = 100
"""Of a word that everybody uses, and of a prefix, on top of the terms that ask for it."""

_FORM_SIGN = {Form.INFLECTED.value: "", Form.EXACT.value: "=", Form.PREFIX.value: "*"}


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

    def said_by(self, surface: str, folded: str, *, lang: str, joined: bool = False) -> Ids:
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


class Vocabulary:
    """All words and phrases of a book by number, whatever zone they are looked for in."""

    def __init__(self) -> None:
        self.zones = {BODY_ZONE: Words()}
        self.layouts = Layouts()
        self.phrases: dict[Ids, int] = {}
        """Phrases by the classes of their words."""
        self.phrase_words: dict[int, Ids] = {}
        self.classes: list[int] = []
        """The class of each word; of a phrase itself."""
        self._uses: list[int] = []
        self._common: set[int] = set()
        self._numbers: dict[str, int] = {}
        self._marks: dict[str, dict[str, Marks]] = defaultdict(dict)

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
            self.classes[number] = self.zones.setdefault(zone, Words()).add(word, number)
        return number

    def _variant(self, written: Ids) -> int:
        classes = tuple(map(self.classes.__getitem__, written))
        for number in classes:
            self._uses[number] += 1
        if len(classes) == 1:
            return classes[0]
        phrase = self.phrases.get(classes)
        if phrase is None:
            phrase = self.phrases[classes] = self._next()
            self.phrase_words[phrase] = classes
        self._uses[phrase] += 1
        return phrase

    def _next(self) -> int:
        self._uses.append(0)
        self.classes.append(len(self.classes))
        return len(self._uses) - 1

    def marks(self, zone: str, lang: str) -> Marks:
        """The marks of chunks in a zone, in a language."""
        marks = self._marks[zone].get(lang)
        if marks is None:
            words = self.zones[zone]
            words.prepare(lang)
            marks = Marks(self.layouts, partial(words.said_by, lang=lang))
            self._marks[zone][lang] = marks
        return marks

    @property
    def has_asides(self) -> bool:
        """True if some rule looks beyond the body."""
        return len(self.zones) > 1

    def tidy(self) -> None:
        """Forgets every chunk once there are too many; between two items only."""
        chunks = sum(len(marks) for zone in self._marks.values() for marks in zone.values())
        if chunks + len(self.layouts) > MEMO_MOST_CHUNKS:
            self._marks.clear()
            self.layouts = Layouts()

    def prepare(self, languages: Iterable[str]) -> None:
        """Makes the stems of these languages before the first item comes."""
        for words in self.zones.values():
            for lang in languages:
                words.prepare(lang)

    @property
    def languages(self) -> frozenset[str]:
        """The languages met so far."""
        return frozenset(list(self._marks[BODY_ZONE]))  # a copy: others ask, too

    def costs(self) -> list[float]:
        """The cost of each word and phrase, once all are known."""
        return [*map(self.cost, range(len(self._uses)))]

    def cost(self, number: int) -> float:
        """How common a word or phrase is thought to be."""
        return self._uses[number] + COMMON_COST * (number in self._common)
