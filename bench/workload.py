"""Workload of part `matcher`: news items of a given length, and rules such as analysts write.

Out: items of `words` words (a headline, and successive summaries of the corpus joined and cut), and
rules over the words of that news: 35 % entity and topic, 20 % entity and one of 3 to 8 topics, 15 %
one of some entities and one of some topics but none of others, 10 % entity near topic, 8 % an
entity, 6 % entity and prefix, 6 % three topics.  Words are drawn by rank, the common ones more
often; above 5,000 rules half of the entities are names that no item has, as in a real book.
Invariant: the same corpus, count and seed give the same items and rules.
"""

import itertools
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import texts

from streams.item import Item
from streams.rules.ast import And, Near, Node, Or, Reach, Term, Unit
from streams.rules.book import Rule
from streams.rules.terms import make_term

SEED = 7
SKEW = 1.6
"""Rank = u ** SKEW of the list: above 1 draws the common words more often."""

UNSEEN_ABOVE_RULES = 5_000
UNSEEN_SHARE = 0.5
"""Of the entities of a large book: companies and people the news does not name today."""

PREFIX_CHARS = 5
WITHIN_WORDS = (3, 5, 10)
FEWEST_ITEMS = 5
"""A topic is in so many items, or it is no topic."""

FILLERS = frozenset(
    {"about", "after", "also", "because", "been", "before", "could", "from", "have", "into"}
    | {"more", "only", "other", "over", "said", "some", "than", "that", "their", "there", "they"}
    | {"this", "were", "what", "when", "where", "which", "while", "will", "with", "would"}
)
_ENTITY = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,}){0,2}")
_CONSONANTS, _VOWELS = "bcdfghjklmnprstvz", "aeiou"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What rules ask for, small letters, commonest first; entities have one to three words."""

    topics: tuple[str, ...]
    entities: tuple[str, ...]


def news() -> list[tuple[str, str]]:
    """Headlines and summaries: the corpus, or text made up like it where there is none."""
    return texts.corpus() or list(itertools.islice(made_up_news(), 7_600))


def items(told: Sequence[tuple[str, str]], count: int, words: int) -> list[Item]:
    """`count` English items of `words` words each, headline included."""
    source = itertools.cycle(told)
    return [_item(source, number, words) for number in range(count)]


def _item(source: Iterator[tuple[str, str]], number: int, words: int) -> Item:
    title, summary = next(source)
    wanted = words - len(title.split())
    text = summary.split()
    while len(text) < wanted:
        text += next(source)[1].split()
    return Item(
        id=str(number),
        lang="en",
        title=" ".join(title.split()),
        text=" ".join(text[:wanted]),
    )


def vocabulary(found: Iterable[Item]) -> Vocabulary:
    """The topics and entities of these items."""
    topics: Counter[str] = Counter()
    entities: Counter[str] = Counter()
    for item in found:
        both = f"{item.title} {item.text}"
        topics.update({w for w in re.findall(r"\w+", both.lower()) if _is_topic(w)})
        entities.update(name.lower() for name in _ENTITY.findall(item.text))
    return Vocabulary(_ranked(topics, FEWEST_ITEMS), _ranked(entities, 2))


def _is_topic(word: str) -> bool:
    return len(word) > 3 and word.isascii() and word.isalpha() and word not in FILLERS


def _ranked(counted: Counter[str], fewest: int) -> tuple[str, ...]:
    kept = (word for word, count in counted.items() if count >= fewest)
    return tuple(sorted(kept, key=lambda word: (-counted[word], word)))


def rules(count: int, words: Vocabulary, seed: int = SEED) -> tuple[Rule, ...]:
    """`count` rules, the AST as YAML would give it."""
    unseen = UNSEEN_SHARE if count > UNSEEN_ABOVE_RULES else 0.0
    analyst = _Analyst(words, unseen, random.Random(seed))
    return tuple(analyst.rule(number) for number in range(count))


class _Analyst:
    """Writes one rule after the other."""

    def __init__(self, words: Vocabulary, unseen: float, chance: random.Random) -> None:
        self._words = words
        self._unseen = unseen
        self._chance = chance
        self._kinds: dict[Callable[[], tuple[Node, ...]], int] = {
            self._entity_and_topic: 35,
            self._entity_and_topics: 20,
            self._some_of_each_but: 15,
            self._close_by: 10,
            self._one_entity: 8,
            self._entity_and_prefix: 6,
            self._three_topics: 6,
        }

    def rule(self, number: int) -> Rule:
        kinds = list(self._kinds)
        kind = self._chance.choices(kinds, [self._kinds[each] for each in kinds])[0]
        wanted, *none = kind()
        return Rule(id=f"rule-{number}", wanted=wanted, none=tuple(none), channels=("#bench",))

    def _entity_and_topic(self) -> tuple[Node, ...]:
        return (And((self._entity("all[0]"), self._topic("all[1]"))),)

    def _entity_and_topics(self) -> tuple[Node, ...]:
        topics = self._some(self._topic, "all[1].any", 3, 8)
        return (And((self._entity("all[0]"), topics)),)

    def _some_of_each_but(self) -> tuple[Node, ...]:
        entities = self._some(self._entity, "all[0].any", 2, 6)
        topics = self._some(self._topic, "all[1].any", 2, 6)
        return And((entities, topics)), self._some(self._topic, "none", 1, 3)

    def _close_by(self) -> tuple[Node, ...]:
        reach = Reach(Unit.WORDS, self._chance.choice(WITHIN_WORDS))
        return (Near(self._topic("near.of[0]"), self._entity("near.of[1]"), reach),)

    def _one_entity(self) -> tuple[Node, ...]:
        return (self._entity("all[0]"),)

    def _entity_and_prefix(self) -> tuple[Node, ...]:
        prefix = f"{self._by_rank(self._words.topics)[:PREFIX_CHARS]}*"
        return (And((self._entity("all[0]"), make_term(prefix, "all[1]"))),)

    def _three_topics(self) -> tuple[Node, ...]:
        return (And(tuple(self._topic(f"all[{n}]") for n in range(3))),)

    def _entity(self, clause: str) -> Term:
        if self._chance.random() < self._unseen:
            return make_term(self._unseen_name(), clause)
        return make_term(self._by_rank(self._words.entities), clause)

    def _topic(self, clause: str) -> Term:
        return make_term(self._by_rank(self._words.topics), clause)

    def _some(self, one: Callable[[str], Term], clause: str, fewest: int, most: int) -> Node:
        count = self._chance.randint(fewest, most)
        drawn = dict.fromkeys(one(f"{clause}[{n}]") for n in range(count))
        return Or(tuple(drawn)) if len(drawn) > 1 else next(iter(drawn))

    def _by_rank(self, ranked: Sequence[str]) -> str:
        return ranked[int(len(ranked) * self._chance.random() ** SKEW)]

    def _unseen_name(self) -> str:
        words = 2 if self._chance.random() < 0.6 else 1
        return " ".join(_pronounceable(self._chance, 2, 4) for _ in range(words))


def _pronounceable(chance: random.Random, fewest: int, most: int) -> str:
    syllables = range(chance.randint(fewest, most))
    return "".join(chance.choice(_CONSONANTS) + chance.choice(_VOWELS) for _ in syllables)


def made_up_news(seed: int = SEED) -> Iterator[tuple[str, str]]:
    """Headlines of about 8 and summaries of about 30 words, words as frequent as in real news."""
    chance = random.Random(seed)
    words = list(dict.fromkeys(_pronounceable(chance, 1, 4) for _ in range(12_000)))
    names = [_pronounceable(chance, 2, 3).title() for _ in range(2_000)]
    common = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(words))))
    known = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(names))))
    while True:
        yield (
            " ".join(chance.choices(words, cum_weights=common, k=8)).capitalize(),
            " ".join(_made_up_sentence(chance, words, common, names, known) for _ in range(2)),
        )


def _made_up_sentence(
    chance: random.Random,
    words: list[str],
    common: list[float],
    names: list[str],
    known: list[float],
) -> str:
    spoken = chance.choices(words, cum_weights=common, k=chance.randint(8, 16))
    for _ in range(2):
        name = " ".join(chance.choices(names, cum_weights=known, k=chance.randint(1, 2)))
        spoken.insert(chance.randint(1, len(spoken)), name)
    return " ".join([spoken[0].capitalize(), *spoken[1:]]) + "."
