"""Rules on wire.rules: pushed, followed by every worker, never taken by halves."""

import asyncio
import contextlib
import itertools
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from stubs.tansu import Tansu

from monitor.program.publishing import Disturbed, ToPublish, keep_published, push, topic_values
from monitor.program.reload import load_edition
from streams.broker.admin import ensure_topics
from streams.broker.connection import Connection
from streams.broker.faust_app import running
from streams.broker.producer import Publisher
from streams.broker.reader import read_to_end
from streams.item import Item
from streams.ledger import NoLedger
from streams.match import Match
from streams.match_agent import match_app
from streams.outage import Outage
from streams.records import Stop
from streams.rules.current import Current
from streams.rules.following import Follower
from streams.rules.load import build_book
from streams.rules.published import MANIFEST, Edition, book_in, differences, manifest
from streams.topics import ITEMS, MATCHES, RULES, TOPICS, decode, encode

# aiokafka leaves a connection to the garbage collector that ends while it is being opened
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

WITHIN_S = 60.0
_prefixes = (f"r{n}." for n in itertools.count())


@pytest.fixture
async def topics(broker: Connection, tmp_path: Path) -> Connection:
    """The broker with topics of the test's own."""
    session_s = 2 if broker.fetch_wait_ms == 20 else broker.session_timeout_s  # Tansu's joins
    connection = replace(broker, prefix=next(_prefixes), data=tmp_path, session_timeout_s=session_s)
    await ensure_topics(connection, TOPICS, 2, replication=1)
    return connection


@pytest.fixture
def edition(tmp_path: Path) -> Callable[..., Edition]:
    def make(**rules: object) -> Edition:
        file = tmp_path / "rules" / "a.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(rules))
        return load_edition(file.parent, ["#desk"]).edition

    return make


@contextlib.asynccontextmanager
async def worker(connection: Connection) -> AsyncIterator[Current]:
    """What a match worker judges by."""
    current = Current()
    follower = Follower(connection, current, Outage("Kafka (rules)"), taken=lambda _: None)
    task = asyncio.create_task(follower.run())
    try:
        yield current
    finally:
        task.cancel()
        await asyncio.wait({task})


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not true():
            await asyncio.sleep(0.01)


async def in_force(edition: Edition, *workers: Current) -> None:
    await until(lambda: {each.book_hash for each in workers} == {edition.book.hash})


async def count(connection: Connection) -> int:
    return len([record async for record in read_to_end(connection, RULES, WITHIN_S)])


async def write(connection: Connection, records: list[tuple[str, bytes | None]]) -> None:
    publisher = Publisher(connection)
    try:
        await publisher.publish(RULES, records)
    finally:
        await publisher.close()


