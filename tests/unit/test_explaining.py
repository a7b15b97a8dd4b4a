"""Explain, trial and coverage: what is said of a rule's clauses is so, and the oracle agrees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.item import Item
from streams.rules.ast import (
    And,
    AtLeast,
    Near,
    Node,
    Not,
    NotNear,
    Or,
    Pattern,
    Reach,
    Scope,
    Scoped,
    Term,
    Unit,
    Weighted,
    Where,
)
from streams.rules.book import Admits, Book, Case, Negation, Rule
from streams.rules.explaining.clauses import Clause, Heard, walk_clauses, weigh
from streams.rules.explaining.coverage import uncovered
from streams.rules.explaining.explain import (
    Explained,
    Outcome,
    explain,
    explain_all,
    nearest_first,
)
from streams.rules.explaining.reasons import asks, why_not
from streams.rules.explaining.trial import Tried, case_item, explain_case, try_rule
from streams.rules.matching.matcher import Matcher
from streams.rules.matching.oracle import holds, judge
from streams.rules.matching.reading import read
from streams.rules.terms import make_term

FIVE = Reach(Unit.WORDS, 5)
TITLE = (Scope(Where.TITLE),)
PAKISTAN = ("Pakistan", "Islamabad", "Rawalpindi")


def word(written: str, clause: str = "all[0]") -> Term:
    return make_term(written, clause)


def exact(written: str) -> Term:
    return make_term(written, "exact[0]", exact=True)


def one_of(*written: str, clause: str = "any") -> Or:
    return Or(tuple(word(w, f"{clause}[{n}]") for n, w in enumerate(written)))


def listed(*written: str, clause: str = "all[1]") -> Or:
    """As an `@list` is read: every word stands in the clause of the list."""
    return Or(tuple(word(w, clause) for w in written))


def every(*of: Node) -> And:
    return And(of)


def cases(*told: tuple[str, bool]) -> tuple[Case, ...]:
    return tuple(
        Case(text=text, hit=hit, where=f"r.yaml:{n}:5") for n, (text, hit) in enumerate(told, 1)
    )


def told(rule: Rule, item: Item) -> tuple[Explained, Heard]:
    heard = Heard(read(item))
    return explain(rule, item, heard, Matcher(Book((rule,))).match(item)), heard


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


def pieces(clause: Clause) -> list:
    return [each.evidence for each in walk_clauses(clause) if each.evidence]


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


def test_a_case_speaks_of_all_parts_of_an_item() -> None:
    parts = (("body", "B"), ("summary", "S"), ("tags", ("t", "u")), ("tier", 2), ("lang", "fr"))
    item = case_item(Case(text="T", hit=True, parts=parts, where="r.yaml:1:2"))
    assert (item.title, item.text, item.summary) == ("T", "B", "S")
    assert (item.tags, item.tier, item.lang, item.id) == (("t", "u"), 2, "fr", "r.yaml:1:2")


def trials(rule: Rule) -> list[Tried]:
    return list(try_rule(Matcher(Book((rule,))), rule))


def test_a_case_passes_or_says_what_came() -> None:
    rule = Rule(id="r", wanted=word("rain"), tests=cases(("Rain", True), ("Sun", True)))
    assert [(t.passed, t.wanted, t.got) for t in trials(rule)] == [
        (True, "hit", "hit"),
        (False, "hit", "miss"),
    ]


def test_a_wanted_status_is_compared() -> None:
    case = Case(text="Rain", hit=True, status="negated")
    [tried] = trials(Rule(id="r", wanted=word("rain"), tests=(case,)))
    assert (tried.wanted, tried.passed) == ("hit, negated", False)


@pytest.mark.parametrize(
    ("wanted", "none", "tests", "told"),
    [
        (every(word("a"), word("b", "all[1]")), (), [("a b", True)], []),
        (
            every(word("a"), word("b", "all[1]")),
            (),
            [("a", False)],
            [("all[0]", True), ("all[1]", False)],
        ),
        (one_of("a", "b"), (), [("a", True)], [("any[1]", False)]),
        (one_of("a", "b"), (), [("a b", True)], [("any[0]", True), ("any[1]", True)]),
        (one_of("a", "b"), (), [("a", True), ("b", True)], []),
        (word("a"), (word("c", "none[0]"),), [("a", True)], [("none[0]", False)]),
        (word("a"), (word("c", "none[0]"),), [("a", True), ("a c", False)], []),
        (word("a"), (word("c", "none[0]"),), [("a", True), ("c", False)], [("none[0]", True)]),
        (every(word("a"), listed("b", "c", "d")), (), [("a b", True)], []),
        (
            every(word("a"), one_of("b", "c")),
            (),
            [("a", False)],
            [("all[0]", True), ("any", False)],
        ),
        (
            Near(one_of("a", "b", clause="near.of[0]"), word("c", "near.of[1]"), FIVE),
            (),
            [("a c", True)],
            [("near.of[0][1]", False)],
        ),
        (
            Near(one_of("a", "b", clause="near.of[0]"), word("c", "near.of[1]"), FIVE),
            (),
            [("a c one two three four five six seven b", True)],
            [("near.of[0][1]", True)],
        ),
        (
            NotNear(word("a", "not_near.of[0]"), word("b", "not_near.of[1]"), FIVE),
            (),
            [("a", True), ("a b", False)],
            [],
        ),
        (
            AtLeast(2, (word("a", "at_least.of[0]"), word("b", "at_least.of[1]"))),
            (),
            [("a a b", True)],
            [("at_least.of[1]", True)],
        ),
        (
            Weighted(3, ((word("a", "weights.of.a"), 3), (word("b", "weights.of.b"), 1))),
            (),
            [("a b", True)],
            [("weights.of.b", True)],
        ),
        (
            Scoped(TITLE, every(word("a"), Not(word("b", "none[0]")))),
            (),
            [("a", True)],
            [("none[0]", False)],
        ),
        (word("a"), (), [], []),
    ],
)
def test_coverage_names_what_tests_do_not_prove(
    wanted: Node,
    none: tuple[Node, ...],
    tests: list[tuple[str, bool]],
    told: list[tuple[str, bool]],
) -> None:
    rule = Rule(id="r", wanted=wanted, none=none, tests=cases(*tests))
    matcher = Matcher(Book((rule,)))
    explained = [explain_case(matcher, tried) for tried in try_rule(matcher, rule)]
    assert [(u.path, u.tested) for u in uncovered(explained)] == told


WORDS = st.sampled_from(
    ["rate", "cut", "sanctions", "sanction", "ban*", "cease-fire", "U.S.", "no"]
)
LEAVES = st.one_of(
    st.builds(lambda w, n: word(w, f"all[{n}]"), WORDS, st.integers(0, 3)),
    st.builds(lambda w: exact(w.rstrip("*")), WORDS),
    st.builds(lambda a, b: word(f"{a} {b}"), WORDS, WORDS),
)
REACHES = st.builds(Reach, st.sampled_from(Unit), st.integers(1, 4), st.booleans())
SCOPES = st.lists(
    st.builds(
        lambda where, n: Scope(where, n if where is Where.FIRST else 0),
        st.sampled_from(Where),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=2,
).map(tuple)


def pairs_of(of: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(Near, of, of, REACHES),
        st.builds(NotNear, of, of, REACHES),
        st.lists(of, min_size=1, max_size=3).map(lambda each: Or(tuple(each))),
    )


OPERANDS = st.recursive(LEAVES, pairs_of, max_leaves=4)
MANY = st.lists(OPERANDS, min_size=1, max_size=3).map(tuple)
COUNTED = st.one_of(
    st.builds(AtLeast, st.integers(1, 3), MANY, st.booleans()),
    st.builds(
        lambda threshold, of, weights: Weighted(threshold, tuple(zip(of, weights, strict=False))),
        st.integers(1, 4),
        MANY,
        st.lists(st.integers(-2, 4), min_size=3, max_size=3),
    ),
    st.sampled_from(["cut", "(?i)RATE", "s.n"]).map(lambda regex: Pattern(regex, "regex")),
)


def nested(of: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    many = st.lists(of, min_size=1, max_size=3).map(tuple)
    return st.one_of(many.map(And), many.map(Or), of.map(Not), st.builds(Scoped, SCOPES, of))


NODES = st.recursive(st.one_of(OPERANDS, COUNTED), nested, max_leaves=6)
TEXTS = st.lists(
    st.sampled_from(
        [
            "Rate",
            "cut",
            "sanctions",
            "Sanctioned",
            "bans",
            "cease-fire",
            "ceasefire",
            "US",
            "U.S.",
            "no",
            ".",
            "x",
            "\n",
        ]
    ),
    max_size=10,
).map(" ".join)
ITEMS = st.builds(
    lambda title, summary, text, tags: Item(
        id="1", title=title, summary=summary, text=text, tags=tuple(tags)
    ),
    TEXTS,
    TEXTS,
    TEXTS,
    st.lists(TEXTS, max_size=2),
)
RULES = st.builds(
    lambda wanted, none: Rule(id="r", wanted=wanted, none=tuple(none)),
    NODES,
    st.lists(NODES, max_size=2),
)


@given(NODES, ITEMS)
def test_every_clause_is_what_the_oracle_says(node: Node, item: Item) -> None:
    heard = Heard(read(item))
    for clause in walk_clauses(weigh(node, heard)):
        assert clause.held == holds(clause.node, heard.reading, clause.scopes)
        if not clause.held:
            why_not(clause, heard)
        if isinstance(clause.node, Term | Pattern):
            assert clause.held == (clause.evidence is not None)


@given(RULES, ITEMS)
def test_the_outcome_is_the_oracles_and_every_piece_is_of_its_field(rule: Rule, item: Item) -> None:
    explained, _ = told(rule, item)
    said = {True: Outcome.HIT, None: Outcome.STOPPED, False: Outcome.MISS}
    assert explained.outcome is said[judge(rule, item)]
    assert (explained.failing == 0) == (explained.outcome is Outcome.HIT)
    fields = {"title": item.title, "summary": item.summary, "text": item.text} | {
        f"tags[{n}]": tag for n, tag in enumerate(item.tags)
    }
    for root in (explained.wanted, *explained.none):
        for piece in pieces(root):
            assert fields[piece.field][piece.start : piece.end] == piece.text != ""


@given(RULES, st.lists(st.tuples(TEXTS, st.booleans()), max_size=3))
def test_coverage_of_any_rule_can_be_told(rule: Rule, tests: list[tuple[str, bool]]) -> None:
    matcher = Matcher(Book((rule,)))
    explained = [
        explain_case(matcher, Tried(rule=rule, case=case, hit=None, item=case_item(case)))
        for case in cases(*tests)
    ]
    assert all(each.asks for each in uncovered(explained))


def test_negation_that_stops_a_rule_is_a_condition() -> None:
    rule = Rule(id="r", wanted=word("rain"), negation=Negation.EXCLUDE)
    explained, _ = told(rule, Item(id="1", title="Rain"))
    assert [(c.key, c.asks) for c in explained.conditions] == [("negation", "exclude")]
    assert explained.conditions[0].held == (explained.outcome is Outcome.HIT)
