"""What lies on `wire.deadletter`, folded; and text of strangers, shown."""

import random
from base64 import b64encode
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.cli.shown import as_text, one_line, printable
from streams.letters import UNKNOWN, Letter, Letters, Lying, mark, read_letter, value_of
from streams.topics import (
    MAX_DEADLETTER_BYTES,
    DeadLetter,
    LetterState,
    dead_letter,
    decode,
    encode,
)

TOPIC = "wire.deadletter"


def letter(offset: int = 41, *, at: str = "2026-11-23T10:00:00.000Z", **changes) -> DeadLetter:
    given = {"topic": "wire.items", "partition": 3, "key": b"k", "value": b"{oops", "error": "bad"}
    return dead_letter(offset=offset, at=at, **(given | changes))


def lying(*records: DeadLetter | bytes) -> list[Lying]:
    values = [record if isinstance(record, bytes) else encode(record) for record in records]
    return [
        Lying(topic=TOPIC, partition=0, offset=n, timestamp_ms=1_700_000_000_000, key=b"", value=v)
        for n, v in enumerate(values)
    ]


def folded(*records: DeadLetter | bytes) -> list[Letter]:
    letters = Letters()
    for record in lying(*records):
        letters.add(record)
    return letters.all()


def marked(found: Letter, state: LetterState, at: str = "2026-11-23T11:00:00.000Z") -> DeadLetter:
    return mark(found, state, at=at, note="because")


def test_a_letter_says_what_it_was_and_why() -> None:
    [found] = folded(letter())
    assert found == Letter(
        name="wire.items-3@41", topic="wire.items", partition=3, offset=41, key="k", size=5,
        whole=True, errors=("bad",), at="2026-11-23T10:00:00.000Z", state=LetterState.BURIED,
        marked="", note="", replays=0, place=(0, 0),
    )  # fmt: skip
    assert found.open


def test_one_letter_per_record_with_all_its_errors() -> None:
    a = letter(error="#a: gone")
    b = letter(error="#b: gone", at="2026-11-23T10:00:00.001Z")
    [found] = folded(a, b, a)
    assert found.errors == ("#a: gone", "#b: gone")
    assert found.place == (0, 1)


def test_a_mark_closes_and_a_later_letter_opens_again() -> None:
    first = letter()
    [found] = folded(first)
    dropped = marked(found, LetterState.DROPPED)
    [closed] = folded(first, dropped)
    assert (closed.state, closed.note, closed.open) == (LetterState.DROPPED, "because", False)
    assert closed.marked == "2026-11-23T11:00:00.000Z"
    again = letter(at="2026-11-23T10:30:00.000Z", error="worse")  # before the mark's own time
    [opened] = folded(first, dropped, again)
    assert (opened.state, opened.errors, opened.note) == (LetterState.BURIED, ("worse",), "")


def test_the_last_mark_counts() -> None:
    first = letter()
    [found] = folded(first)
    replayed = marked(found, LetterState.REPLAYED)
    dropped = marked(found, LetterState.DROPPED, "2026-11-23T12:00:00.000Z")
    assert folded(first, dropped, replayed)[0].state is LetterState.DROPPED


def test_replays_follow_the_bytes_to_the_next_letter() -> None:
    first = letter()
    replayed = marked(folded(first)[0], LetterState.REPLAYED)
    second, other = letter(50), letter(51, value=b"{other")
    found = {x.name: x for x in folded(first, replayed, second, other)}
    assert {name: x.replays for name, x in found.items()} == {
        "wire.items-3@41": 1,
        "wire.items-3@50": 1,
        "wire.items-3@51": 0,
    }
    assert found["wire.items-3@50"].open


@pytest.mark.parametrize(
    ("changes", "whole", "size"),
    [
        ({}, True, 5),
        ({"value": b""}, True, 0),
        ({"value": b"x" * MAX_DEADLETTER_BYTES}, True, MAX_DEADLETTER_BYTES),
        ({"value": b"x" * (MAX_DEADLETTER_BYTES + 1)}, False, MAX_DEADLETTER_BYTES + 1),
        ({"key": b"\xff"}, False, 5),
        ({"key": "�".encode()}, True, 5),
        ({"key": b"k" * 2_000}, False, 5),
    ],
)
def test_what_is_cut_is_not_whole(changes: dict, whole: bool, size: int) -> None:
    [found] = folded(letter(**changes))
    assert (found.whole, found.size) == (whole, size)