def spoken(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What people are told of rules."""
    return [r.getMessage() for r in caplog.records if r.name == "wirewatch.rules"]


def changes(before: Edition, after: Edition) -> list[tuple[str, bytes | None]]:
    """What a push writes before its manifest."""
    found = differences(after.records, before.records)
    return [(each.key, after.records.get(each.key)) for each in found]


ONE = {"lists": {"l": ["x"]}, "a": {"all": ["@l"]}, "b": {"all": ["b"], "to": "#b"}}


async def test_a_push_writes_what_differs_and_every_worker_takes_it(
    topics: Connection, edition: Callable[..., Edition]
) -> None:
    one = edition(**ONE)
    async with worker(topics) as early:
        assert [d.key for d in await push(topics, one, by="me")] == ["@list/l", "a", "b"]
        async with worker(topics) as late:
            await in_force(one, early, late)
            assert (early.rules, late.matcher.book) == (2, one.book)
            assert await push(topics, one, by="me") == ()
            assert await count(topics) == 4
            two = edition(**(ONE | {"b": {"all": ["bb"]}, "c": {"all": ["c"]}}))
            await push(topics, two, by="me")
            await in_force(two, early, late)
            assert await count(topics) == 7
            only = edition(c={"all": ["c"]})
            await push(topics, only, by="me")
            await in_force(only, early, late)
    there = await topic_values(topics)
    assert set(there) == {"c", MANIFEST}
    assert book_in(there, build_book) == only.book


async def test_half_a_push_is_not_taken_and_said_once(
    topics: Connection, edition: Callable[..., Edition], caplog: pytest.LogCaptureFixture
) -> None:
    one, two = edition(**ONE), edition(a={"all": ["other"]}, z={"all": ["z"]})
    await push(topics, one, by="me")
    async with worker(topics) as current:
        await in_force(one, current)
        await write(topics, changes(one, two)[1:])
        await until(lambda: spoken(caplog))
        async with worker(topics) as restarted:
            await in_force(one, restarted)
            await until(lambda: len(spoken(caplog)) == 2)
            assert current.refused
            assert restarted.refused
            await push(topics, two, by="me")
            await in_force(two, current, restarted)
            assert not current.refused
    said = "wire.rules holds half a push, or two at once: wirewatch rules push"
    assert spoken(caplog) == [f"{said}; the last good book stays in force"] * 2


PUSHER = """
import asyncio, os, signal, sys
from pathlib import Path
from monitor.program import publishing
from monitor.program.reload import load_edition
from streams.broker.connection import Connection

class Dies(publishing.Publisher):
    async def publish(self, topic, records):
        records = list(records)
        await super().publish(topic, records[: len(records) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

publishing.Publisher = Dies
connection = Connection(bootstrap=sys.argv[1], prefix=sys.argv[2])
edition = load_edition(Path(sys.argv[3]), ["#desk"]).edition
asyncio.run(publishing.push(connection, edition, by="dies"))
"""


async def test_a_pusher_killed_between_two_records_changes_nothing(
    topics: Connection, edition: Callable[..., Edition], tmp_path: Path
) -> None:
    one = edition(**ONE)
    async with worker(topics) as current, worker(topics) as other:
        await push(topics, one, by="me")
        await in_force(one, current, other)
        two = edition(**{f"r{n}": {"all": [f"w{n}"]} for n in range(40)})
        pusher = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PUSHER, topics.bootstrap, topics.prefix),
            str(tmp_path / "rules"),
        )
        assert await pusher.wait() == -signal.SIGKILL
        await until(lambda: current.refused and other.refused)
        assert {current.book_hash, other.book_hash} == {one.book.hash}
        await push(topics, two, by="me")
        await in_force(two, current, other)


async def test_pushers_at_the_same_time_leave_a_whole_book(
    topics: Connection, edition: Callable[..., Edition]
) -> None:
    editions = [edition(**{f"r{n}": {"all": [f"w{m}"]} for n in range(9)}) for m in range(3)]
    async with worker(topics) as current:
        for _ in range(3):
            pushes = [push(topics, each, by="me") for each in editions]
            ends = await asyncio.gather(*pushes, return_exceptions=True)
            assert all(isinstance(end, tuple | Disturbed) for end in ends), ends
            if not all(isinstance(end, Disturbed) for end in ends):
                book = book_in(await topic_values(topics), build_book)
                assert book.hash in {each.book.hash for each in editions}
        await push(topics, editions[0], by="me")
        await in_force(editions[0], current)


async def test_another_versions_book_is_refused_and_said_once(
    topics: Connection, edition: Callable[..., Edition], caplog: pytest.LogCaptureFixture
) -> None:
    one, two = edition(**ONE), edition(b={"all": ["b"]})
    await push(topics, one, by="me")
    async with worker(topics) as current:
        await in_force(one, current)
        said = replace(manifest(two, "now", "me"), hash="0" * 16)
        await write(topics, [*changes(one, two), (MANIFEST, encode(said))])
        await until(lambda: spoken(caplog))
        assert "another version of wirewatch" in spoken(caplog)[0]
        assert current.book_hash == one.book.hash
        await push(topics, two, by="me")
        await in_force(two, current)
    assert len(spoken(caplog)) == 1


async def test_no_item_is_judged_by_half_a_book(
    topics: Connection, edition: Callable[..., Edition]
) -> None:
    editions = [
        edition(**{f"r{n}": {"all": ["x"], "to": f"#v{version}"} for n in range(9)})
        for version in range(4)
    ]
    stop, matches = Stop(), []
    async with worker(topics) as current:
        await push(topics, editions[0], by="me")
        await in_force(editions[0], current)
        async with running(match_app(topics, current, NoLedger(), stop)):
            flowing = asyncio.create_task(flow(topics))
            reading = asyncio.create_task(read(topics, matches.append))
            for each in editions * 2:
                await push(topics, each, by="me")
                await in_force(each, current)
                seen = len(matches)
                await until(lambda: len(matches) > seen + 20)  # noqa: B023
            stop.set()
            for task in (flowing, reading):
                task.cancel()
            await asyncio.wait({flowing, reading})
    expected = {each.book.hash: {f"#v{n}"} for n, each in enumerate(editions)}
    assert {match.book for match in matches} == set(expected)
    for match in matches:
        assert len(match.hits) == 9
        assert set(match.channels()) == expected[match.book]


async def flow(connection: Connection) -> None:
    """Items, as fast as the broker takes them one by one."""
    producer = AIOKafkaProducer(bootstrap_servers=connection.bootstrap)
    await producer.start()
    try:
        for number in itertools.count():
            item = Item(id=f"i/{number}", title="x")
            await producer.send_and_wait(connection.name(ITEMS), encode(item), key=item.id.encode())
    finally:
        await producer.stop()


async def read(connection: Connection, take: Callable[[Match], None]) -> None:
    consumer = AIOKafkaConsumer(
        connection.name(MATCHES),
        bootstrap_servers=connection.bootstrap,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    try:
        async for record in consumer:
            take(decode(Match, record.value))
    finally:
        await consumer.stop()


async def test_a_broker_that_forgot_is_told_again(
    edition: Callable[..., Edition], tmp_path: Path
) -> None:
    with Tansu(tmp_path / "tansu") as tansu:
        connection = Connection(bootstrap=tansu.bootstrap, fetch_wait_ms=20)
        one, stop = edition(**ONE), Stop()
        wanted, current = ToPublish.of(one), Current()
        keeping = asyncio.create_task(
            keep_published(connection, wanted, Outage("Kafka (publishing rules)"), stop)
        )
        follower = Follower(
            connection,
            current,
            Outage("Kafka (rules)"),
            taken=lambda _: None,
            forgotten=wanted.due.set,
        )
        async with worker(connection) as other:
            following = asyncio.create_task(follower.run())
            await in_force(one, current, other)
            tansu.kill()
            tansu.start()
            await until_there(connection, one)
            two = edition(b={"all": ["b"]})
            wanted.put(two)
            await in_force(two, current, other)
            for task in (following, keeping):
                task.cancel()
            await asyncio.wait({following, keeping})


async def until_there(connection: Connection, edition: Edition) -> None:
    """Returns once the topic holds what the edition says."""
    async with asyncio.timeout(WITHIN_S):
        while differences(edition.records, await topic_values(connection)):
            await asyncio.sleep(0.05)
