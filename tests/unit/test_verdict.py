"""Verdicts: what a rule that holds makes of the claim, and what is told of what it stops."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.assertion.claim import Claim
from streams.item import Item, cut
from streams.match import Evidence, Hit, Match, Policy, Status, Stopped, Verdict
from streams.rules.apply import MAX_DETAIL_CHARS, apply
from streams.rules.ast import Form, Term, Word
from streams.rules.book import Book, Negation, Rule
from streams.rules.matching import verdict
from streams.rules.matching.matcher import Matcher
from streams.rules.matching.verdict import MAX_PIECE_CHARS, fitted, hit_or_stopped
from streams.topics import MAX_RECORD_BYTES, decode, encode

SEED = "Will not impose sanctions against Pakistan on terror: US"
ITEM = Item(id="1", title=SEED, summary="US may lift sanctions", text="Sanctions stay")


def rule(**parts: object) -> Rule:
    wanted = Term(((Word("sanctions", "sanctions", Form.EXACT),),), "sanctions", "all[0]")
    return replace(Rule(id="r", wanted=wanted, channels=("#c",)), **parts)


def piece(field: str) -> Evidence:
    text = getattr(ITEM, field)
    start = text.lower().index("sanctions")
    end = start + len("sanctions")
    return Evidence(clause="all[0]", field=field, start=start, end=end, text=text[start:end])


@pytest.fixture
def negated(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a text says that begins with `Will not impose`, or has `may`, whatever the tagger is."""

    def claim(text: str, start: int, end: int, lang: str) -> Claim:
        assert text[start:end].lower() == "sanctions"
        assert lang == "en"
        if text.startswith("Will not"):
            return Claim(Status.NEGATED, 0, 15)
        at = text.find("may")
        return Claim(Status.PROSPECTIVE, at, at + 3) if at >= 0 else Claim(Status.ASSERTED)

    monkeypatch.setattr(verdict, "claim", claim)


def judged(each: Rule, *fields: str) -> Hit | Stopped:
    return hit_or_stopped(each, tuple(map(piece, fields)), ITEM, "en")


@pytest.mark.usefixtures("negated")
@pytest.mark.parametrize(
    ("fields", "status", "cue"),
    [
        (("text", "summary", "title"), Status.NEGATED, "Will not impose"),
        (("text", "summary"), Status.PROSPECTIVE, "may"),
        (("text",), Status.ASSERTED, ""),
        ((), Status.ASSERTED, ""),
    ],
)
def test_the_status_is_that_of_the_best_place(
    fields: tuple[str, ...], status: Status, cue: str
) -> None:
    hit = judged(rule(), *fields)
    assert isinstance(hit, Hit)
    assert (hit.status, hit.cue.text if hit.cue else "") == (status, cue)
    if hit.cue:
        assert getattr(ITEM, hit.cue.field)[hit.cue.start : hit.cue.end] == cue


@pytest.mark.usefixtures("negated")
@pytest.mark.parametrize(
    ("negation", "field", "hits"),
    [
        (Negation.FLAG, "title", True),
        (Negation.EXCLUDE, "title", False),
        (Negation.EXCLUDE, "summary", True),
        (Negation.ONLY, "title", True),
        (Negation.ONLY, "summary", False),
        (Negation.ONLY, "text", False),
    ],
)
def test_a_rule_may_stop_what_is_negated_or_what_is_not(
    negation: Negation, field: str, hits: bool
) -> None:
    said = judged(rule(negation=negation), field)
    assert isinstance(said, Hit if hits else Stopped)
    assert said.evidence == (piece(field),)
    if isinstance(said, Stopped):
        assert said.by == "negation"


def test_a_hit_has_its_rules_version_and_a_policy_that_is_not_plain() -> None:
    urgent = rule(policy=Policy(priority="flash"))
    plain_hit, urgent_hit = judged(rule(), "title"), judged(urgent, "title")
    assert isinstance(plain_hit, Hit)
    assert isinstance(urgent_hit, Hit)
    assert (plain_hit.policy, urgent_hit.policy) == (None, Policy(priority="flash"))
    assert plain_hit.version != urgent_hit.version == urgent.version
    assert urgent.version is urgent.version  # worked out once


