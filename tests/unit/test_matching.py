"""The matcher says what the oracle means, on rules and items by chance; `make differ` does more."""

import sys
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stubs.random_rules import features, items, rules

from streams.item import Item
from streams.match import Evidence
from streams.rules.ast import Near, Not, Term, walk
from streams.rules.book import Book, Rule
from streams.rules.matching import oracle
from streams.rules.matching.matcher import Matcher
from streams.rules.matching.oracle import judge_read, places
from streams.rules.matching.reading import Reading, read

RULES, ITEMS = 200, 30
MUTATIONS = {
    "reach one longer": ("<= reach.words", "<= reach.words + 1"),
    "reach one shorter": ("<= reach.words", "< reach.words"),
    "order ignored": ("if reach.ordered", "if False"),
    "scope ignored": (
        "return any(inside(scope, passage, place.last)",
        "return True or any(inside(scope, passage, place.last)",
    ),
    "inner scope ignored": (
        "return holds(of, reading, inner)",
        "return holds(of, reading, scopes)",
    ),
    "compounds ignored": ("passage.compounds if", "() if"),
    "compounds for exact words": ("word.form is not Form.EXACT", "True"),
    "distinct ignored": ("said if distinct else", "said if False else"),
    "one mention fewer": ("mentions(found)) >= count", "mentions(found)) >= count - 1"),
    "words amid others are far": ("or one.words & other.words", "or _overlap(one, other)"),
    "a word may count twice": ("or one.words & other.words", ""),
    "sentence for paragraph": ("words[hull.first].paragraph", "words[hull.first].sentence"),
    "case ignored": ("spoken.surface == word.written", "spoken.folded == word.folded"),
    "stems ignored": ("or same_stem", ""),
    "prefix as word": (".startswith(word.folded)", " == word.folded"),
    "weights that only just reach": ("WEIGHT_DECIMALS) >= 0", "WEIGHT_DECIMALS) > 0"),
    "none ignored": ("return None if any", "return None if False and any"),
    "overlap is not near": ("_overlap(place, o) or", ""),
    "tier ignored": ("item.tier in admits.tiers", "True"),
    "language ignored": ("lang in admits.langs", "True"),
}


@cache
def sample() -> tuple[list[Rule], list[tuple[Item, Reading]]]:
    """The short items first: what is wrong shows sooner in them."""
    chance = Random(5)
    book = rules(chance, RULES)
    read_once = [(item, read(item)) for item in items(chance, ITEMS)]
    return book, sorted(read_once, key=lambda each: sum(len(p.words) for p in each[1].passages))


@cache
def meant_of_sample(rule_at: int, item_at: int) -> bool | None:
    book, read_once = sample()
    return judge_read(book[rule_at], *read_once[item_at])


def differences(matcher: Matcher, item: Item, meant: list[bool | None]) -> list[Rule]:
    verdict, quick = matcher.match(item), matcher.hits(item)
    said = {hit.rule: True for hit in verdict.hits} | {s.rule: None for s in verdict.stopped}
    return [
        rule
        for rule, right in zip(matcher.book.rules, meant, strict=True)
        if said.get(rule.id, False) is not right or (rule.id in quick) is not (right is True)
    ]


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_matcher_says_what_the_oracle_means(chance: Random) -> None:
    book = Book(tuple(rules(chance, 5)))
    matcher = Matcher(book)
    for item in items(chance, 2):
        reading = read(item)
        meant = [judge_read(rule, item, reading) for rule in book.rules]
        assert differences(matcher, item, meant) == []


def test_the_matcher_says_what_the_oracle_means_of_many() -> None:
    book, read_once = sample()
    matcher = Matcher(Book(tuple(book)))
    for at, (item, _) in enumerate(read_once):
        meant = [meant_of_sample(rule, at) for rule in range(RULES)]
        assert differences(matcher, item, meant) == []


def test_every_operator_occurs_and_hits() -> None:
    book, _ = sample()
    held = Counter(name for rule in book for name in features(rule))
    hits = [book[r] for i in range(ITEMS) for r in range(RULES) if meant_of_sample(r, i)]
    assert min(held.values()) >= RULES * 0.02, held
    assert len(hits) >= RULES * ITEMS * 0.1
    assert {name for rule in hits for name in features(rule)} == set(held)


def test_evidence_is_what_stands_there() -> None:
    chance = Random(6)
    book = Book(tuple(rules(chance, RULES)))
    by_id = {rule.id: rule for rule in book.rules}
    matcher = Matcher(book)
    for item in items(chance, ITEMS):
        verdict = matcher.match(item)
        for found in (*verdict.hits, *verdict.stopped):
            assert all(piece.text == published(item, piece) for piece in found.evidence)
        for hit in verdict.hits:
            wanted = by_id[hit.rule].wanted
            assert hit.evidence or any(isinstance(node, Not) for node in walk(wanted)), wanted
            match wanted:
                case Near(Term(), Term()):
                    assert in_one_place(wanted, item, hit.evidence), (wanted, item, hit)


def published(item: Item, piece: Evidence) -> str:
    name, _, number = piece.field.removesuffix("]").partition("[")
    field = getattr(item, name)[int(number)] if number else getattr(item, name)
    return str(field[piece.start : piece.end])


def in_one_place(near: Near, item: Item, pieces: tuple[Evidence, ...]) -> bool:
    reading = read(item)
    for place in places(near, reading):
        passage = reading.passages[place.passage]
        start, end = passage.words[place.first].start, passage.words[place.last].end
        inside = (p.field == passage.field and start <= p.start <= p.end <= end for p in pieces)
        if all(inside):
            return True
    return False


@pytest.mark.parametrize("name", MUTATIONS)
def test_the_sample_finds_a_mistake(name: str) -> None:
    """Each planted into a copy of the oracle: what would not be found is not proved."""
    mistaken = planted(*MUTATIONS[name])
    book, read_once = sample()
    assert any(
        mistaken.judge_read(rule, item, reading) is not meant_of_sample(rule_at, item_at)
        for item_at, (item, reading) in enumerate(read_once)
        for rule_at, rule in enumerate(book)
    )


def planted(right: str, wrong: str) -> ModuleType:
    source = Path(str(oracle.__file__)).read_text(encoding="utf-8")
    assert source.count(right) >= 1, right
    mistaken = ModuleType("mistaken_oracle")
    sys.modules[mistaken.__name__] = mistaken
    exec(compile(source.replace(right, wrong), "mistaken", "exec"), mistaken.__dict__)
    return mistaken
