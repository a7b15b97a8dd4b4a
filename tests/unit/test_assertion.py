"""What a story claims of the words matched: a table of headlines, hostile text, other languages."""

import json
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.assertion.claim import Claim, claim
from streams.assertion.lexicon import Lexicon, languages, lexicon, parse
from streams.assertion.scope import chain
from streams.assertion.sentence import MAX_CHARS_AFTER, MAX_CHARS_BEFORE, around
from streams.match import Status

HERE = Path(__file__).parent
TABLE = tomllib.loads((HERE / "headlines.toml").read_text(encoding="utf-8"))
FLOOR_PER_STATUS = {"asserted": 0.9, "prospective": 0.75, "negated": 0.9, "reversed": 0.85}
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            (
                *("not", "no", "sanctions", "lift", "won’t", "rule", "out", "or", "and", ",", ":"),
                *("U.S.", "will", "to", "Pakistan", "says", "it", "but", "be", "imposed", "-"),
                *("10", ".", "neither"),
            )
        ),
        max_size=40,
    ).map(" ".join),
)


def rows(part: str) -> list[tuple[str, str, str]]:
    return [
        (headline, matched, status)
        for status, groups in TABLE[part].items()
        for group in groups.values()
        for headline, matched in group
    ]


def of(headline: str, matched: str, lang: str = "en") -> Claim:
    start = headline.index(matched)
    return claim(headline, start, start + len(matched), lang)


def status(headline: str, matched: str = "sanctions", lang: str = "en") -> str:
    return str(of(headline, matched, lang).status)


def judged(lines: list[tuple[str, str, str]]) -> tuple[Counter[tuple[str, str]], list[str]]:
    counts: Counter[tuple[str, str]] = Counter()
    misses = []
    for headline, matched, expected in lines:
        got = status(headline, matched)
        counts[expected, got] += 1
        if got != expected:
            misses.append(f"{got}, not {expected}: {headline} [{matched}]")
    return counts, misses


HALVES = {
    "tuned": rows("written")[::2],
    "checked": rows("written")[1::2],
    "held": rows("held"),
}


@pytest.mark.parametrize("part", HALVES)
def test_negated_is_precise_and_found(part: str) -> None:
    counts, misses = judged(HALVES[part])
    said = sum(n for (_, got), n in counts.items() if got == "negated")
    meant = sum(n for (expected, _), n in counts.items() if expected == "negated")
    right = counts["negated", "negated"]
    assert right / said >= 0.95, "\n".join(misses)
    assert right / meant >= 0.90, "\n".join(misses)


@pytest.mark.parametrize("expected", list(Status))
def test_each_status_is_found(expected: Status) -> None:
    lines = [line for line in rows("written") + rows("held") if line[2] == expected]
    counts, misses = judged(lines)
    floor = FLOOR_PER_STATUS.get(expected, 0.9)
    assert counts[expected, expected] >= floor * len(lines), "\n".join(misses)


def test_the_table_is_large_enough() -> None:
    lines = rows("written") + rows("held")
    assert len(lines) >= 150
    assert sum(line[2] == "negated" for line in lines) >= 60


def test_the_seed_headline() -> None:
    headline = "Will not impose sanctions against Pakistan on terror: US"
    for matched in ("sanctions", "Pakistan", "US"):
        found = of(headline, matched)
        assert found.status is Status.NEGATED
        assert headline[found.start : found.end] == "Will not impose"


@pytest.mark.parametrize(
    ("headline", "cue"),
    [
        ("US won’t rule out sanctions", "won’t rule out"),
        ("US refuses to lift sanctions", "refuses to lift"),
        ("US lifts sanctions", "lifts"),
        ("No sanctions on Pakistan: US", "No"),
        ("US imposes sanctions", ""),
        ("The sanctions will not be imposed now", "will not be imposed"),
    ],
)
def test_the_cue(headline: str, cue: str) -> None:
    found = of(headline, "sanctions")
    assert headline[found.start : found.end] == cue


