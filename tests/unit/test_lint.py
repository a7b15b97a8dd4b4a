"""Lint: what it says of rules, what it leaves in peace, and that it accuses nobody falsely."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.item import Item
from streams.rules.ast import (
    BODY,
    And,
    AtLeast,
    Near,
    Node,
    Not,
    NotNear,
    Or,
    Reach,
    Scope,
    Scoped,
    Unit,
    Weighted,
    Where,
)
from streams.rules.book import Book, Rule
from streams.rules.lint.alternatives import idle_words
from streams.rules.lint.between import between, hits_within
from streams.rules.lint.covering import word_covers
from streams.rules.lint.finding import Code, Finding, Severity
from streams.rules.lint.look import Sources, languages, look
from streams.rules.lint.place import place_of
from streams.rules.lint.report import error, line, summary
from streams.rules.lint.unreachable import unreachable
from streams.rules.load import load_files
from streams.rules.matching.oracle import judge
from streams.rules.model import LISTS
from streams.rules.terms import make_term

ENGLISH = ("en",)


def findings(tmp_path: Path, text: str) -> list[Finding]:
    file = tmp_path / "r.yaml"
    file.write_text(text, encoding="utf-8")
    files = load_files(file)
    [document] = {id(d): d for d in (*files.rules.values(), *files.lists.values())}.values()
    rules = {name: value for name, value in document.value.items() if name != LISTS}
    sources = Sources(rules=rules, lists=document.value.get(LISTS, {}))
    return list(look(files.book, sources))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("r: {all: [ban, visa], none: [bans]}", ["never-hits none[0]"]),
        ("r: {all: [tariffs, visa], none: ['tari*']}", ["never-hits none[0]"]),
        ("r: {any: [travel ban, blockade], none: [travel]}", ["unreachable any[0]"]),
        ("r: {all: [oil, {all: [gas], none: [gas]}]}", ["unreachable all[1].none[0]"]),
        ("r: {in: first 1, all: [nuclear test]}", ["unreachable all[0]"]),
        ("r: {not_near: {within: 3, of: [rate cut, cut]}}", ["unreachable not_near.of[0]"]),
        ("r: {any: [sanction, 'sanction*']}", ["covered any[0]"]),
        ("r: {any: [asset freeze, asset]}", ["covered any[0]"]),
        ("r: {any: [{exact: NATO}, Nato]}", ["covered any[0].exact[0]"]),
        ("r: {any: [tariff, Tariff]}", ["same-stem any[1]"]),
        ("r: {any: [tariff, levy, tariff]}", ["duplicate any[2]"]),
        ("r: {any: [sanction, sanctions]}", ["same-stem any[1]"]),
        ("r: {query: 'sanction OR sanction*'}", ["covered query"]),
        ("lists: {l: [cat, cats]}\nr: {any: ['@l']}", ["same-stem [1]"]),
        ("r: {lang: en, all: [санкции, oil]}", ["wrong-script all[0]"]),
        ("r: {any: [the, coffee]}", ["stop-word any[0]"]),
        ("r: {all: [said]}", ["stop-word all[0]"]),
        ("r: {regex: 'S-?400'}", ["regex-only regex[0]"]),
        ("r: {any: [coffee, {regex: 'S-?400'}]}", ["regex-only any[1].regex[0]"]),
        ("r: {all: ['con*', Ghana]}", ["broad-wildcard all[0]"]),
        ("r: {all: ['comp*', Ghana]}", ["broad-wildcard all[0]"]),
        ("lists: {l: [cat]}\nr: {all: [dog]}", ["unused-list "]),
        ("r: {all: [pаkistan]}", ["look-alike all[0]"]),
        ('r: {all: ["sanc\\u200btion"]}', ["look-alike all[0]"]),
        ("r: {all: [ＮＡＴＯ]}", ["look-alike all[0]"]),
        ("r: {all: [ban AND visa]}", ["operator all[0]"]),
        ("r: {any: [{all: [ban w/5 visa]}]}", ["operator any[0].all[0]"]),
        ("r: {all: [ban, '-visa']}", ["operator all[1]"]),
        ("r: {all: ['title:ban']}", ["operator all[0]"]),
        ("r: {all: [sanction!]}", ["operator all[0]"]),
        ("r: {all: [ban\n   - visa]}", ["operator all[0]"]),
        ('lists: {l: [ban OR visa]}\nr: {all: ["@l"]}', ["operator [0]"]),
        ("r: {all: [BLACK AND WHITE, Yahoo!, AT&T, 'M-16', -5C, either or]}", []),
        ("lists: {l: [ban, bans]}\nr: {query: '@l AND visa'}", ["same-stem [1]"]),
        ("r: {weights: {threshold: 6, of: {quake: 6, hail: 1}}}", ["idle-weight weights.of.hail"]),
        ("r: {all: [zebra], max_age: 36h}", ["not-enforced max_age"]),
        ("a: {all: [oil, gas]}\nb: {all: [gas, oil]}", ["equal-rule "]),
        ("a: {all: [oil, gas]}\nb: {all: [oil]}", ["subsumed-rule "]),
        ("a: {all: [crude oil]}\nb: {all: ['crud*']}", ["subsumed-rule "]),
        ("a: {all: [oil], none: [gas, tea]}\nb: {all: [oil], none: [tea]}", ["subsumed-rule "]),
        ("a: {all: [oil], in: title}\nb: {all: [oil]}", ["subsumed-rule "]),
    ],
)
def test_what_is_said(tmp_path: Path, text: str, said: list[str]) -> None:
    assert [f"{f.code} {f.clause}" for f in findings(tmp_path, text)] == said


@pytest.mark.parametrize(
    "text",
    [
        "lists: {p: [Pakistan, Islamabad]}\nr: {all: [sanctions, '@p'], none: [cricket]}",
        "r: {near: {within: 8, of: [[rate, policy rate], [hike, cut]]}}",
        "r: {all: [{exact: WHO}], any: [outbreak, pandemic]}",
        "r: {query: '(sanction* OR embargo) W/8 (Pakistan OR Islamabad) AND NOT title:cricket'}",
        "r: {any: [hope, 'hopef*', terror, terrorist, policy, police]}",
        "r: {weights: {threshold: 6, of: {sanction: 3, travel ban: 3, cricket: -4}}}",
        "r: {at_least: {count: 2, of: [fraud, probe, 'indict*']}}",
        "r: {any: [می‌خواهم, 米国, 'G7', санкции, COVID-19]}",
        "r: {all: [Pakistan, {any: [ban, {none: [cricket]}]}]}",
        "r: {all: [oil, {regex: 'S-?400'}]}",
        "a: {all: [oil], to: '#a'}\nb: {all: [oil, gas], to: '#b'}",
        "a: {all: [oil], none: [gas]}\nb: {all: [oil, price]}",
        "a: {all: [oil], negation: exclude}\nb: {all: [oil, price]}",
        "a: {all: [oil], lang: fr}\nb: {all: [oil, price]}",
        "lists: {l: [Reuters]}\nr: {all: [oil], outlets: ['@l']}",
    ],
)
def test_what_is_left_in_peace(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, text) == []


WORDS = ["oil", "oils", "price", "prices", "hope", "hoping", "cry", "cries", "the", "oil-price"]
written = st.one_of(
    st.sampled_from([*WORDS, "oil*", "pri*", "hope*", "cri*", "oil price", "price oil", "OIL"])
)
terms = st.builds(
    make_term, written, st.uuids().map(str), exact=st.sampled_from([False] * 4 + [True])
)
reaches = st.builds(Reach, st.just(Unit.WORDS), st.integers(1, 4), st.booleans())
scopes = st.sampled_from(
    [BODY, (Scope(Where.TITLE),), (Scope(Where.FIRST, 2),), (Scope(Where.LEAD),), BODY[1:]]
)


def several(of: st.SearchStrategy[Node]) -> st.SearchStrategy[tuple[Node, ...]]:
    return st.lists(of, min_size=1, max_size=3).map(tuple)


operands = st.one_of(terms, st.builds(Or, several(terms)))


def deeper(of: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    weights = st.lists(
        st.tuples(operands, st.sampled_from([-1.0, 1.0, 2.0])), min_size=1, max_size=3
    )
    return st.one_of(
        st.builds(And, several(of)),
        st.builds(Or, several(of)),
        st.builds(Not, of),
        st.builds(Scoped, scopes, of),
        st.builds(Near, operands, operands, reaches),
        st.builds(NotNear, operands, operands, reaches),
        st.builds(AtLeast, st.integers(1, 3), several(operands), st.booleans()),
        st.builds(Weighted, st.sampled_from([1.0, 2.0]), weights.map(tuple)),
    )


nodes = st.recursive(terms, deeper, max_leaves=6)
rules = st.builds(
    lambda wanted, none: Rule(id="r", wanted=wanted, none=tuple(none)),
    nodes,
    st.lists(nodes, max_size=2),
)
texts = st.lists(st.sampled_from([*WORDS, "Oil", "OIL", "hopes", "x", "."]), max_size=6).map(
    " ".join
)
items = st.lists(
    st.builds(Item, id=st.just("1"), title=texts, summary=texts, text=texts, lang=st.just("en")),
    min_size=1,
    max_size=8,
)


@settings(max_examples=400, deadline=None)
@given(rules, rules, items)
def test_a_rule_said_to_be_subsumed_never_hits_alone(
    narrow: Rule, wide: Rule, news: list[Item]
) -> None:
    if hits_within(narrow, wide, ENGLISH):
        assert not [i for i in news if judge(narrow, i) and not judge(wide, i)]


@settings(max_examples=300, deadline=None)
@given(rules, nodes, nodes, items)
def test_a_rule_with_more_clauses_never_hits_alone(
    wide: Rule, more: Node, stop: Node, news: list[Item]
) -> None:
    narrow = replace(wide, id="n", wanted=And((more, wide.wanted)), none=(*wide.none, stop))
    assert hits_within(narrow, wide, ENGLISH)
    assert not [i for i in news if judge(narrow, i) and not judge(wide, i)]
    asked = Book((narrow, wide)).rules
    assert all(f.rule == "n" for f in between(asked, languages) if f.code is Code.SUBSUMED)


@settings(max_examples=400, deadline=None)
@given(rules, items)
def test_an_idle_word_can_be_left_out(rule: Rule, news: list[Item]) -> None:
    for beside in idle_words((rule.wanted, *rule.none), ENGLISH):
        less = replace(
            rule,
            wanted=without(rule.wanted, beside.idle.clause),
            none=tuple(without(node, beside.idle.clause) for node in rule.none),
        )
        assert [judge(less, i) for i in news] == [judge(rule, i) for i in news]


def without(node: Node, clause: str) -> Node:
    """The node without the alternative that stands there."""
    match node:
        case Or(of):
            return Or(tuple(without(e, clause) for e in of if getattr(e, "clause", None) != clause))
        case And(of):
            return And(tuple(without(e, clause) for e in of))
        case AtLeast(of=of):
            return replace(node, of=tuple(without(e, clause) for e in of))
        case Not(of) | Scoped(of=of):
            return replace(node, of=without(of, clause))
        case Near(first, second) | NotNear(first, second):
            return replace(node, first=without(first, clause), second=without(second, clause))
        case Weighted(of=weighted):
            return replace(node, of=tuple((without(e, clause), w) for e, w in weighted))
        case _:
            return node


branches = st.one_of(terms, st.builds(And, st.tuples(terms, terms)))
flat = st.builds(
    lambda some, more, none: Rule(id="r", wanted=And((Or(some), *more)), none=tuple(none)),
    several(branches),
    st.lists(terms, max_size=1),
    st.lists(nodes, max_size=2),
)


@settings(max_examples=300, deadline=None)
@given(flat, items)
def test_what_is_unreachable_can_be_left_out(rule: Rule, news: list[Item]) -> None:
    for found in unreachable(rule, ENGLISH):
        assert isinstance(rule.wanted, And)
        first, *more = rule.wanted.of
        assert isinstance(first, Or)
        if found.code is Code.NEVER_HITS:
            assert not any(judge(rule, item) for item in news)
        elif any(leads(each) == found.clause for each in first.of):
            kept = tuple(each for each in first.of if leads(each) != found.clause)
            less = replace(rule, wanted=And((Or(kept), *more)))
            assert [judge(less, i) is True for i in news] == [judge(rule, i) is True for i in news]


def leads(node: Node) -> str:
    return node.of[0].clause if isinstance(node, And) else node.clause  # type: ignore[union-attr]


def test_no_inflection_escapes_a_wildcard_said_to_cover_it() -> None:
    """English words in groups of one stem, against every beginning they have."""
    groups = (
        "hope hoping hopes hoped|cry cries cried|sky skies|die dying dies|able ability|run runs"
    )
    for group in groups.split("|"):
        words = [make_term(word, "").phrases[0][0] for word in group.split()]
        for word in words:
            for n in range(3, len(word.folded) + 1):
                prefix = make_term(f"{word.folded[:n]}*", "").phrases[0][0]
                if any(word_covers(prefix, each, ENGLISH) for each in words):
                    alike = [w for w in words if word_covers(word, w, ENGLISH)]
                    covered = [w for w in alike if word_covers(prefix, w, ENGLISH)]
                    assert not covered or all(w.folded.startswith(prefix.folded) for w in alike)


def test_a_large_book_is_compared_in_bounds() -> None:
    alike = tuple(
        Rule(id=f"r{n}", wanted=And((make_term("oil", ""), make_term(f"word{n}", ""))))
        for n in range(300)
    )
    assert list(between(alike, languages)) == []
    wide = Rule(id="wide", wanted=make_term("oil", ""))
    told = list(between((*alike, wide), languages, pairs=10))
    assert [f.code for f in told[-1:]] == [Code.NOT_SEARCHED]
    assert 1 < len(told) <= 11


@pytest.mark.parametrize(
    ("written", "clause", "place"),
    [
        ({"all": ["a", {"any": ["b"]}]}, "all[1].any[0]", ("all", 1, "any", 0)),
        ({"weights": {"of": {"U.S.": 3}}}, "weights.of.U.S.", ("weights", "of", "U.S.")),
        ({"exact": "WHO"}, "exact[0]", ("exact",)),
        ({"query": "a"}, "query", ("query",)),
        ({"near": {"of": [["a", "b"], "c"]}}, "near.of[0][1]", ("near", "of", 0, 1)),
        ("x", "gone", ()),
    ],
)
def test_a_clause_leads_to_its_place(written: object, clause: str, place: tuple[object]) -> None:
    assert place_of(written, clause) == place


def test_lines_are_escaped_for_github() -> None:
    at = error("a,b:c.yaml", 3, 5, "50% of\nit: no")
    assert at.as_github() == (
        "::error file=a%2Cb%3Ac.yaml,line=3,col=5,title=invalid::50%25 of%0Ait: no"
    )
    note = line(Finding(code=Code.NOT_ENFORCED, message="m", rule="r"), "f", 1, 2)
    assert note.severity is Severity.NOTE
    assert note.as_github().startswith("::notice file=f,line=1,col=2")
    assert note.as_text() == "f:1:2: note: m [not-enforced]"


def test_a_summary_counts_as_people_do() -> None:
    wrong = error("f", 1, 1, "m")
    doubt = line(Finding(code=Code.BROAD, message="m", rule="r"), "f", 1, 1)
    assert summary([wrong], rules=0, files=0) == "1 problem in 1 file"
    assert summary([], rules=1, files=1) == "1 rule in 1 file is in order"
    assert summary([doubt] * 2, rules=1000, files=2) == (
        "1,000 rules in 2 files are in order: 2 warnings"
    )


def test_every_code_is_in_the_table_of_the_documentation_and_does_what_it_says(
    tmp_path: Path,
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `([a-z-]+)` \| (?:warning|note) \| .*? \| `(.*)` \|$", page, re.MULTILINE
    )
    never_shown = {Code.INVALID, Code.NOT_SEARCHED, Code.NEGATIVE, Code.THRESHOLD}
    assert {code for code, _ in rows} == {str(code) for code in Code if code not in never_shown}
    for code, example in rows:
        text = example.replace(" ⏎ ", "\n")
        assert code in {str(f.code) for f in findings(tmp_path, text)}, code
