"""The oracle: what a rule means, said slowly and obviously.

In: a rule and an item.  Out: True, False, or None for "stopped by none".  No index, no compiling;
the matcher must never differ from it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from streams.item import Item
from streams.language.stem import stem
from streams.rules.ast import (
    BODY,
    And,
    AtLeast,
    Form,
    Near,
    Node,
    Not,
    NotNear,
    Or,
    Pattern,
    Phrase,
    Reach,
    Scope,
    Scoped,
    Term,
    Unit,
    Weighted,
    Word,
)
from streams.rules.book import Admits, Rule
from streams.rules.matching.patterns import found_in
from streams.rules.matching.reading import (
    MAX_PLACES,
    Compound,
    Passage,
    Reading,
    Spoken,
    inside,
    read,
)
from streams.text import words

WEIGHT_DECIMALS = 6
"""Weights are decimal numbers: 0.7 + 0.1 + 0.1 reaches 0.9."""


@dataclass(frozen=True, slots=True)
class Place:
    """An occurrence: its passage, and the positions of its first and last word.

    `words` are those asked for: two near one another have others between them.
    """

    passage: int
    first: int
    last: int
    words: frozenset[int]


Scopes = tuple[Scope, ...]


def judge(rule: Rule, item: Item) -> bool | None:
    """True: hits.  None: would hit, but its `none` stops it.  False: does not concern it."""
    return judge_read(rule, item, read(item))


def judge_read(rule: Rule, item: Item, reading: Reading) -> bool | None:
    """As `judge`, for many rules of one item."""
    if not admitted(rule.admits, item, reading.lang) or not holds(rule.wanted, reading):
        return False
    return None if any(holds(node, reading) for node in rule.none) else True


def admitted(admits: Admits, item: Item, lang: str) -> bool:
    """True if a rule looks at such an item at all."""
    names = {" ".join(words(item.outlet)), " ".join(words(item.feed))}
    return (
        (not admits.langs or lang in admits.langs)
        and (not admits.outlets or bool(names & admits.outlets))
        and not names & admits.not_outlets
        and (not admits.tiers or item.tier in admits.tiers)
    )


def holds(node: Node, reading: Reading, scopes: Scopes = BODY) -> bool:
    """True if what `node` asks for is so within the scopes."""
    match node:
        case And(of):
            return all(holds(each, reading, scopes) for each in of)
        case Or(of):
            return any(holds(each, reading, scopes) for each in of)
        case Not(of):
            return not holds(of, reading, scopes)
        case Scoped(inner, of):
            return holds(of, reading, inner)
        case Weighted(threshold, of):
            total = sum(w for each, w in of if holds(each, reading, scopes))
            return round(total - threshold, WEIGHT_DECIMALS) >= 0
        case AtLeast(count, of, distinct):
            said = sum(holds(each, reading, scopes) for each in of)
            found = {place for each in of for place in places(each, reading, scopes)}
            return (said if distinct else mentions(found)) >= count
        case Pattern():
            return any(found_in(node, reading, scopes))
        case Term() | Near() | NotNear():
            return bool(places(node, reading, scopes))


def places(node: Node, reading: Reading, scopes: Scopes = BODY) -> set[Place]:
    """Where `node` occurs; of two things near one another, from the first to the last word.

    Of a term, and of two things near one another, the first `MAX_PLACES` count.
    """
    match node:
        case Term(phrases):
            found = (place for phrase in phrases for place in _phrase(phrase, reading))
            return _first(place for place in found if _within(place, reading, scopes))
        case Or(of):
            return {place for each in of for place in places(each, reading, scopes)}
        case Near(first, second, reach):
            return _first(_pairs(first, second, reach, reading, scopes))
        case NotNear(first, second, reach):
            others = places(second, reading, scopes)
            return {
                place
                for place in places(first, reading, scopes)
                if not any(_overlap(place, o) or _near(place, o, reach, reading) for o in others)
            }
        case _:
            raise TypeError(f"{type(node).__name__} has no places")


def _first(found: Iterable[Place]) -> set[Place]:
    ordered = sorted(set(found), key=lambda p: (p.passage, p.first, p.last, _gaps(p)))
    return set(ordered[:MAX_PLACES])


def _gaps(place: Place) -> list[int]:
    """The words asked for, where others stand between them."""
    return [] if len(place.words) > place.last - place.first else sorted(place.words)


def mentions(found: set[Place]) -> int:
    """How many of these places stand clear of one another: `Adani Group` is one mention of both."""
    count, free_from = 0, (0, 0)
    for place in sorted(found, key=lambda p: (p.passage, p.last, p.first)):
        if (place.passage, place.first) >= free_from:
            count, free_from = count + 1, (place.passage, place.last + 1)
    return count


def _within(place: Place, reading: Reading, scopes: Scopes) -> bool:
    passage = reading.passages[place.passage]
    return any(inside(scope, passage, place.last) for scope in scopes)


def _phrase(phrase: Phrase, reading: Reading) -> Iterator[Place]:
    """Words that follow one another; a compound may stand for one of them."""
    for number, passage in enumerate(reading.passages):
        for first in range(len(passage.words)):
            for last in _ends(phrase, passage, first, reading.lang):
                yield Place(number, first, last, frozenset(range(first, last + 1)))


def _ends(phrase: Phrase, passage: Passage, first: int, lang: str) -> Iterator[int]:
    """Positions of the last word of the phrase, if it begins at `first`."""
    for last in _word_ends(phrase[0], passage, first, lang):
        if len(phrase) == 1:
            yield last
        else:
            yield from _ends(phrase[1:], passage, last + 1, lang)


def _word_ends(word: Word, passage: Passage, first: int, lang: str) -> Iterator[int]:
    if first < len(passage.words) and says(word, passage.words[first], lang):
        yield first
    for compound in passage.compounds if word.form is not Form.EXACT else ():
        if compound.first == first and says(word, compound, lang):
            yield compound.last


def says(word: Word, spoken: Spoken | Compound, lang: str) -> bool:
    """True if a word of the news is the word of a rule."""
    match word.form:
        case Form.EXACT:
            return spoken.surface == word.written
        case Form.PREFIX:
            return spoken.folded.startswith(word.folded)
        case Form.INFLECTED:
            stemmed = stem(word.written, lang)
            same_stem = bool(stemmed) and stemmed == stem(spoken.surface, lang)
            return spoken.folded == word.folded or same_stem


def _pairs(
    first: Node, second: Node, reach: Reach, reading: Reading, scopes: Scopes
) -> Iterator[Place]:
    """Each occurrence with the nearest ones near it of the other side; see `_nearest`."""
    ones, others = places(first, reading, scopes), places(second, reading, scopes)
    for one in ones:
        for other in _nearest(one, [o for o in others if _near(one, o, reach, reading)]):
            yield _hull(one, other)
    for other in others:
        for one in _nearest(other, [o for o in ones if _near(o, other, reach, reading)]):
            yield _hull(one, other)


def _nearest(place: Place, near: Sequence[Place]) -> Iterator[Place]:
    """The next after it, the last before it, and the first amid its words, if there are such."""
    after = [o for o in near if o.first > place.last]
    before = [o for o in near if o.last < place.first]
    amid = [o for o in near if o not in after and o not in before]
    if after:
        yield min(after, key=lambda o: (o.first, o.last, sorted(o.words)))
    if before:
        yield max(before, key=lambda o: (o.last, o.first, sorted(o.words)))
    if amid:
        yield min(amid, key=lambda o: (o.first, o.last, sorted(o.words)))


def _near(one: Place, other: Place, reach: Reach, reading: Reading) -> bool:
    """True if they share no word and the second is within reach of the first, or amid its words."""
    if one.passage != other.passage or one.words & other.words:
        return False
    if reach.ordered and other.first <= one.last:
        return False
    hull = _hull(one, other)
    words = reading.passages[one.passage].words
    match reach.unit:
        case Unit.WORDS:
            return max(one.first, other.first) - min(one.last, other.last) <= reach.words
        case Unit.SENTENCE:
            return words[hull.first].sentence == words[hull.last].sentence
        case Unit.PARAGRAPH:
            return words[hull.first].paragraph == words[hull.last].paragraph


def _overlap(one: Place, other: Place) -> bool:
    return one.passage == other.passage and one.first <= other.last and other.first <= one.last


def _hull(one: Place, other: Place) -> Place:
    first, last = min(one.first, other.first), max(one.last, other.last)
    return Place(one.passage, first, last, one.words | other.words)
