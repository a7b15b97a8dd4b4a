"""The JSON Schema of rule files says what the models say; hostile rules are refused in words."""

import re
from pathlib import Path
from typing import Any

import pytest

from streams.rules.load import Builder, load_book, load_files, read_rules
from streams.rules.rule import clause_place
from streams.rules.schema import json_schema
from streams.written import WrittenRule
from streams.yaml12 import Invalid, parse

SCHEMA = json_schema()
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool}


def fits(value: Any, schema: Any) -> bool:
    """As much of JSON Schema as ours is made of."""
    if schema is True or schema is False:
        return schema
    if "$ref" in schema:
        return fits(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    checks = [fits(value, each) for each in schema.get("anyOf", schema.get("oneOf", []))]
    return (not checks or any(checks)) and _typed(value, schema) and _inner(value, schema)


def _typed(value: Any, schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind in TYPES and not isinstance(value, TYPES[kind]):
        return False
    if kind in {"integer", "number"} and not number:
        return False
    if kind == "integer" and not isinstance(value, int):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    low, high = schema.get("minimum"), schema.get("maximum")
    above = schema.get("exclusiveMinimum")
    if number and (
        (low is not None and value < low)
        or (high is not None and value > high)
        or (above is not None and value <= above)
    ):
        return False
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        return False
    bounds = {str: ("minLength", "maxLength"), list: ("minItems", "maxItems")}.get(type(value))
    if not bounds:
        return True
    return schema.get(bounds[0], 0) <= len(value) <= schema.get(bounds[1], 10**9)


def _inner(value: Any, schema: dict[str, Any]) -> bool:
    if isinstance(value, list) and "items" in schema:
        return all(fits(each, schema["items"]) for each in value)
    if not isinstance(value, dict) or schema.get("type") != "object":
        return True
    if not set(schema.get("required", ())) <= set(value):
        return False
    return all(fits(each, _of_key(str(key), schema)) for key, each in value.items())


def _of_key(key: str, schema: dict[str, Any]) -> Any:
    if key in schema.get("properties", {}):
        return schema["properties"][key]
    for pattern, inner in schema.get("patternProperties", {}).items():
        if re.search(pattern, key):
            return inner
    return schema.get("additionalProperties", True)


GOOD = [
    "{all: [x], to: '#a'}",
    "{all: [x], to: ['#a', '#b']}",
    "{all: [x, {any: [y, {exact: WHO}]}], none: [z]}",
    "{exact: [WHO, Bank of England]}",
    "{regex: '(?i)s-?400'}",
    "{near: {within: 8, of: [[rate, policy rate], {any: [hike]}]}}",
    "{near: {sentence: true, ordered: true, of: [a, b, c]}}",
    "{not_near: {paragraph: true, of: [a, {near: {within: 1, of: [b, c]}}]}}",
    "{at_least: {count: 2, distinct: true, of: [a, [b, c]]}}",
    "{weights: {threshold: 2.5, of: {a: 3, b: -1.5}}}",
    "{query: 'a AND b'}",
    "{in: title, all: [x]}",
    "{in: [lead, first 50], all: [x]}",
    "{all: [x], lang: en, outlets: Reuters, not_outlets: [AFP], tier: [1, 2]}",
    "{all: [x], max_age: 36h, origins: {at_least: 2, within: 2h}, priority: flash, updates: new}",
    "{all: [x], hours: {days: mon-fri, from: '06:00', to: '24:00', zone: Europe/London}}",
    "{all: [x], negation: only, tests: [{text: x, expect: hit, tags: [y], tier: 1}]}",
]
BAD = [
    "{al: [x]}",
    "{all: x}",
    "{all: []}",
    "{all: [[x]]}",
    "{all: [5]}",
    "{all: null}",
    "{all: [x], to: 5}",
    "{near: {within: 300, of: [a, b]}}",
    "{near: {within: 3, of: [a]}}",
    "{near: {within: 3, of: [a, {all: [b]}]}}",
    "{not_near: {within: 3, of: [a, b, c]}}",
    "{at_least: {count: 0, of: [a]}}",
    "{at_least: {of: [a]}}",
    "{weights: {threshold: 0, of: {a: 1}}}",
    "{weights: {threshold: 1.0e-9, of: {a: 1}}}",
    "{weights: {threshold: 1, of: {a: x}}}",
    "{in: titel, all: [x]}",
    "{query: 5}",
    "{all: [x], lang: english}",
    "{all: [x], tier: 0}",
    "{all: [x], max_age: 3 weeks}",
    "{all: [x], origins: {at_least: 2}}",
    "{all: [x], hours: {from: '6:00', to: '22:00', zone: UTC}}",
    "{all: [x], hours: {days: [someday], from: '06:00', to: '22:00', zone: UTC}}",
    "{all: [x], negation: drop}",
    "{all: [x], tests: [{text: x}]}",
    "{all: [x], tests: [{text: x, expect: hi}]}",
]


@pytest.mark.parametrize("rule", GOOD)
def test_what_is_right_fits_models_and_schema(rule: str, tmp_path: Path) -> None:
    file = written(tmp_path, f"r: {rule}\n")
    assert load_book(file).rules
    assert fits(parse(file.read_bytes(), "f").value, SCHEMA)


@pytest.mark.parametrize("rule", BAD)
def test_what_is_wrong_fits_neither(rule: str, tmp_path: Path) -> None:
    file = written(tmp_path, f"r: {rule}\n")
    with pytest.raises(Invalid):
        load_book(file)
    assert not fits(parse(file.read_bytes(), "f").value, SCHEMA)


def written(folder: Path, text: str) -> Path:
    file = folder / "r.yaml"
    file.write_text(text, encoding="utf-8")
    return file


NINE = ", ".join(f"w{n}" for n in range(9_999))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"r: {{all: [{NINE}, a, b]}}", "at most 10,000 belong here"),
        (f"r: {{all: [{NINE}], any: [a, b, c]}}", "more than 10,000 terms in one rule"),
        (f"lists: {{l: [{NINE}]}}\nr: {{any: ['@l', '@l']}}", "more than 10,000 terms in one rule"),
        (
            f"lists: {{l: [{NINE}]}}\nr: {{query: '{' OR '.join(['@l'] * 2_000)}'}}",
            "more than 10,000 terms in one rule",
        ),
        ("r: " + "{all: [" * 40_000, "nested more than 64 levels deep"),
        (f"r: {{query: '{'(' * 10_000}'}}", "nested more than 64 levels deep"),
        (f"r: {{query: '{'NOT ' * 4_000}a'}}", "NOT NOT"),
        (f"r: {{query: '{'a W/1 ' * 3_000}a'}}", "nested more than 64 levels deep"),
        ("r: {regex: '(a{1,500}){1,500}'}", "is no regular expression"),
        (f"r: {{regex: '{'a' * 1_001}'}}", "longer than 1,000 characters"),
        (f"r: {{all: ['{'a' * 201}']}}", "longer than 200 characters"),
        (f"r: {{any: [{'9' * 5_000}]}}", "not a usable value"),
    ],
    ids=range(12),
)
def test_hostile_rules_are_refused_in_words(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=re.escape(said)):
        load_book(written(tmp_path, text))


