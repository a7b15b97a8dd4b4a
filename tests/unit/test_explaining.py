"""Explain: what is said of a rule's clauses, and which rules come first."""

import pytest
from stubs.rule_nodes import FIVE, TITLE, every, exact, listed, one_of, pieces, told, word

from streams.item import Item
from streams.rules.ast import (
    AtLeast,
    Near,
    Node,
    NotNear,
    Pattern,
    Reach,
    Scope,
    Scoped,
    Unit,
    Weighted,
    Where,
)
from streams.rules.book import Admits, Book, Negation, Rule
from streams.rules.explaining.clauses import Heard, weigh
from streams.rules.explaining.explain import Outcome, explain_all, nearest_first
from streams.rules.explaining.reasons import asks, why_not
from streams.rules.matching.matcher import Matcher
from streams.rules.matching.reading import read

PAKISTAN = ("Pakistan", "Islamabad", "Rawalpindi")


@pytest.mark.parametrize(
    ("node", "title", "text", "why"),
    [
        (word("sanctions"), "Rain", "", "not there"),
        (word("asset freeze"), "Asset sale", "", "no freeze"),
        (
            word("asset freeze"),
            "Freeze on the asset",
            "",
            "its words are there, but not one after the other",
        ),
        (exact("WHO"), "The man who fell", "", "WHO as written wanted, with these capitals"),
        (listed(*PAKISTAN), "Rain", "", "no Pakistan, Islamabad, Rawalpindi"),
        (one_of(*"abcdefgh"), "Rain", "", "no a, b, c, d, e, f and 2 more"),
        (Scoped(TITLE, word("rain")), "Sun", "Rain", "in text, but title wanted"),
        (
            Scoped((Scope(Where.FIRST, 2),), word("rain")),
            "Sun and rain",
            "rain",
            "in title, text, but first 2 wanted",
        ),
        (Pattern("S-?400"), "s400", "", "not found"),
        (Scoped(TITLE, Pattern("S-?400")), "Missiles", "S-400", "in text, but title wanted"),
        (Near(word("rate"), word("cut"), FIVE), "Rate", "", "no cut"),
        (Near(word("rate"), word("cut"), FIVE), "Sun", "", "no rate; no cut"),
        (
            Near(word("rate"), word("cut"), FIVE),
            "Rate of all the things that we hoped for is cut",
            "cut",
            "nearest pair is 10 words apart, within 5 wanted",
        ),
        (Near(word("rate"), word("cut"), FIVE), "Rate", "cut", "never in one field"),
        (
            Near(word("rate"), word("cut"), Reach(Unit.WORDS, 5, ordered=True)),
            "Cut of rate",
            "",
            "only in the other order",
        ),
        (
            Near(word("rate"), word("cut"), Reach(Unit.SENTENCE)),
            "Rate stays. Tax is cut.",
            "",
            "never in one sentence",
        ),
        (NotNear(word("rico"), word("puerto"), FIVE), "Rain", "", "no rico"),
        (
            NotNear(word("rico"), word("puerto"), FIVE),
            "Puerto Rico",
            "",
            "every rico has puerto near it, within 5 words",
        ),
        (AtLeast(3, (word("Adani"), word("fraud"))), "Adani, Adani", "", "2 of 3 mentions"),
        (AtLeast(2, (word("Adani"), word("fraud")), distinct=True), "Adani, Adani", "", "1 of 2"),
        (
            Weighted(6, ((word("ban"), 3), (word("travel"), 2), (word("cricket"), -4))),
            "Ban on cricket",
            "",
            "-1 of 6",
        ),
    ],
)
def test_a_reason_names_what_is_wrong(node: Node, title: str, text: str, why: str) -> None:
    heard = Heard(read(Item(id="1", title=title, text=text)))
    clause = weigh(node, heard)
    assert not clause.held
    while isinstance(clause.node, Scoped):
        [clause] = clause.of
    assert why_not(clause, heard) == why


