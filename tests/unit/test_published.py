"""Books as records of wire.rules and back: whole or not at all, whatever the order they come in."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.program.reload import load_edition
from streams.rules.book import Book
from streams.rules.load import build_book, read_rules
from streams.rules.published import (
    LIST_PREFIX,
    MANIFEST,
    Edition,
    How,
    Nothing,
    NotTaken,
    Unfinished,
    book_in,
    differences,
    earlier,
    edition,
    fold,
    manifest,
    manifest_in,
    written_in,
)
from streams.topics import decode, encode
from streams.written import Manifest, WrittenRule
from streams.yaml12 import Invalid

WORDS = ("Pakistan", "rate cut", "制裁", "U.S.", "کتاب", "O'Neill", "a\tb", "é")
LIST_NAMES = ("pak", "central banks", "ü/ö", "@x", "")
SOME_WORDS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3)
LISTS = st.fixed_dictionaries(dict.fromkeys(LIST_NAMES, SOME_WORDS))
NAMES = st.text("abc-09", min_size=1, max_size=4)


def clauses(term: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """`all` or `any`, and perhaps `none`."""
    some = st.lists(term, min_size=1, max_size=3)
    return st.fixed_dictionaries({"all": some}, optional={"none": some}) | st.fixed_dictionaries(
        {"any": some}, optional={"all": some, "none": some}
    )


TERMS = st.sampled_from([*WORDS, *(f"@{name}" for name in LIST_NAMES)])
MORE = st.fixed_dictionaries(
    {},
    optional={
        "to": st.sampled_from(["#a", ["#a", "#b", "#a"]]),
        "about": st.text(st.characters(categories=("L", "N", "S")), max_size=5),
        "tests": st.just([{"text": "Pakistan", "expect": "hit", "why": "because"}]),
    },
)
RULE = st.builds(dict.__or__, clauses(TERMS | clauses(TERMS)), MORE)
BOOKS = st.tuples(LISTS, st.dictionaries(NAMES, RULE, min_size=1, max_size=4))
"""Lists and rules as an analyst may write them."""


def read(files: list[dict[str, Any]], **options: Any) -> Edition:
    """The edition of some rule files; JSON is YAML."""
    with TemporaryDirectory() as folder:
        rules = Path(folder, "rules")
        rules.mkdir()
        for number, content in enumerate(files):
            Path(rules, f"{number}.yaml").write_text(
                json.dumps(content, ensure_ascii=False), encoding="utf-8"
            )
        return edition(*read_rules(rules, default_to=("#desk",), **options))


def pushed(of: Edition) -> dict[str, bytes]:
    """What the topic holds after a push."""
    return {**of.records, MANIFEST: encode(manifest(of, "now", "me"))}


@settings(max_examples=60, deadline=None)
@given(BOOKS, st.randoms(use_true_random=False))
def test_a_book_comes_back_whatever_its_files_look_like(
    book: tuple[dict[str, Any], dict[str, Any]], chance: Any
) -> None:
    lists, rules = book
    one = read([{"lists": lists, **rules}])
    records = list(pushed(one).items())
    chance.shuffle(records)
    assert book_in(dict(records), build_book) == one.book
    parts = [{name: rule} for name, rule in rules.items()] + [{"lists": lists}]
    chance.shuffle(parts)
    many = read(parts)
    assert many.book.hash == one.book.hash
    assert many.book == one.book
    assert {d.how for d in differences(many.records, one.records)} <= {How.MOVED}
    for name, rule in written_in(dict(records)).rules.items():
        assert rule.rule == rules[name]


@settings(max_examples=40, deadline=None)
@given(BOOKS, BOOKS, st.data())
def test_half_a_push_is_never_taken(old: Any, new: Any, data: st.DataObject) -> None:
    before, after = (read([{"lists": lists, **rules}]) for lists, rules in (old, new))
    values = pushed(before)
    changes = [(d.key, after.records.get(d.key)) for d in differences(after.records, values)]
    done = data.draw(st.integers(0, len(changes)))
    for key, value in data.draw(st.permutations(changes))[:done]:
        fold(values, [(key.encode(), value)])
    if done == 0:
        assert book_in(values, build_book) == before.book
    else:
        with pytest.raises(Unfinished):
            book_in(values, build_book)
    fold(values, [(key.encode(), value) for key, value in changes])
    values[MANIFEST] = pushed(after)[MANIFEST]
    assert book_in(values, build_book) == after.book
    for key in after.records:
        with pytest.raises(Unfinished):
            book_in({k: v for k, v in values.items() if k != key}, build_book)


RULES = {"r": {"all": ["x", "@l"]}, "q": {"any": ["y"], "to": "#q"}}
ONE = read([{"lists": {"l": ["a", "b"]}, **RULES}])


def test_records_are_what_the_analyst_wrote() -> None:
    assert set(ONE.records) == {"r", "q", "@list/l"}
    rule = decode(WrittenRule, ONE.records["r"])
    assert rule == WrittenRule(
        rule={"all": ["x", "@l"]}, channels=("#desk",), where="rules/0.yaml:1:30"
    )
    said = manifest(ONE, "now", "me")
    assert (said.hash, said.rules, said.lists) == (ONE.book.hash, 2, 1)


@pytest.mark.parametrize(
    ("other", "how"),
    [
        ({"lists": {"l": ["a"]}, **RULES}, {"l": How.CHANGED, "r": How.MOVED, "q": How.MOVED}),
        ({"lists": {"l": ["a", "b"]}, "r": RULES["r"]}, {"q": How.REMOVED}),
        ({"lists": {"l": ["a", "b"]}, **RULES, "z": {"all": ["z"]}}, {"z": How.ADDED}),
        (
            {**RULES, "lists": {"l": ["a", "b"]}},
            {"l": How.MOVED, "r": How.MOVED, "q": How.MOVED},
        ),
    ],
)
def test_differences_are_named(other: Mapping[str, Any], how: dict[str, How]) -> None:
    found = differences(read([dict(other)]).records, pushed(ONE))
    assert {each.name: each.how for each in found} == how
    assert {each.what for each in found if each.name == "l"} <= {"list"}


def test_what_is_not_on_the_topic() -> None:
    with pytest.raises(Nothing, match="wirewatch rules push"):
        book_in(ONE.records, build_book)
    with pytest.raises(NotTaken, match=r"manifest on wire\.rules cannot be read"):
        manifest_in({MANIFEST: b"{"})


def test_another_version_of_the_program_is_named() -> None:
    values = pushed(ONE)
    said = replace(decode(Manifest, values[MANIFEST]), hash="0" * 16)
    with pytest.raises(NotTaken, match="another version of wirewatch pushed"):
        book_in(values | {MANIFEST: encode(said)}, build_book)
    later = WrittenRule(rule={"later": ["x"]}, channels=("#a",), where="rules/a.yaml:7:3")
    newer = Edition(book=ONE.book, records={**ONE.records, "r": encode(later)})
    with pytest.raises(NotTaken, match=r'rules/a.yaml:7:3: unknown key "later"'):
        book_in(pushed(newer), build_book)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"rule": 5}',
        b'{"rule": {}, "channels": [], "where": ""}',
        b"[" * 9999,
    ],
)
def test_records_nobody_can_use_make_no_book(value: bytes) -> None:
    records = {**ONE.records, "r": value}
    with pytest.raises(NotTaken, match="cannot read the book"):
        book_in(pushed(Edition(book=ONE.book, records=records)), build_book)


def test_deep_records_make_no_book() -> None:
    deep: dict[str, Any] = {"all": ["x"]}
    for _ in range(3_000):
        deep = {"all": [deep]}
    said = b'{"rule":' + _json(deep) + b',"channels":["#a"],"where":"a:1:1"}'
    with pytest.raises(NotTaken, match="cannot read the book"):
        book_in(pushed(Edition(book=ONE.book, records={"r": said})), build_book)


def _json(deep: dict[str, Any]) -> bytes:
    depth = 3_000
    return b'{"all":[' * (depth + 1) + b'"x"' + b"]}" * (depth + 1)


def test_foreign_keys_do_not_matter() -> None:
    values = pushed(ONE) | {"@later": b"?", "Not A Rule": b"{", "": b"x", "�": b""}
    assert book_in(values, build_book) == ONE.book
    assert differences(ONE.records, values) == ()


def test_the_last_whole_book_is_found_behind_half_a_push() -> None:
    two = read([{"r": {"all": ["new"]}}])
    history = [(k.encode(), v) for k, v in pushed(ONE).items()]
    history += [(b"r", two.records["r"])]  # killed here
    values: dict[str, bytes] = {}
    fold(values, history)
    with pytest.raises(Unfinished):
        book_in(values, build_book)
    assert [book_in(then, build_book) for then in earlier(history)] == [ONE.book]


def test_rules_too_large_for_kafka_are_named(tmp_path: Path) -> None:
    words = [f"{'word' * 30}{n}" for n in range(9_000)]
    file = tmp_path / "rules" / "a.yaml"
    file.parent.mkdir()
    file.write_text("lists:\n  huge: " + json.dumps(words) + "\nr: {all: ['@huge']}\n")
    with pytest.raises(Invalid) as refused:
        load_edition(file.parent, ["#a"])
    [problem] = refused.value.problems
    assert str(problem).startswith(f"{file}:2:3: huge takes 1,1")


def test_books_are_ordered_by_rule() -> None:
    rules = ONE.book.rules
    assert [rule.id for rule in rules] == ["q", "r"]
    assert Book(rules[::-1]) == ONE.book


def test_the_list_prefix_is_no_rule() -> None:
    assert all(key.startswith(LIST_PREFIX) or key.isalnum() for key in ONE.records)
