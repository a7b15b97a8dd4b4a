"""Rules: what may be written, how mistakes are named, that the matcher says what they mean."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.decision import Reason
from streams.item import Item
from streams.rules.apply import apply
from streams.rules.load import load_book
from streams.rules.matching.matcher import Matcher
from streams.rules.schema import json_schema
from streams.yaml12 import Invalid, Problem, parse

DEEP = "a: " + "[" * 100_000


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("r:\n  al: [x]\n", '2:3: unknown key "al": did you mean "all"?'),
        ("r: {all: [x]}\nr: {all: [y]}\n", '2:1: "r" stands here twice; first on line 1'),
        ("r: {all: [x], all: [y]}\n", '1:15: "all" stands here twice; first on line 1'),
        ("", "1:1: empty file; rules belong here, as name: {all: [...]}"),
        ("- x\n", "1:1: a mapping of rules belongs here, as name: {all: [...]}"),
        ("r: {}\n", "1:1: empty rule; all: or any: needs a word"),
        ("r: {none: [x]}\n", "1:1: only none: would match almost everything; "),
        (
            'lists: {pak: [x]}\nr: {all: ["@pac"]}\n',
            '2:11: no list "@pac": did you mean "@pak"?',
        ),
        ("R_1: {all: [x]}\n", '1:1: "R_1" is no rule name: '),
        ("r: {all: [2026]}\n", "1:11: all[0]: 2026 is no text in YAML; put it in quotes"),
        ("r: {all: [true]}\n", "1:11: all[0]: true is no text in YAML; put it in quotes"),
        ("r: {all: ['!!']}\n", '1:11: all[0]: "!!" has no word in it'),
        ("r: {all: x}\n", "1:10: all: a list belongs here: [x]"),
        ("r: {all: [{any: [d], nne: [e]}]}\n", '1:22: unknown key "nne": did you mean "none"?'),
        ("r: {all: [*x]}\n", '1:11: "*x" is a YAML alias: put it in quotes, '),
        ("r: {all: [@x]}\n", "1:11: not YAML: "),
        (
            "r: {all: [x]}\n\tto: y\n",
            "2:1: not YAML: character that cannot start any token: indent with spaces, not with",
        ),
        ("r: {and: [x]}\n", '1:5: unknown key "and": did you mean "all"?'),
        ("r: {or: [x]}\n", '1:5: unknown key "or": did you mean "any"?'),
        ("r: {all: [x], channel: y}\n", '1:15: unknown key "channel": did you mean "to"?'),
        ("r: {all: [x], in: body}\n", '1:19: in[0]: no part "body": did you mean "text"?'),
        (
            "r: {all: [x], tests: [{title: x, expect: hit}]}\n",
            '1:24: unknown key "title": did you mean "text"?',
        ),
        (
            "r: {all: [x], tests: [{text: x, expect: miss, status: negated}]}\n",
            "1:55: tests[0].status: a miss has none; leave it out, or expect a hit",
        ),
        (
            "r: {all: [x], priority: high}\n",
            "1:25: priority: high is none of flash, urgent or routine",
        ),
        ("r: {regex: 'x*'}\n", '1:12: "x*" is found in every item: all of it may be left out'),
        ("r: {all: [x]}\n---\nq: {all: [x]}\n", "2:1: not YAML: "),
        ("r:\n  all: [x]\n  to: #south-asia\n", '3:6: to: empty; a channel needs quotes: "#so'),
        ("r: {all: [&x y]}\n", '1:11: "&x" is a YAML anchor: put it in quotes'),
        (DEEP, "1:67: nested more than 64 levels deep"),
        ("lists: {a: [b, 7]}\nr: {all: [x]}\n", "1:16: a[1]: 7 is no text in YAML; "),
        ("r: {all: [x], tests: [{text: t, expect: hi}]}\n", "1:41: tests[0].expect: "),
    ],
)
def test_a_mistake_is_named_where_it_stands(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "asia.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Invalid) as error:
        load_book(file)
    assert any(str(p).startswith(f"{file}:{problem}") for p in error.value.problems), error.value


def test_everything_is_said_at_once_over_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("r: {all: [x]}\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("r: {all: [x]}\nq: {}\n", encoding="utf-8")
    (tmp_path / "c.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(Invalid) as error:
        load_book(tmp_path, must_tell=True)
    said = [re.sub(r"^.*?/(\w\.yaml)", r"\1", str(p)) for p in error.value.problems]
    assert said[0].startswith("a.yaml:1:1: r tells nobody")
    assert {s.split(":")[0] for s in said} == {"a.yaml", "b.yaml", "c.yaml"}


def test_yaml_1_2_scalars() -> None:
    read = parse(b"x: [NO, yes, on, 012, 0o17, 1e3, true, ~, '1']", "f").value
    assert read == {"x": ["NO", "yes", "on", 12, 15, 1000.0, True, None, "1"]}


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    problems = refused(raw)
    assert all(p.line >= 1 and p.column >= 1 and p.message for p in problems)


def refused(raw: bytes) -> tuple[Problem, ...]:
    try:
        parse(raw, "f")
    except Invalid as error:
        return error.problems
    return ()


def test_a_hash_is_of_the_meaning(tmp_path: Path) -> None:
    def book(text: str) -> str:
        file = tmp_path / "r.yaml"
        file.write_text(text, encoding="utf-8")
        return load_book(file).hash

    long = "# hi\nr:\n  all:\n  - pakistan\n  to: ['#a']"
    same = {book("r: {all: [Pakistan], to: '#a'}"), book(long)}
    assert len(same) == 1
    assert book("r: {any: [Pakistan], to: '#a'}") in same
    assert book("r: {all: [Pakistan], to: '#b'}") not in same
    assert book("r: {all: [{exact: Pakistan}], to: '#a'}") not in same


def test_the_schema_knows_every_key() -> None:
    schema = json_schema()
    [rule] = schema["patternProperties"].values()
    assert {"all", "any", "none", "to", "tests"} <= set(rule["properties"])


def matcher(tmp_path: Path, text: str) -> Matcher:
    file = tmp_path / "r.yaml"
    file.write_text(text, encoding="utf-8")
    return Matcher(load_book(file))


def test_evidence_names_clauses_and_prefers_the_title(tmp_path: Path) -> None:
    found = matcher(tmp_path, "r: {all: [x, {any: [y z, q]}]}").match(
        Item(id="1", title="X here", text="x and Y-Z there")
    )
    [hit] = found.hits
    assert [(e.clause, e.field, e.text) for e in hit.evidence] == [
        ("all[0]", "title", "X"),
        ("all[1].any[0]", "text", "Y-Z"),
    ]


def test_what_none_stops_leaves_a_trace(tmp_path: Path) -> None:
    rules = "r: {all: [x], none: [bad], to: ['#a', '#b']}\nq: {all: [x], to: '#b'}\n"
    match, excluded = apply(matcher(tmp_path, rules), Item(id="1", title="x bad"), "now")
    assert match is not None
    assert [s.rule for s in match.stopped] == ["r"]
    [decision] = excluded
    assert (decision.channel, decision.reason) == ("#a", Reason.EXCLUDED)
    assert decision.detail == "none: bad"