@pytest.mark.parametrize(
    ("node", "path", "said"),
    [
        (listed(*PAKISTAN), "all[1]", "one of Pakistan, Islamabad, Rawalpindi"),
        (one_of("a", "b", clause="all[1].any"), "all[1].any", "one of a, b"),
        (
            Near(one_of("a", "b", clause="near.of[0]"), word("c", "near.of[1]"), FIVE),
            "near",
            "within 5 words",
        ),
        (
            AtLeast(2, (word("a", "at_least.of[0]"), word("b", "at_least.of[1]")), distinct=True),
            "at_least",
            "2 different or more",
        ),
        (
            Weighted(2.5, ((word("a", "weights.of.a"), 1), (word("b", "weights.of.b"), 2))),
            "weights",
            "2.5 or more",
        ),
        (exact("WHO"), "exact[0]", "=WHO"),
        (word("blacklist*"), "all[0]", "blacklist*"),
        (Pattern("a|b", "regex"), "regex", "/a|b/"),
        (Scoped(TITLE, word("a")), "all[0]", "in title"),
    ],
)
def test_a_group_is_named_by_what_its_words_share(node: Node, path: str, said: str) -> None:
    clause = weigh(node, Heard(read(Item(id="1"))))
    assert (clause.path, asks(node)) == (path, said)


def test_words_near_one_another_are_shown_where_they_are() -> None:
    near = Near(word("rate", "near.of[0]"), word("cut", "near.of[1]"), Reach(Unit.WORDS, 2))
    heard = Heard(read(Item(id="1", title="Rate of interest, then a rate cut")))
    clause = weigh(near, heard)
    assert [(e.start, e.text) for e in pieces(clause)] == [(25, "rate"), (30, "cut")]


def test_nearest_misses_come_after_hits() -> None:
    rules = (
        Rule(id="far", wanted=every(word("a"), word("b"), word("x"))),
        Rule(id="hit", wanted=word("x")),
        Rule(id="near", wanted=every(word("x"), word("b"))),
        Rule(id="nothing", wanted=word("z")),
        Rule(id="stopped", wanted=word("x"), none=(word("y", "none[0]"),)),
    )
    item = Item(id="1", title="x y")
    heard = Heard(read(item))
    all_told = nearest_first(explain_all(rules, item, heard, Matcher(Book(rules)).match(item)))
    assert [(e.rule.id, e.outcome, e.failing) for e in all_told] == [
        ("hit", Outcome.HIT, 0),
        ("stopped", Outcome.STOPPED, 1),
        ("near", Outcome.MISS, 1),
        ("nothing", Outcome.MISS, 1),
        ("far", Outcome.MISS, 2),
    ]
    assert [bool(e.holding) for e in all_told] == [True, True, True, False, True]


@pytest.mark.parametrize(
    ("admits", "key", "why"),
    [
        (Admits(langs=frozenset({"fr"})), "lang", "the item is en"),
        (Admits(outlets=frozenset({"afp"})), "outlets", "the outlet is Reuters / wire"),
        (Admits(not_outlets=frozenset({"reuters"})), "not_outlets", "the outlet is Reuters / wire"),
        (Admits(tiers=frozenset({1})), "tier", "the item's tier is 2"),
    ],
)
def test_what_is_asked_of_the_item_itself_is_told(admits: Admits, key: str, why: str) -> None:
    item = Item(id="1", title="Rain", lang="en", outlet="Reuters", feed="wire", tier=2)
    explained, _ = told(Rule(id="r", wanted=word("rain"), admits=admits), item)
    assert (explained.outcome, explained.failing) == (Outcome.MISS, 1)
    assert [(c.key, c.held, c.why) for c in explained.conditions] == [(key, False, why)]


def test_negation_that_stops_a_rule_is_a_condition() -> None:
    rule = Rule(id="r", wanted=word("rain"), negation=Negation.EXCLUDE)
    explained, _ = told(rule, Item(id="1", title="Rain"))
    assert [(c.key, c.asks) for c in explained.conditions] == [("negation", "exclude")]
    assert explained.conditions[0].held == (explained.outcome is Outcome.HIT)
