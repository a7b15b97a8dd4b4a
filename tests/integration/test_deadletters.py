"""Dead letters on a real broker: listed, put back whole or not at all, dropped; by the thousand."""

import itertools
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from stubs.embedded import embedded

from monitor.deadletters import DeadLetters
from monitor.embedded.services import Serves, Service
from streams.broker.admin import ensure_topics
from streams.broker.connection import BrokerUnreachable, Connection
from streams.broker.producer import Publisher
from streams.broker.reader import Stored, read_to_end
from streams.letters import Letter
from streams.topics import (
    DEADLETTER,
    ITEMS,
    MATCHES,
    DeadLetter,
    LetterState,
    Topic,
    dead_letter,
    encode,
)

PATIENCE_S = 20.0
TOO_LONG = b"x" * 900_000
_prefixes = (f"d{n}." for n in itertools.count())


class Bench:
    """One installation of a test's own."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.publisher = Publisher(connection)
        self.letters = DeadLetters(connection, self.publisher, PATIENCE_S)

    def letter(self, topic: Topic, offset: int, value: bytes, **changes) -> DeadLetter:
        given = {"topic": self.connection.name(topic), "partition": 0, "offset": offset}
        given |= {"key": b"k", "error": "bad", "at": f"2026-11-23T10:00:00.{offset % 1000:03}Z"}
        return dead_letter(value=value, **(given | changes))

    async def bury(self, *letters: DeadLetter) -> None:
        await self.publisher.publish(DEADLETTER, [(x.record_key, encode(x)) for x in letters])

    async def named(self) -> dict[str, Letter]:
        return {x.name.removeprefix(self.connection.prefix): x for x in await self.letters.all()}

    async def on(self, topic: Topic) -> list[Stored]:
        return [record async for record in read_to_end(self.connection, topic, PATIENCE_S)]

    async def replay(self, *letters: Letter) -> dict[str, str]:
        """What was refused of them, and why."""
        done = [x async for x in self.letters.replay(letters)]
        assert len(done) == len(letters)
        return {x.letter.name.removeprefix(self.connection.prefix): x.refused for x in done}


@asynccontextmanager
async def installation(connection: Connection) -> AsyncIterator[Bench]:
    bench = Bench(connection)
    await ensure_topics(bench.connection, [ITEMS, DEADLETTER], 2, replication=1)
    yield bench
    await bench.publisher.close()


@pytest.fixture
async def bench(broker: Connection) -> AsyncIterator[Bench]:
    async with installation(replace(broker, prefix=next(_prefixes))) as bench:
        yield bench


@pytest.fixture
def tansu(tmp_path: Path) -> Iterator[Service]:
    with embedded(Serves.BROKER, tmp_path / "tansu") as service:
        yield service


def at(service: Service) -> Connection:
    return Connection(bootstrap=service.address, fetch_wait_ms=20)


async def test_a_record_goes_back_with_its_key_and_bytes(bench: Bench) -> None:
    values = {1: b"{oops", 2: b"", 3: bytes(range(256)), 4: "ü制".encode()}
    await bench.bury(*(bench.letter(ITEMS, n, v, key=f"k{n}".encode()) for n, v in values.items()))
    letters = await bench.named()
    assert (await bench.letters.content(letters["wire.items-0@3"])).value == values[3]
    assert set((await bench.replay(*letters.values())).values()) == {""}
    back = {(r.key, r.value or b"") for r in await bench.on(ITEMS)}
    assert back == {(f"k{n}".encode(), v) for n, v in values.items()}
    assert {x.state for x in (await bench.named()).values()} == {LetterState.REPLAYED}


async def test_a_topics_order_is_kept(bench: Bench) -> None:
    offsets = [*range(40)]
    await bench.bury(*(bench.letter(ITEMS, n, b"%d" % n) for n in reversed(offsets)))
    await bench.replay(*reversed(await bench.letters.all()))
    assert [int(r.value) for r in await bench.on(ITEMS)] == offsets


async def test_a_cut_record_goes_back_only_from_where_it_lies(bench: Bench) -> None:
    binary = b"\xff\xfe"
    await bench.publisher.publish(ITEMS, [("k", TOO_LONG), (binary, b"v"), ("k", b"another")])
    lies = {(r.key, r.value): r for r in await bench.on(ITEMS)}
    long, odd, other = (lies[key] for key in ((b"k", TOO_LONG), (binary, b"v"), (b"k", b"another")))
    await bench.bury(
        bench.letter(ITEMS, long.offset, TOO_LONG, partition=long.partition),
        bench.letter(ITEMS, odd.offset, b"v", partition=odd.partition, key=binary),
        bench.letter(ITEMS, other.offset, TOO_LONG, partition=other.partition),
        bench.letter(ITEMS, 77_777, TOO_LONG),
    )
    letters = await bench.named()
    assert not any(letter.whole for letter in letters.values())
    refused = await bench.replay(*letters.values())
    gone = {name for name, why in refused.items() if "no longer where it came from" in why}
    assert gone == {f"wire.items-{other.partition}@{other.offset}", "wire.items-0@77777"}
    back = Counter((r.key, r.value) for r in await bench.on(ITEMS))
    assert back == {(b"k", TOO_LONG): 2, (binary, b"v"): 2, (b"k", b"another"): 1}
    assert {
        x.name.removeprefix(bench.connection.prefix) for x in await bench.letters.all() if x.open
    } == gone


async def test_nothing_is_put_where_it_does_not_belong(bench: Bench) -> None:
    await bench.publisher.publish(DEADLETTER, [("k", b"\xffgarbage"), ("k", b"{}")])
    await bench.bury(
        bench.letter(DEADLETTER, 900, b"v"),
        bench.letter(MATCHES, 3, b"v"),
        replace(bench.letter(ITEMS, 4, b"v"), topic="long.gone"),
        replace(bench.letter(ITEMS, 5, b"v"), topic="wire.items"),  # of another installation
        bench.letter(ITEMS, 6, b"v"),
    )
    before = await bench.on(DEADLETTER)
    letters = await bench.named()
    assert len(letters) == 7
    refused = await bench.replay(*letters.values())
    assert refused.pop("wire.items-0@6") == ""
    assert refused.pop("wire.matches-0@3").endswith("wire.matches is not on this broker")
    assert all(why.endswith("is no topic that a role reads here") for why in refused.values())
    assert len(await bench.on(DEADLETTER)) == len(before) + 1  # the one mark
    assert [r.value for r in await bench.on(ITEMS)] == [b"v"]
    left = [x for x in await bench.letters.all() if x.open]
    assert len([x async for x in bench.letters.drop(left, "not ours")]) == 6
    assert {x.note for x in await bench.letters.all() if x.state is LetterState.DROPPED} == {
        "not ours"
    }
    assert not [x for x in await bench.letters.all() if x.open]


async def test_ten_thousand_letters(tansu: Service) -> None:
    body = b'{"id": 5, "text": "' + b"x" * 500
    async with installation(at(tansu)) as bench:
        await bench.bury(*(bench.letter(ITEMS, n, body + b"%d" % n) for n in range(10_000)))
        letters = await bench.letters.all()
        assert len(letters) == 10_000
        assert set((await bench.replay(*letters)).values()) == {""}
        assert [int(r.value.removeprefix(body)) for r in await bench.on(ITEMS)] == [*range(10_000)]
        assert not [x for x in await bench.letters.all() if x.open]


async def test_letters_of_a_topic_by_its_name_with_and_without_the_prefix(bench: Bench) -> None:
    await bench.bury(bench.letter(ITEMS, 1, b"v"), bench.letter(MATCHES, 1, b"v"))
    prefix = bench.connection.prefix
    for name in ("wire.items", f"{prefix}wire.items"):
        assert [x.topic for x in await bench.letters.all(name)] == [f"{prefix}wire.items"]
    assert await bench.letters.all("wire") == []


async def test_an_installation_without_the_topic_has_no_letters(broker: Connection) -> None:
    fresh = replace(broker, prefix="nobody.")
    assert await DeadLetters(fresh, Publisher(fresh), PATIENCE_S).all() == []


async def test_a_broker_that_goes_is_said(tansu: Service) -> None:
    async with installation(at(tansu)) as bench:
        await bench.bury(bench.letter(ITEMS, 1, b"v"))
        [found] = await bench.letters.all()
        tansu.child.process.kill()
        tansu.child.process.wait()
        with pytest.raises(BrokerUnreachable):
            await bench.letters.all()
        with pytest.raises(BrokerUnreachable):
            await bench.replay(found)
