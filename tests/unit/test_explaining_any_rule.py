"""Explain and coverage of any rule and item: what is said is so, and the oracle agrees."""

from hypothesis import given
from hypothesis import strategies as st
from stubs.rule_nodes import cases, exact, pieces, told, word

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
from streams.rules.book import Book, Rule
from streams.rules.explaining.clauses import Heard, walk_clauses, weigh
from streams.rules.explaining.coverage import uncovered
from streams.rules.explaining.explain import Outcome
from streams.rules.explaining.reasons import why_not
from streams.rules.explaining.trial import Tried, case_item, explain_case
from streams.rules.matching.matcher import Matcher
from streams.rules.matching.oracle import holds, judge
from streams.rules.matching.reading import read

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
