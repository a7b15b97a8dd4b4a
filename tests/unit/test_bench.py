"""What part `matcher` of the bench works on: the same rules and items each time."""

import gzip
import itertools
import re
from collections import Counter
from io import BytesIO

import feedparser
import feeds_stub
import lucene_monitor
import matcher_peers
import pytest
import workload
from contender import Record
from matcher import size_name

from streams.item import Item
from streams.rules.ast import And, Near, Or, Reach, Term, Unit
from streams.rules.book import Rule
from streams.rules.matching.oracle import judge
from streams.rules.terms import make_term

TOLD = list(itertools.islice(workload.made_up_news(), 400))
ITEMS = workload.items(TOLD, 120, 100)
WORDS = workload.vocabulary(ITEMS)


def test_made_up_news_is_the_same_each_time() -> None:
    assert list(itertools.islice(workload.made_up_news(), 400)) == TOLD
    assert workload.items(TOLD, 120, 100) == ITEMS


@pytest.mark.parametrize("words", [100, 500])
def test_items_have_as_many_words_as_asked(words: int) -> None:
    for item in workload.items(TOLD, 20, words):
        assert len(f"{item.title} {item.text}".split()) == words
        assert "\t" not in item.title + item.text


def test_rules_are_the_same_each_time_and_others_with_another_seed() -> None:
    assert workload.rules(200, WORDS) == workload.rules(200, WORDS)
    assert workload.rules(200, WORDS) != workload.rules(200, WORDS, seed=8)


def test_the_mix_has_every_kind_of_rule() -> None:
    made = workload.rules(2_000, WORDS)
    near = sum(isinstance(rule.wanted, Near) for rule in made)
    alone = sum(isinstance(rule.wanted, Term) for rule in made)
    but = sum(bool(rule.none) for rule in made)
    assert 150 < near < 250
    assert 110 < alone < 210
    assert 240 < but < 360


def test_half_of_the_entities_of_a_large_book_are_unseen() -> None:
    made = workload.rules(6_000, WORDS)
    alone = Counter(
        rule.wanted.written in WORDS.entities for rule in made if isinstance(rule.wanted, Term)
    )
    assert 0.4 < alone[False] / alone.total() < 0.6


def test_plain_peers_find_what_the_rules_mean() -> None:
    made, few = workload.rules(60, WORDS), ITEMS[:10]
    wanted = [sorted(rule.id for rule in made if judge(rule, item)) for item in few]
    assert any(wanted)
    for name in ("loop", "ahocorasick"):
        found = matcher_peers.PEERS[name](made)
        assert [sorted(found(item)) for item in few] == wanted


def test_the_automaton_wakes_rules_by_every_inflection() -> None:
    rule = Rule(id="a", wanted=And((make_term("sanctions", ""), make_term("happy", ""))))
    found = matcher_peers.automaton([rule])
    assert found(Item(id="1", title="A happy sanctuary")) == []
    for title in ("Happy to sanction", "Sanctioned and happy", "Sanctions, happy"):
        assert found(Item(id="2", title=title)) == ["a"]


def test_re_finds_words_as_written_only() -> None:
    rule = Rule(id="a", wanted=make_term("asset freeze", "all[0]"))
    found = matcher_peers.expressions([rule])
    assert found(Item(id="1", title="An asset  freeze")) == ["a"]
    assert found(Item(id="2", title="Asset freezes")) == []


def test_rules_in_the_syntax_of_lucene() -> None:
    some = Or((make_term("bank of england", ""), make_term("polic*", "")))
    rule = Rule(id="a", wanted=And((make_term("rate", ""), some)), none=(make_term("cricket", ""),))
    assert lucene_monitor.query(rule) == '+(+rate +("bank of england" polic*)) -cricket'
    near = Near(make_term("rate", ""), make_term("asset freeze", ""), Reach(Unit.WORDS, 5))
    wanted = "fn:maxgaps(4 fn:unordered(rate fn:phrase(asset freeze)))"
    assert lucene_monitor.query(Rule(id="b", wanted=near)) == wanted


def test_a_record_tells_its_best_pass() -> None:
    record = Record([[2_000, 2_000], [1_000, 3_000], [1_000, 1_000]])
    assert record.per_s() == 1_000_000
    assert record.at(0.99) == 1.0


def test_sizes_have_short_names() -> None:
    assert [size_name(n) for n in (10, 1_000, 100_000)] == ["10", "1k", "100k"]


def ids(answer: bytes) -> list[str]:
    body = answer.partition(b"\r\n\r\n")[2]
    plain = gzip.decompress(body) if b"Content-Encoding: gzip" in answer else body
    return [entry.id for entry in feedparser.parse(BytesIO(plain)).entries]


def test_a_stub_feed_moves_on_as_its_mode_says_for_each_reader_by_itself() -> None:
    def get(reader: str, feed: int = 1, headers: str = "Accept-Encoding: gzip") -> bytes:
        return feeds_stub.answer(f"GET /{reader}/{feed} HTTP/1.1\r\n{headers}".encode())

    first = get("ours")
    assert len(set(ids(first))) == feeds_stub.WINDOW
    assert ids(get("ours", headers="")) == ids(first)
    etag = re.search(rb'ETag: ("\w+")', first)
    assert etag
    known = f"If-None-Match: {etag[1].decode()}"
    assert get("ours", headers=known).startswith(b"HTTP/1.1 304")
    feeds_stub.modes[b"ours"] = "same_body"
    assert ids(get("ours", headers=known)) == ids(first)
    assert b"ETag" not in get("ours")
    for mode, polls, new in (("all_new", 1, 1), ("one_in_ten", 10, 1), ("everything_new", 1, 30)):
        feeds_stub.modes[b"ours"] = mode
        before = set(ids(get("ours")))
        after = [set(ids(get("ours"))) for _ in range(polls)]
        assert len(after[-1] - before) == new
    assert ids(get("peer")) == ids(first)
