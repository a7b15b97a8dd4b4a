"""Trial and coverage: a case passes or says what came, and what no test proves is named."""

import pytest
from stubs.rule_nodes import FIVE, TITLE, cases, every, listed, one_of, word

from streams.rules.ast import AtLeast, Near, Node, Not, NotNear, Scoped, Weighted
from streams.rules.book import Book, Case, Rule
from streams.rules.explaining.coverage import uncovered
from streams.rules.explaining.trial import Tried, case_item, explain_case, try_rule
from streams.rules.matching.matcher import Matcher


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
