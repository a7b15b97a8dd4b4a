"""Reading: an item taken apart into passages of words; what the slow half of matching works on.

In: an item.  Out: a `Reading`.  Invariants: passages come in the order of `PARTS`, tags one by one;
a word's span is where it stands in the field as given; phrases and nearness never cross passages.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from streams.item import Item
from streams.language.sentences import paragraph_starts, sentence_starts
from streams.language.which import language
from streams.rules.ast import Scope, Where
from streams.text import compounds, tokenise

BODY_PARTS = frozenset({Where.TITLE, Where.SUMMARY, Where.TEXT})

PARTLY = frozenset({Where.LEAD, Where.FIRST})
"""Scopes of which the beginning of a field is part."""

MAX_PLACES = 200
"""Of one term in an item, in nearness and counts: no news says a word so often, attacks do."""

LEAD_MOST_WORDS = 60
"""Of the summary, and of the text's first paragraph: what a newspaper calls the lead."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One word: as written and folded, its span in code points, its sentence and paragraph."""

    surface: str
    folded: str
    start: int
    end: int
    sentence: int
    paragraph: int


@dataclass(frozen=True, slots=True)
class Compound:
    """Words joined by hyphens, read as one word as well (`cease-fire` is also ceasefire).

    `first` and `last` are positions of its words; `surface` is written without hyphens.
    """

    first: int
    last: int
    surface: str
    folded: str


@dataclass(frozen=True, slots=True)
class Passage:
    """One field, or one tag: its name as evidence says it (`title`, `tags[2]`), text and words.

    `before` is how many words of title, summary and text come before it.
    """

    field: str
    part: Where
    text: str
    words: tuple[Spoken, ...]
    compounds: tuple[Compound, ...]
    before: int


@dataclass(frozen=True, slots=True)
class Reading:
    """An item's passages, and the language they are in (two letters, or empty)."""

    lang: str
    passages: tuple[Passage, ...]


def item_language(item: Item) -> str:
    """The language of an item, declared or guessed."""
    return language(item.lang, item.title, item.summary, item.text)


def fields(item: Item) -> Iterator[tuple[str, Where, str]]:
    """Each field, and each tag: its name as evidence says it (`tags[2]`), its part, its text."""
    yield "title", Where.TITLE, item.title
    yield "summary", Where.SUMMARY, item.summary
    yield "text", Where.TEXT, item.text
    yield "credit", Where.CREDIT, item.credit
    yield "url", Where.URL, item.url
    for number, tag in enumerate(item.tags):
        yield f"tags[{number}]", Where.TAGS, tag


def read(item: Item) -> Reading:
    """The item's passages."""
    passages: list[Passage] = []
    before = 0
    for name, part, text in fields(item):
        passages.append(passage(name, part, text, before))
        before += len(passages[-1].words)
    return Reading(item_language(item), tuple(passages))


def passage(name: str, part: Where, text: str, before: int = 0) -> Passage:
    """One field taken apart; `before` is how many words come before it in the body."""
    sentences, paragraphs = sentence_starts(text), paragraph_starts(text)
    tokens = tokenise(text)
    words = tuple(
        Spoken(
            text[token.start : token.end],
            token.word,
            token.start,
            token.end,
            bisect_right(sentences, token.start) - 1,
            bisect_right(paragraphs, token.start) - 1,
        )
        for token in tokens
    )
    joined = tuple(Compound(*each) for each in compounds(text, tokens))
    return Passage(name, part, text, words, joined, before)


def inside(scope: Scope, passage: Passage, last: int) -> bool:
    """True if the passage's words up to position `last` lie in this part of the item."""
    match scope.where:
        case Where.LEAD:
            return _in_lead(passage, last)
        case Where.FIRST:
            body = passage.part in BODY_PARTS
            return body and passage.before + last < scope.words
        case where:
            return passage.part is where


def _in_lead(passage: Passage, last: int) -> bool:
    if last >= LEAD_MOST_WORDS:
        return False
    if passage.part is Where.TEXT:
        return passage.words[last].paragraph == passage.words[0].paragraph
    return passage.part is Where.SUMMARY