def test_matched_words_are_no_cue_of_themselves() -> None:
    assert status("Cricket board lifts ban on pacer", "lifts ban") == "asserted"


@pytest.mark.parametrize(("headline", "matched", "expected"), rows("german"))
def test_a_second_language(headline: str, matched: str, expected: str) -> None:
    assert status(headline, matched, "de") == expected


def test_a_language_without_cues_asserts() -> None:
    assert status("США не введут санкции", "санкции", "ru") == "asserted"
    assert status("No sanctions", lang="../en") == "asserted"
    assert status("No sanctions", lang="") == "asserted"


def test_the_examples_of_the_page() -> None:
    page = (HERE.parents[1] / "docs" / "rules.md").read_text(encoding="utf-8")
    section = page.split("## What the story claims")[1].split("\n## ")[0]
    [examples] = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
    for matched, expected in json.loads(examples).items():
        assert {headline: status(headline, matched) for headline in expected} == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[before", "xx.toml: not TOML"),
        ("[befor]", "xx.toml: unknown section [befor]"),
        ("before = 1", "xx.toml: before: a table belongs here"),
        ("[before]\nnegator.words = []", "xx.toml: before.negator: unknown key"),
        ("[before]\nnegators = ['no']", "xx.toml: before.negators: holds words and verbs"),
        ("[before]\nnegators.verb = ['no']", "xx.toml: before.negators: holds words and verbs"),
        ("[before]\nnegators.words = ['no', 1]", "xx.toml: before.negators.words[1]: 1 is no word"),
        ("[before]\nnegators.words = 'no'", "xx.toml: before.negators.words: a list"),
        ("[auxiliary]\nnegators = ['!']", "xx.toml: auxiliary.negators[0]: '!' is no word"),
        ("[clause]\nbreaker = []", "xx.toml: clause.breaker: unknown key"),
    ],
)
def test_a_broken_file_is_named_with_its_key(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        parse("xx.toml", text)


def test_every_language_loads() -> None:
    assert {"en", "de"} <= languages()
    assert all(lexicon(lang) is not None for lang in languages())


class Counting(Lexicon):
    """A lexicon that counts how often it is asked."""

    asked = 0

    def __getitem__(self, word: str) -> object:
        type(self).asked += 1
        return super().__getitem__(word)


@pytest.mark.parametrize(
    "unit", ["not ", "not, ", "no-", "or ", "lift ", "a ", "not: ", "U.S. ", "will not, for, ", "𝕟"]
)
def test_hostile_text_costs_no_more_than_its_window(unit: str) -> None:
    text = unit * 50_000 + " sanctions " + unit * 50_000
    file = HERE.parents[1] / "streams" / "assertion" / "cues" / "en.toml"
    cues = Counting("en", tomllib.loads(file.read_text(encoding="utf-8")))
    start = text.index("sanctions")
    Counting.asked = 0
    sentence = around(text, start, start + 9, cues)
    assert sentence is not None
    assert len(sentence.text) <= MAX_CHARS_BEFORE + MAX_CHARS_AFTER + 9
    chain(sentence, cues)
    assert Counting.asked < 3_000


@given(TEXTS, st.integers(-5, 250), st.integers(-5, 250), st.sampled_from(["en", "de", "ur", ""]))
def test_any_span_of_any_text(text: str, start: int, end: int, lang: str) -> None:
    found = claim(text, start, end, lang)
    assert 0 <= found.start <= found.end <= len(text)


@given(st.sampled_from(rows("written")), st.sampled_from(["Shares fell.", "No comment came."]))
def test_another_sentence_changes_nothing(row: tuple[str, str, str], other: str) -> None:
    headline, matched, _ = row
    start = headline.index(matched)
    alone = claim(headline, start, start + len(matched), "en")
    if not headline.endswith(("US", "?", ".")):
        followed = claim(f"{headline}. {other}", start, start + len(matched), "en")
        assert followed == alone
    before = f"{other} "
    start += len(before)
    assert claim(before + headline, start, start + len(matched), "en").status is alone.status
