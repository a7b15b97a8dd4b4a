"""Records at the topic boundary, and stages that never raise."""

from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.decision import Decision, Effect, Reason
from streams.item import Clock, Item, cut
from streams.ledger import NoLedger
from streams.match import Evidence, Hit, Match
from streams.records import TRIES, Downstream, Outgoing, Source, Stop, Stopping, finish
from streams.story import KeyKind, signature
from streams.topics import (
    DEADLETTER,
    DECISIONS,
    ITEMS,
    MAX_RECORD_BYTES,
    DeadLetter,
    TooLarge,
    Topic,
    Undecodable,
    dead_letter,
    decode,
    encode,
)

ITEM = Item(id="a/1", title="Ü 制裁", published=Clock(at="2017-02-11"), tags=("x",))
DECISION = Decision(
    item="a/1", rev=1, title="t", outlet="o", channel="#c", rules=("r",),
    reason=Reason.FIRST, effect=Effect.POST, at="2026-11-23T00:00:00.000Z",
)  # fmt: skip
LETTER = DeadLetter(topic="t", partition=0, offset=1, error="e", value="")


@pytest.mark.parametrize("record", [ITEM, Match(item=ITEM, hits=()), DECISION, LETTER])
def test_records_come_back(record) -> None:
    assert decode(type(record), encode(record)) == record
    assert b'"v":1' in encode(record)


def test_unknown_fields_of_later_versions_are_ignored() -> None:
    assert decode(Item, b'{"id": "a", "later": {"x": 1}}') == Item(id="a")


@pytest.mark.parametrize(
    "value", [None, b"", b"{", b"[]", b'{"id": 5}', b"\xff", b"[" * 100_000, b"null", b"{}"]
)
def test_what_is_no_item(value: bytes | None) -> None:
    with pytest.raises(Undecodable):
        decode(Item, value)


@given(st.binary(max_size=50))
def test_any_bytes_decode_or_are_undecodable(value: bytes) -> None:
    try:
        decode(Match, value)
    except Undecodable as error:
        assert str(error)  # noqa: PT017 - either way is right


def test_the_largest_match_fits_a_kafka_message() -> None:
    huge = cut(Item(id="a", title="😀" * 9_999, summary="😀" * 10**6, text="😀" * 10**6))
    assert huge.text_cut
    pieces = (Evidence(clause="all[0]", field="text", start=0, end=200, text="😀" * 200),) * 16
    hits = tuple(Hit(rule=f"rule-{n}", channels=("#c",), evidence=pieces) for n in range(20))
    assert len(encode(Match(item=huge, hits=hits))) < 1_000_000


def kinds(item: Item) -> list[str]:
    return [key.kind for key in signature(item).keys]


def test_story_keys() -> None:
    item = Item(id="1", feed="f", title="Morning briefing", guid="77", canonical_url="https://a/x")
    assert kinds(item) == ["item", "url", "guid", "title"]
    assert kinds(replace(item, text="Words")) == ["item", "url", "guid", "text"]
    assert kinds(replace(item, title="one two three four five", text="W"))[-1] == KeyKind.TITLE
    assert "url" not in kinds(replace(item, canonical_url="https://a.example/"))
    local, other = signature(item), signature(replace(item, feed="g", id="2"))
    assert not {k for k in local.keys if k.kind == "guid"} & set(other.keys)
    same = signature(replace(item, title="MORNING  Briefing!"))
    assert same.text == local.text


class Sent(list):
    """Collects (topic, value) the broker has; fails as told before, at the send or its answer."""

    def __init__(self, *failures: Exception | None) -> None:
        super().__init__()
        self.failures = list(failures)

    async def __call__(self, topic: Topic, key: bytes, value: bytes) -> Awaitable[None]:
        failure = self.failures.pop(0) if self.failures else None

        async def answer() -> None:
            if failure:
                raise failure
            self.append((topic.name, value))

        return answer()


