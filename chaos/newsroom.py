"""What the outlets show during a run, and what a desk must hear of it: a seed in, a plan out; pure.

Invariants: the same seed gives the same plan; no two stories share a story key, so each of them is
due exactly one message; what is due is said by the slow oracle, not by the matcher under test.
"""

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from stubs.outlet import Entry

from streams.item import Item
from streams.rules.book import Book
from streams.rules.matching.oracle import judge
from streams.story import signature

MARKER = re.compile(r"q\d{5}[a-z]{8}")
"""The first word of a headline, in no other story's."""

FEEDS = ("agency", "herald", "observer", "courier", "tribune", "gazette")

MEAN_GAP_S = 0.7
"""Between two entries, over all outlets; the gaps are random, so that items come at any moment."""

CHANNELS = ("#south-asia", "#weather")
RULES = """\
pakistan-sanctions: {all: [sanctions, Pakistan], none: [cricket], to: "#south-asia"}
monsoon-floods: {all: [monsoon], any: [flood, floods], to: "#weather"}
"""

_SYLLABLES = re.findall("..", "badefigohukaleminopurasetivozu")
_ASIA, _WEATHER = "{} sanctions against Pakistan {}", "monsoon {} after {} floods"
_CRICKET, _NOISE = "cricket {} lifts sanctions on Pakistan {}", "{} market and {} elections"


class Sort(StrEnum):
    """What an entry is there for."""

    ASIA = "asia"
    WEATHER = "weather"
    CRICKET = "cricket"
    NOISE = "noise"
    COPY = "copy"


_WEIGHTS = {Sort.ASIA: 4, Sort.WEATHER: 2, Sort.CRICKET: 1, Sort.NOISE: 2, Sort.COPY: 2}
_HEADLINES = {
    Sort.ASIA: _ASIA,
    Sort.WEATHER: _WEATHER,
    Sort.CRICKET: _CRICKET,
    Sort.NOISE: _NOISE,
}


@dataclass(frozen=True, slots=True)
class Showing:
    """One entry: when and where it is shown, and the word that is in no other story."""

    at_s: float
    feed: str
    marker: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Due:
    """One message that must come: a story's marker, and the channel."""

    marker: str
    channel: str


def plan(seed: int, for_s: float) -> list[Showing]:
    """Everything the outlets show, in the order of time."""
    chance = random.Random(f"newsroom {seed}")
    showings: list[Showing] = []
    at_s = 0.0
    while (at_s := at_s + chance.expovariate(1 / MEAN_GAP_S)) < for_s:
        showings.append(_showing(chance, at_s, showings))
    _refuse_shared_keys(showings)
    return showings


def _showing(chance: random.Random, at_s: float, before: Sequence[Showing]) -> Showing:
    number, feed = len(before), chance.choice(FEEDS)
    sort = chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    link = f"https://{feed}.example/{number}"
    if sort is Sort.COPY:
        if not before:
            sort = Sort.NOISE
        else:
            original = chance.choice(before)
            copied = replace(original.entry, guid=f"{feed}-{number}", link=link)
            return Showing(at_s, feed, original.marker, copied)
    marker = f"q{number:05d}{_word(chance)}"
    title = f"{marker} {_HEADLINES[sort].format(_word(chance), _word(chance))}"
    summary = " ".join(_word(chance) for _ in range(18))
    return Showing(at_s, feed, marker, Entry(title, f"{feed}-{number}", link, summary))


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=4))


def due(showings: Iterable[Showing], book: Book) -> set[Due]:
    """The messages that must come, one per story and channel."""
    return {
        Due(showing.marker, channel)
        for showing in showings
        for rule in book.rules
        if judge(rule, _item(showing))
        for channel in rule.channels
    }


def _refuse_shared_keys(showings: Iterable[Showing]) -> None:
    owners: dict[object, str] = {}
    for showing in showings:
        for key in signature(_item(showing)).keys:
            if owners.setdefault(key, showing.marker) != showing.marker:
                raise ValueError(f"{showing.marker} and {owners[key]} would count as one story")


def _item(showing: Showing) -> Item:
    entry = showing.entry
    return Item(
        id=f"{showing.feed}/{entry.guid}",
        feed=showing.feed,
        canonical_url=entry.link,
        guid=entry.guid,
        title=entry.title,
        summary=entry.summary,
    )