@pytest.mark.parametrize(
    ("clause", "place"),
    [
        ("", ()),
        ("query", ("query",)),
        ("all[1].any[0]", ("all", 1, "any", 0)),
        ("near.of[0][1]", ("near", "of", 0, 1)),
        ("all[0].weights.of.U.S. [x]", ("all", 0, "weights", "of", "U.S. [x]")),
    ],
)
def test_a_clause_leads_back_to_its_place(clause: str, place: tuple[str | int, ...]) -> None:
    assert clause_place(clause) == place


def test_documents_come_with_their_book(tmp_path: Path) -> None:
    text = "lists:\n  l: [q]\nr:\n  all: [x, {any: [y, z]}]\n  query: 'a AND \"@l\"'\n"
    files = load_files(written(tmp_path, text))
    assert files.uses == {"r": {"l"}}
    at = [files.problem("r", clause, "") for clause in ("", "all[1].any[1]", "query")]
    assert [(p.line, p.column) for p in at] == [(3, 1), (4, 22), (5, 10)]
    assert files.list_problem("l", "").line == 2


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("r:\n  query: aa AND b and c\n", 2, 19),
        ("r:\n  query: 'it''s AND b and c'\n", 2, 23),
        ("r:\n  query: |\n    aa AND\n    b and c\n", 4, 7),
        ("r:\n  query: >-\n    aa AND\n    b and c\n", 4, 7),
        ("r:\n  query: aa AND\n    b and c\n", 3, 7),
    ],
)
def test_a_fault_in_a_query_has_its_column(
    text: str, line: int, column: int, tmp_path: Path
) -> None:
    with pytest.raises(Invalid) as refused:
        load_book(written(tmp_path, text))
    [problem] = refused.value.problems
    assert (problem.line, problem.column) == (line, column)


def test_a_rule_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    text = "lists: {l: [q]}\nr: {all: ['@l']}\ns: {all: [x]}\n"
    book, as_written = read_rules(written(tmp_path, text))
    builder = Builder()
    first = builder.build(as_written)
    assert first == book
    _, changed = read_rules(written(tmp_path, text.replace("[q]", "[k]")))
    second = builder.build(changed)
    assert second.rules[0] != first.rules[0]
    assert second.rules[1] is first.rules[1]
    assert isinstance(changed.rules["r"], WrittenRule)