def test_letters_of_the_first_version_were_cut_at_200_000_bytes() -> None:
    old = {"topic": "wire.items", "partition": 1, "offset": 2, "error": "e", "v": 1}
    for value, key, whole, size in (
        (b"x" * 5, "k", True, 5),
        (b"x" * 200_000, "k", False, UNKNOWN),
        (b"x" * 5, "�", False, 5),
    ):
        body = old | {"key": key, "value": b64encode(value).decode()}
        [found] = folded(msgspec.json.encode(body))
        assert (found.whole, found.size) == (whole, size)


@pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b"{}", b'{"topic": 5}', b"null"])
def test_what_is_no_dead_letter_is_one_itself(value: bytes) -> None:
    [found] = folded(value)
    assert (found.name, found.open, found.whole) == (f"{TOPIC}-0@0", True, True)
    assert found.errors[0].startswith("no dead letter: ")
    assert found.at == "2023-11-14T22:13:20.000Z"
    assert value_of(read_letter(lying(value)[0])) == value
    assert folded(value, marked(found, LetterState.DROPPED))[0].state is LetterState.DROPPED


def test_a_forged_letter_disturbs_nothing() -> None:
    forged = replace(letter(), value="no base64!", size=10**30, partition=-(10**9), at="tomorrow")
    [record] = lying(forged)
    letters = Letters()
    letters.add(record)
    letters.add(replace(record, value=b"x", timestamp_ms=2**63 - 1))
    assert [found.whole for found in letters.all()] == [True, False]
    assert value_of(forged) == b""


def test_marks_without_a_letter_say_nothing() -> None:
    assert folded(marked(folded(letter())[0], LetterState.DROPPED)) == []


@given(st.lists(st.sampled_from(range(6)), max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_partitions_does_not_matter(picks: list[int], rng: random.Random) -> None:
    first = letter()
    second = letter(at="2026-11-23T10:00:01.000Z", error="worse")
    [a], [b] = folded(first), folded(second)
    possible = [
        first,
        second,
        letter(50),
        marked(a, LetterState.REPLAYED),
        marked(b, LetterState.DROPPED, "2026-11-23T12:00:00.000Z"),
        b"garbage",
    ]
    records = lying(*(possible[pick] for pick in picks))
    shuffled = list(records)
    rng.shuffle(shuffled)

    def fold(given: list[Lying]) -> list[Letter]:
        letters = Letters()
        for record in given:
            letters.add(record)
        return [replace(found, place=(0, 0), errors=()) for found in letters.all()]

    assert fold(records) == fold(shuffled)


@given(st.binary(max_size=200), st.binary(max_size=50), st.text(max_size=50))
def test_any_record_comes_back_from_its_letter(value: bytes, key: bytes, error: str) -> None:
    found = decode(DeadLetter, encode(letter(value=value, key=key, error=error)))
    assert value_of(found) == value
    assert found.cut == (found.key.encode() != key)


@given(st.text())
def test_nothing_a_terminal_obeys_is_shown(text: str) -> None:
    shown = one_line(text)
    assert all(c.isprintable() or c in "\u200c\u200d" for c in shown)
    assert "\n" not in shown
    assert len(printable(text).splitlines()) <= len(text.splitlines())


def test_shown_text_keeps_its_letters() -> None:
    assert one_line("पाकिस्तान ن\u200cی ok") == "पाकिस्तान ن\u200cی ok"
    assert one_line("a\x1b[31m\u202eb\nc") == "a\\x1b[31m\\u202eb\\nc"
    assert printable("a\nb\x07") == "a\nb\\x07"
    assert as_text("é".encode()) == "é"
    assert as_text(b"\xff") is None