def downstream(sent: Sent, stop: Stop | None = None) -> Downstream:
    return Downstream(sent, NoLedger(), stop or Stop())


class Read(NamedTuple):
    """A record as a consumer hands it over."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes


def source(offset: int, value: bytes = b"\xff") -> Source:
    return Read(topic=ITEMS.name, partition=3, offset=offset, key=b"k", value=value)


def outgoing(*numbers: int) -> list[Outgoing]:
    return [Outgoing(topic=ITEMS, key="k", record=Item(id=str(n))) for n in numbers]


async def test_a_failed_send_is_made_again() -> None:
    sent = Sent(ConnectionError("away"))
    await downstream(sent).decide(DECISION)
    assert [topic for topic, _ in sent] == [DECISIONS.name]


async def test_what_follows_a_failed_send_is_sent_again_behind_it() -> None:
    sent = Sent(None, ConnectionError("away"))
    await downstream(sent).send(*outgoing(1, 2, 3))
    assert [decode(Item, value).id for _, value in sent] == ["1", "3", "2", "3"]


class Counted:
    """A stage that fails on the records it is told to, and counts."""

    def __init__(self, errors: dict[int, list[Exception]]) -> None:
        self.errors = errors
        self.done: list[int] = []
        self.tries: Counter[int] = Counter()

    async def __call__(self, sources: Sequence[Source]) -> None:
        for each in sources:
            self.tries[each.offset] += 1
            if self.errors.get(each.offset):
                raise self.errors[each.offset].pop(0)
        self.done += [each.offset for each in sources]


@pytest.mark.parametrize(
    ("error", "tries"),
    [(Undecodable("bad"), 2), (TooLarge("big"), 2), (KeyError("bug"), 1 + TRIES)],
)
async def test_a_bad_record_leaves_a_dead_letter_and_the_others_go_on(
    error: Exception, tries: int
) -> None:
    sent, stage = Sent(), Counted({7: [error] * 99})
    assert await finish([source(n) for n in (6, 7, 8)], downstream(sent), stage) is True
    [(topic, value)] = sent
    letter = decode(DeadLetter, value)
    assert (topic, letter.offset, letter.partition, letter.key) == (DEADLETTER.name, 7, 3, "k")
    assert (stage.done, stage.tries[7]) == ([6, 8], tries)


async def test_a_broker_that_takes_little_gets_the_letter_without_its_value() -> None:
    sent, stage = Sent(TooLarge("big")), Counted({7: [Undecodable("bad")] * 99})
    assert await finish([source(7, b"x" * 5_000)], downstream(sent), stage) is True
    letter = decode(DeadLetter, sent[0][1])
    assert (letter.value, letter.size, letter.cut, letter.error) == ("", 5_000, True, "bad")


def test_the_longest_letter_fits_a_kafka_message() -> None:
    letter = dead_letter(
        topic=ITEMS.name, partition=3, offset=7, key=b"\x01" * 10**6, value=b"\xff" * 10**6,
        error="\x01" * 10**6, at="2026-11-23T00:00:00.000Z",
    )  # fmt: skip
    assert letter.cut
    assert len(encode(letter)) < MAX_RECORD_BYTES


async def test_a_passing_failure_costs_no_record() -> None:
    sent, stage = Sent(), Counted({7: [KeyError("once"), KeyError("twice")]})
    assert await finish([source(n) for n in (6, 7, 8)], downstream(sent), stage) is True
    assert (sent, stage.done) == ([], [6, 7, 8])


async def test_a_stop_leaves_the_record_unacknowledged() -> None:
    stop = Stop()
    stop.set()

    async def stage(_: Sequence[Source]) -> None:
        await downstream(Sent(ConnectionError("away")), stop).decide(DECISION)

    assert await finish([source(7)], downstream(Sent(), stop), stage) is False
    with pytest.raises(Stopping):
        await stop.sleep(60)
