"""Record batches on a real broker: what is committed, what comes again, what waits in memory."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import faust
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from stubs.apache_kafka import ApacheKafka
from stubs.tansu import Tansu

from monitor.embedded.services import Serves, start_service, stop_service
from streams.broker import batches
from streams.broker.admin import ensure_topics
from streams.broker.batches import Kept, always_kept
from streams.broker.connection import Connection
from streams.broker.faust_app import make_app, progress, running, subscribe
from streams.records import Source
from streams.topics import Topic

PARTITIONS = 2
WITHIN_S = 30.0
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def tansu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    service = asyncio.run(start_service(Serves.BROKER, tmp_path_factory.mktemp("tansu")))
    yield service.address
    asyncio.run(stop_service(service))


class Bench:
    """One topic, a group, and the records its apps have worked on."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.topic = Topic(name="t", key="", retention_days=1, purpose="")
        self.done: Counter[tuple[int, int]] = Counter()
        self.chunks: list[Sequence[Source]] = []
        self.changed = asyncio.Condition()

    @property
    def name(self) -> str:
        return self.connection.name(self.topic)

    async def produce(self, count: int, size_bytes: int = 10) -> None:
        """`count` records in each partition."""
        producer = AIOKafkaProducer(bootstrap_servers=self.connection.bootstrap)
        await producer.start()
        for partition in range(PARTITIONS):
            for _ in range(count):
                await producer.send(self.name, b"x" * size_bytes, partition=partition)
        await producer.stop()

    def app(
        self,
        *,
        most: int = 10,
        before: Callable[[Sequence[Source]], Awaitable[None]] | None = None,
        kept: Kept = always_kept,
    ) -> faust.App:
        app = make_app("g", self.connection, kept=kept)

        async def work(sources: Sequence[Source]) -> bool:
            if before:
                await before(sources)
            self.chunks.append(sources)
            self.done.update((s.partition, s.offset) for s in sources)
            async with self.changed:
                self.changed.notify_all()
            return True

        subscribe(app, self.name, work, most=most)
        return app

    async def until_done(self, count: int) -> None:
        async with self.changed, asyncio.timeout(WITHIN_S):
            await self.changed.wait_for(lambda: len(self.done) >= count)

    async def make_again(self) -> None:
        """Deletes the topic and makes it anew; its name is free a moment later."""
        async with self.admin() as admin, asyncio.timeout(WITHIN_S):
            await admin.delete_topics([self.name])
            while self.name in await admin.list_topics():
                await asyncio.sleep(0.05)
        await ensure_topics(self.connection, [self.topic], PARTITIONS, replication=1)

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.connection.bootstrap)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    async def committed(self) -> dict[int, int]:
        async with self.admin() as admin:
            wanted = [TopicPartition(self.name, n) for n in range(PARTITIONS)]
            offsets = await admin.list_consumer_group_offsets(
                self.connection.group("g"), partitions=wanted
            )
            return {tp.partition: offset.offset for tp, offset in offsets.items()}


@pytest.fixture
async def bench(tansu: str, tmp_path: Path) -> Bench:
    connection = Connection(
        bootstrap=tansu,
        prefix=f"p{next(_numbers)}.",
        session_timeout_s=2.0,
        fetch_wait_ms=20,
        data=tmp_path,
    )
    bench = Bench(connection)
    await ensure_topics(connection, [bench.topic], PARTITIONS, replication=1)
    return bench


async def test_chunks_are_in_order_and_a_stop_commits_what_is_finished(bench: Bench) -> None:
    await bench.produce(105)
    async with running(bench.app(most=10)):
        await bench.until_done(2 * 105)
    assert set(bench.done.values()) == {1}
    for partition in range(PARTITIONS):
        seen = [s.offset for chunk in bench.chunks for s in chunk if s.partition == partition]
        assert seen == list(range(105))
    assert {len({s.partition for s in chunk}) for chunk in bench.chunks} == {1}
    assert max(map(len, bench.chunks)) == 10
    assert await bench.committed() == {0: 105, 1: 105}


async def test_a_body_that_raises_gets_its_chunk_again(bench: Bench) -> None:
    failures = [RuntimeError("a bug")] * 2

    async def fail_on_the_third(sources: Sequence[Source]) -> None:
        if failures and any((s.partition, s.offset) == (0, 25) for s in sources):
            raise failures.pop()

    await bench.produce(60)
    async with running(bench.app(before=fail_on_the_third)):
        await bench.until_done(2 * 60)
    assert not failures
    assert set(bench.done.values()) == {1}
    assert await bench.committed() == {0: 60, 1: 60}


async def test_an_unfinished_chunk_is_not_committed_and_a_stop_does_not_wait_for_it(
    bench: Bench,
) -> None:
    stuck = asyncio.Event()

    async def hang_from_twenty(sources: Sequence[Source]) -> None:
        if any((s.partition, s.offset) == (1, 20) for s in sources):
            stuck.set()
            await asyncio.Event().wait()

    await bench.produce(60)
    started = asyncio.get_running_loop().time()
    async with asyncio.timeout(WITHIN_S), running(bench.app(before=hang_from_twenty)) as app:
        await stuck.wait()
        [progressed] = [p for p in progress(app) if p.partition == 1]
        assert (progressed.committed or 0) <= 20
        assert progressed.end == 60
        started = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - started < 10
    assert (await bench.committed())[1] == 20

    async with running(bench.app()):
        await bench.until_done(2 * 60)
    assert set(bench.done.values()) == {1}
    assert await bench.committed() == {0: 60, 1: 60}