@pytest.mark.usefixtures("negated")
@pytest.mark.parametrize(
    ("negation", "item", "detail"),
    [
        (Negation.EXCLUDE, ITEM, "negation: will not impose"),
        (Negation.ONLY, replace(ITEM, title="US may lift\nsanctions"),
         "negation: only, but prospective: may"),
        (Negation.ONLY, replace(ITEM, title="sanctions"), "negation: only, but asserted"),
    ],
)  # fmt: skip
def test_a_decision_says_what_stopped_it(negation: Negation, item: Item, detail: str) -> None:
    term = Term(((Word("sanctions", "sanctions"),),), "sanctions", "all[0]")
    matcher = Matcher(Book((rule(wanted=term, negation=negation),)))
    match, [decision] = apply(matcher, item, "now")
    assert match is None
    assert decision.detail == detail


def test_several_stops_on_one_channel_are_all_said() -> None:
    word = Evidence(clause="none[0]", field="title", start=0, end=7, text="cricket")

    class Judge:
        book = Book()

        def match(self, item: Item) -> Verdict:
            return Verdict(
                stopped=(
                    Stopped(rule="a", channels=("#c",), evidence=(word,)),
                    Stopped(rule="b", channels=("#c",), by="negation", status=Status.NEGATED),
                    Stopped(rule="c", channels=("#c",), evidence=(replace(word, text="x" * 999),)),
                )
            )

    _, [decision] = apply(Judge(), ITEM, "now")  # type: ignore[arg-type] # a book of no rules
    assert decision.detail.startswith("none: cricket, xx")
    assert len(decision.detail) == MAX_DETAIL_CHARS


@given(st.integers(1, 900), st.integers(0, 16), st.integers(1, 100_000))
def test_evidence_of_any_size_fits(rules: int, pieces: int, chars: int) -> None:
    item = cut(Item(id="a", title="t", summary="😀" * 20_000, text="😀" * 100_000))
    long = Evidence(clause="all[0]", field="text", start=0, end=chars, text="😀" * chars)
    hit = hit_or_stopped(rule(), (long,) * pieces, item, "en")
    assert isinstance(hit, Hit)
    assert all(e.text == item.text[e.start : e.end] for e in hit.evidence)
    assert all(len(e.text) <= MAX_PIECE_CHARS for e in hit.evidence)
    kept = fitted(Verdict(hits=(hit,) * rules))
    assert len(kept.hits) == rules
    assert len(encode(Match(item=item, hits=kept.hits))) < MAX_RECORD_BYTES


def test_small_evidence_is_kept_whole() -> None:
    small = Verdict(hits=(judged(rule(), "title", "text"),))  # type: ignore[arg-type] # a hit
    assert fitted(small) is small


def test_the_longest_tags_leave_room_for_a_match() -> None:
    assert len(encode(cut(Item(id="a", tags=("😀" * 9_999,) * 99)))) < 60_000


def test_records_of_before_still_decode() -> None:
    old = b"""{"item": {"id": "a/1", "title": "Sanctions", "rev": 1, "v": 1}, "hits": [{"rule": "r",
    "channels": ["#c"], "evidence": [{"clause": "all[0]", "field": "title", "start": 0, "end": 9,
    "text": "Sanctions"}]}], "stopped": [{"rule": "q", "channels": ["#c"], "evidence": []}],
    "book": "878bd9a2d5ce7541", "v": 1}"""
    match = decode(Match, old)
    [hit], [stopped] = match.hits, match.stopped
    assert (hit.version, hit.status, hit.cue, hit.policy) == ("", None, None, None)
    assert (stopped.by, stopped.status, stopped.cue, match.item.tier) == ("none", None, None, 0)
