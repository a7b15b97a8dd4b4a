"""Rules and items made to be slow or to break something: answered or refused, never more.

How long each takes is measured by `make bench PART=hostile`.
"""

from pathlib import Path

import pytest
from stubs.hostile import Hostile, hostile

from streams.item import MAX_ITEM_CHARS, MAX_TAGS, Item, cut
from streams.match import Evidence
from streams.rules.book import Book, Rule
from streams.rules.load import load_book
from streams.rules.matching.matcher import Matcher
from streams.rules.matching.patterns import BadPattern, compiled
from streams.rules.terms import make_term
from streams.yaml12 import MAX_FILE_BYTES, Invalid

SIZE = 1_000


@pytest.mark.parametrize("case", [*hostile(SIZE)], ids=lambda case: case.name)
def test_a_hostile_rule_is_answered(case: Hostile) -> None:
    matcher = Matcher(Book((Rule(id="r", wanted=case.wanted),)))
    verdict = matcher.match(case.item)
    assert bool(verdict.hits) is case.hits
    assert matcher.hits(case.item) == {hit.rule for hit in verdict.hits}
    assert all(stands(case.item, e) for hit in verdict.hits for e in hit.evidence)


def test_a_phrase_of_words_written_in_many_ways_is_answered() -> None:
    ways = [make_term(word, "exact", exact=True) for word in ("No", "NO", "nO")]
    phrases = [make_term("no " * words + "yes", "all[0]") for words in (30, 2)]
    terms = (*phrases, *ways)
    book = Book(tuple(Rule(id=f"r{n}", wanted=term) for n, term in enumerate(terms)))
    item = Item(id="i", title="No NO nO no " * 10 + "x, no NO yes", lang="en")
    assert Matcher(book).hits(item) == {"r1", "r2", "r3", "r4"}


def stands(item: Item, piece: Evidence) -> bool:
    return str(getattr(item, piece.field))[piece.start : piece.end] == piece.text != ""


@pytest.mark.parametrize(
    "regex",
    [
        "(",
        "((a{0,30}){0,30}){0,30}",
        "(x{1,100}){1,100}",
        "a{1001}",
        r"(a)\1",
        "(?=a)",
        "x" * 10**6,
    ],
    ids=lambda regex: regex[:24],
)
def test_a_regex_that_grows_is_refused(regex: str) -> None:
    with pytest.raises(BadPattern, match=r"\w"):
        compiled(regex)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("r: " + "[" * 100_000, "nested more than 64 levels deep"),
        ("r: " + "{all: [" * 100_000, "nested more than 64 levels deep"),
        ("r:\n" + "\n".join("  " * n + "- all:" for n in range(300)), "nested more than 64"),
        ("r: {any: [" + "x, " * 10_001 + "]}", "at most 10,000 belong here"),
        ("r: {any: ['" + "x" * 7_000_000 + "']}", " 200 "),
        ("#" * (MAX_FILE_BYTES + 1), "larger than 8 MB"),
        ('r: {all: ["\\ud800"]}', "1:"),
        ("r: {all: [x\0y]}", "1:"),
    ],
    ids=["lists", "clauses", "blocks", "terms", "term", "file", "surrogate", "NUL"],
)
def test_a_hostile_file_is_refused(tmp_path: Path, rules: str, said: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(rules, encoding="utf-8")
    with pytest.raises(Invalid, match=said) as refused:
        load_book(file)
    assert len(str(refused.value)) < 1_000


def test_an_item_of_a_megabyte_is_cut_and_judged() -> None:
    item = cut(Item(id="i", text="alpha " * 170_000, tags=("x",) * 5_000))
    assert (len(item.text), len(item.tags), item.text_cut) == (MAX_ITEM_CHARS, MAX_TAGS, True)