async def test_what_waits_in_memory_is_bounded(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MAX_QUEUED_BYTES", 200_000)
    waiting: list[int] = []
    largest = 0

    async def look(_: Sequence[Source]) -> None:
        nonlocal largest
        await asyncio.sleep(0.001)  # slower than the fetches
        [queue] = [topic.queue for topic in app.topics._topics]
        sizes = [batch.size_bytes for batch in queue._queue]
        waiting.append(sum(sizes))
        largest = max([largest, *sizes])

    await bench.produce(2_000, size_bytes=2_000)
    app = bench.app(before=look)
    async with running(app):
        await bench.until_done(2 * 2_000)
    assert set(bench.done.values()) == {1}
    assert 200_000 < max(waiting) <= 200_000 + largest < 2 * 2_000 * 2_000


async def test_partitions_move_without_a_loss(bench: Bench) -> None:
    async def slowly(_: Sequence[Source]) -> None:
        await asyncio.sleep(0.01)

    await bench.produce(400)
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(running(bench.app(before=slowly)))
        await bench.until_done(100)
        second = await stack.enter_async_context(running(bench.app(before=slowly)))
        async with asyncio.timeout(WITHIN_S):
            while [len(progress(app)) for app in (first, second)] != [1, 1]:
                await asyncio.sleep(0.05)
        await bench.until_done(2 * 400)
    assert await bench.committed() == {0: 400, 1: 400}
    assert max(bench.done.values()) <= 2
    assert sum(bench.done.values()) - 2 * 400 <= 20  # the chunk in work at the rebalance


async def test_progress_says_what_stands_still(bench: Bench) -> None:
    stuck = asyncio.Event()

    async def hang(_: Sequence[Source]) -> None:
        stuck.set()
        await asyncio.Event().wait()

    await bench.produce(5)
    async with running(bench.app(before=hang)) as app:
        await stuck.wait()
        progress(app)
        async with asyncio.timeout(WITHIN_S):
            while not any(p.stalled_s > 0.2 for p in progress(app)):
                await asyncio.sleep(0.05)
        assert [p.lag for p in progress(app) if p.stalled_s > 0.2] == [5] * sum(
            p.stalled_s > 0.2 for p in progress(app)
        )


async def test_a_commit_waits_until_the_effects_are_kept(bench: Bench) -> None:
    on_disk, asked = False, asyncio.Event()

    async def kept() -> bool:
        asked.set()
        return on_disk

    await bench.produce(5)
    async with running(bench.app(kept=kept)):
        await bench.until_done(2 * 5)
        await asked.wait()
        assert not any(offset > 0 for offset in (await bench.committed()).values())
        on_disk = True
    assert await bench.committed() == {0: 5, 1: 5}


async def test_a_broker_that_forgot_is_read_from_its_beginning(tmp_path: Path) -> None:
    """A commit of the old log's offsets would hide as many records of the new one."""
    held, let_go = asyncio.Event(), asyncio.Event()

    async def hold_at_twenty(sources: Sequence[Source]) -> None:
        if not let_go.is_set() and any((s.partition, s.offset) == (0, 20) for s in sources):
            held.set()
            await let_go.wait()

    with Tansu(tmp_path / "tansu") as tansu:
        where = Connection(
            bootstrap=tansu.bootstrap, session_timeout_s=2.0, fetch_wait_ms=20, data=tmp_path
        )
        bench = Bench(where)
        await ensure_topics(where, [bench.topic], PARTITIONS, replication=1)
        await bench.produce(30)
        async with running(bench.app(most=1, before=hold_at_twenty)):
            await held.wait()
            await bench.until_done(20)
            tansu.kill()
            tansu.start()
            await ensure_topics(where, [bench.topic], PARTITIONS, replication=1)
            await bench.produce(60)
            bench.done.clear()
            let_go.set()
            await bench.until_done(2 * 60)
        assert await bench.committed() == {0: 60, 1: 60}


@pytest.fixture
async def kafka_bench(apache: ApacheKafka, tmp_path: Path) -> Bench:
    """The same on a broker that keeps a group's offsets whatever becomes of the topic."""
    bench = Bench(
        Connection(
            bootstrap=apache.bootstrap,
            prefix=f"p{next(_numbers)}.",
            session_timeout_s=6.0,
            data=tmp_path,
        )
    )
    await ensure_topics(bench.connection, [bench.topic], PARTITIONS, replication=1)
    return bench


@pytest.mark.kafka
async def test_a_topic_made_anew_is_read_from_its_beginning(
    kafka_bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """While somebody reads it; Kafka itself forgets the offsets of a group that is away."""
    bench = kafka_bench
    await bench.produce(30)
    async with running(bench.app()):
        await bench.until_done(2 * 30)
        await bench.make_again()
        bench.done.clear()
        await bench.produce(5)
        await bench.until_done(2 * 5)
    assert set(bench.done.values()) == {1}
    assert await bench.committed() == {0: 5, 1: 5}
    said = f"{bench.name}-0: cut or made anew, read from 0, not from 30"
    assert caplog.messages.count(said) == 1


@pytest.mark.kafka
async def test_records_gone_before_they_were_read_are_said(
    kafka_bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench = kafka_bench
    await bench.produce(10)
    async with running(bench.app()):
        await bench.until_done(2 * 10)
    await bench.produce(7)
    async with bench.admin() as admin:
        await admin.delete_records(
            {TopicPartition(bench.name, 0): RecordsToDelete(before_offset=14)}
        )
    async with running(bench.app()):
        await bench.until_done(13 + 17)
    assert [m for m in caplog.messages if "deleted" in m] == [
        f"{bench.name}-0: 4 records were deleted before they were read"
    ]
