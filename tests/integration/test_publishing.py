"""streams.broker.producer through what happens to a broker: nothing lost, nobody stuck.

On the embedded broker, which forgets at a restart, and before a socket that never answers.
"""

import asyncio
import contextlib
import gc
import inspect
import itertools
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer
from kafka.producer.sender import Sender
from stubs.kafka_relay import KafkaRelay
from stubs.outlet import AUTO, Entry, OutletStub, rss
from stubs.published import SOON_S, Make, first_seen, make_topics, numbered, publishers, read, until
from stubs.tansu import Tansu
from stubs.wirewatch import Desk

from monitor.embedded.services import Serves, start_service, stop_service
from streams.broker.kafka_python import BOOTSTRAP_MOST_MS
from streams.broker.producer import MOST_RECORD_BYTES, NotPublished
from streams.item import Item
from streams.topics import ITEMS, TooLarge, Topic, decode

# kafka-python leaves the sockets of refused connections to the collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

MISSING = Topic(name="wire.missing", key="any", retention_days=1, purpose="never made")


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Collects here what would warn elsewhere."""
    yield
    gc.collect()


@pytest.fixture
async def tansu(tmp_path: Path) -> AsyncIterator[Tansu]:
    with Tansu(tmp_path / "tansu") as broker:
        await make_topics(broker)
        yield broker


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    async with publishers() as make:
        yield make


async def restart(broker: Tansu) -> None:
    await asyncio.to_thread(broker.kill)
    await start(broker)


async def start(broker: Tansu) -> None:
    broker.start()  # in this thread: the kernel ends the child with the thread that spawned it
    await make_topics(broker)


async def test_records_arrive_with_their_keys_and_none_removes_one(
    tansu: Tansu, make: Make
) -> None:
    publisher = make(tansu)
    await publisher.publish(ITEMS, [("a", b"1"), ("b", b"2"), ("a", None)])
    await publisher.publish(ITEMS, [])
    assert sorted(await read(tansu), key=lambda r: r[0]) == [("a", b"1"), ("a", None), ("b", b"2")]
    assert publisher.records_under_way == publisher.bytes_under_way == 0


async def test_a_broker_that_forgets_loses_none_of_the_queued(
    tansu: Tansu, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    publisher = make(tansu)
    await publisher.publish(ITEMS, numbered(99, 100))
    await asyncio.to_thread(tansu.kill)
    queued = {caller: numbered(caller, 300) for caller in range(20)}
    calls = [asyncio.create_task(publisher.publish(ITEMS, r)) for r in queued.values()]
    await until(lambda: publisher.records_under_way == 5_000)
    assert not any(call.done() for call in calls)
    await start(tansu)
    async with asyncio.timeout(SOON_S):
        await asyncio.gather(*calls)
        await publisher.publish(ITEMS, [("later", b"x")])
    found = first_seen(await read(tansu))
    for records in queued.values():
        for key, values in first_seen(records).items():
            assert found[key] == values
    assert found["later"] == [b"x"]
    assert "without idempotence" not in caplog.text  # a producer made anew has an id again


async def test_a_wiped_broker_is_noticed_although_it_was_never_asked(
    tansu: Tansu, make: Make
) -> None:
    """kafka-python repeats such a batch for ever: the broker knows neither producer nor batch."""
    publisher = make(tansu)
    before = await publisher.topic_id(ITEMS)
    await publisher.publish(ITEMS, [("a", b"1")])
    await restart(tansu)
    async with asyncio.timeout(SOON_S):
        others = [(f"other {n}", b"2") for n in range(20)]
        await publisher.publish(ITEMS, others[:1])
        await publisher.publish(ITEMS, others[1:])
    assert await publisher.topic_id(ITEMS) != before
    assert sorted(first_seen(await read(tansu))) == sorted(key for key, _ in others)


async def test_feeds_are_published_again_to_a_broker_that_was_wiped_while_running(
    tansu: Tansu, desk: Desk, outlet: OutletStub, tmp_path: Path
) -> None:
    entries = [Entry(f"Story {n}", f"{n}", f"https://a.example/{n}") for n in range(3)]
    outlet.serve("/a", rss(*entries), etag=AUTO)
    desk.feeds(a=outlet.url("/a"))
    memory = await start_service(Serves.MEMORY, tmp_path)
    where = {"KAFKA_BOOTSTRAP_SERVERS": tansu.bootstrap, "REDIS_URL": f"redis://{memory.address}/0"}
    poll = desk.run("poll", **where).until_ready()
    async with asyncio.timeout(SOON_S):
        for _ in range(2):
            while len(found := await read(tansu)) < len(entries):
                await asyncio.sleep(0.1)
            assert {decode(Item, value).title for _, value in found} == {e.title for e in entries}
            await restart(tansu)
    assert poll.stop() == 0
    await stop_service(memory)


async def test_without_lasting_ids_it_goes_on_without_idempotence_and_says_so_once(
    tmp_path: Path, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    with KafkaRelay() as relay, Tansu(tmp_path / "tansu", relay.port) as tansu:
        relay.broker_port = tansu.port
        await make_topics(tansu)
        publisher = make(tansu)
        await publisher.publish(ITEMS, [("a", b"1")])
        relay.refuse_producer_ids = True
        await restart(tansu)
        async with asyncio.timeout(SOON_S):
            await publisher.publish(ITEMS, numbered(1, 500))
            await restart(tansu)
            await publisher.publish(ITEMS, numbered(1, 500))
        assert relay.refused
        assert first_seen(await read(tansu)) == first_seen(numbered(1, 500))
        await publisher.close()  # or the broker's end would wait for it
    said = [r for r in caplog.records if "without idempotence" in r.message]
    assert [record.levelname for record in said] == ["WARNING"]


@pytest.mark.parametrize(("records", "size"), [(100, 10_000), (1_000, 600)])
async def test_no_more_than_the_limits_is_under_way_and_the_callers_wait(
    tansu: Tansu, make: Make, records: int, size: int
) -> None:
    publisher = make(tansu, records=records, bytes=size)
    await publisher.publish(ITEMS, [("first", b"x")])
    await asyncio.to_thread(tansu.kill)
    most = [0, 0]

    async def watch() -> None:
        while True:
            most[0] = max(most[0], publisher.records_under_way)
            most[1] = max(most[1], publisher.bytes_under_way)
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    calls = [asyncio.create_task(publisher.publish(ITEMS, numbered(n, 60))) for n in range(10)]
    await until(lambda: most[0] == records or most[1] > size - 9)
    assert not any(call.done() for call in calls)
    await start(tansu)
    async with asyncio.timeout(SOON_S):
        await asyncio.gather(*calls)
    watching.cancel()
    assert most[0] <= records
    assert most[1] <= size
    assert len(first_seen(await read(tansu))) == 10 * 7


async def test_a_caller_whose_topic_is_missing_disturbs_nobody(
    tansu: Tansu, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    publisher = make(tansu, delivery_s=3.0)
    caplog.set_level(logging.INFO, "wirewatch.publish")
    stuck = asyncio.create_task(publisher.publish(MISSING, [("a", b"1")]))
    for n in range(20):
        await publisher.publish(ITEMS, [(f"{n}", b"x")])
    assert not stuck.done()
    with pytest.raises(NotPublished, match="not acknowledged within 3 s: KafkaTimeoutError"):
        await stuck
    await publisher.publish(ITEMS, [("last", b"x")])
    assert len(await read(tansu)) == 21
    assert "a new producer" not in caplog.text
    assert publisher.records_under_way == 0


async def test_an_outage_longer_than_the_timeout_ends_the_call_and_nothing_else(
    tansu: Tansu, make: Make
) -> None:
    publisher = make(tansu, delivery_s=1.0, ask_s=1.0, records=10)
    await publisher.publish(ITEMS, [("first", b"x")])
    await asyncio.to_thread(tansu.kill)
    for _ in range(2):
        with pytest.raises(NotPublished, match="within 1 s"):
            await publisher.publish(ITEMS, numbered(1, 20))
        with pytest.raises(NotPublished, match="does not tell the id"):
            await publisher.topic_id(ITEMS)
    await start(tansu)

    async def again(caller: int) -> None:
        while True:
            with contextlib.suppress(NotPublished):
                return await publisher.publish(ITEMS, numbered(caller, 5))

    async with asyncio.timeout(SOON_S):
        await asyncio.gather(*(again(caller) for caller in range(2, 6)))
    assert {f"{caller}/{n}" for caller in range(2, 6) for n in range(5)} <= {
        key for key, _ in await read(tansu)
    }
    await until(lambda: publisher.records_under_way == 0)


async def test_a_cancelled_caller_leaves_room_to_others(tansu: Tansu, make: Make) -> None:
    publisher = make(tansu, records=10)
    await asyncio.to_thread(tansu.kill)
    calls = [asyncio.create_task(publisher.publish(ITEMS, numbered(n, 10))) for n in range(3)]
    await until(lambda: publisher.records_under_way == 10)
    for call in calls[:2]:
        call.cancel()
    await asyncio.wait(calls[:2])
    await start(tansu)
    async with asyncio.timeout(SOON_S):
        await calls[2]
    assert set(first_seen(numbered(2, 10))) <= set(first_seen(await read(tansu)))


@pytest.mark.parametrize("fault", ["kill", "freeze"])
async def test_it_ends_in_bounded_time_while_the_broker_is_away(
    tansu: Tansu, make: Make, fault: str
) -> None:
    publisher, unused = make(tansu, records=100), make(tansu)
    await publisher.publish(ITEMS, [("first", b"x")])
    await asyncio.to_thread(getattr(tansu, fault))
    calls = [
        asyncio.create_task(each.publish(ITEMS, numbered(n, 200)))
        for n, each in enumerate([publisher, publisher, unused])
    ]
    asking = asyncio.create_task(unused.topic_id(ITEMS))
    await until(lambda: publisher.records_under_way == 100)
    began = time.monotonic()
    await publisher.close()
    await unused.close()
    assert time.monotonic() - began < 10  # twice two seconds, on a busy machine
    for failed in await asyncio.gather(*calls, asking, return_exceptions=True):
        assert isinstance(failed, NotPublished)
    with pytest.raises(NotPublished, match="has ended"):
        await publisher.publish(ITEMS, [("late", b"x")])
    ours = [t for t in threading.enumerate() if t.name.startswith("wirewatch-publish")]
    assert all(thread.daemon for thread in ours)
    if fault == "freeze":
        tansu.thaw()
    await until(lambda: not any(thread.is_alive() for thread in ours))


async def test_the_event_loop_goes_on_while_kafka_python_blocks(make: Make) -> None:
    """Making a producer takes so long where somebody listens who never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as deaf:
        broker = Tansu.__new__(Tansu)  # only its address is asked for
        broker.port = deaf.getsockname()[1]
        publisher = make(broker, delivery_s=4.0)
        ticks = [time.monotonic()]
        call = asyncio.create_task(publisher.publish(ITEMS, numbered(1, 1_000)))
        while not call.done():
            await asyncio.sleep(0.01)
            ticks.append(time.monotonic())
        with pytest.raises(NotPublished, match="Unable to bootstrap"):
            await call
        await publisher.close()
    blocked = max(after - before for before, after in itertools.pairwise(ticks))
    assert blocked < BOOTSTRAP_MOST_MS / 1000


async def test_what_is_too_large_is_named_and_the_rest_arrives(tansu: Tansu, make: Make) -> None:
    publisher = make(tansu)
    fits = b"x" * (MOST_RECORD_BYTES - len("fits"))
    records = [("a", b"1"), ("huge", b"x" * MOST_RECORD_BYTES), ("fits", fits), ("b", b"2")]
    with pytest.raises(TooLarge) as refused:
        await publisher.publish(ITEMS, records)
    assert refused.value.keys == ("huge",)
    assert {key for key, _ in await read(tansu)} == {"a", "b", "fits"}


def test_the_names_taken_from_kafka_python_are_there() -> None:
    """Another version has to be looked at again: kafka_python.py stops a producer by these."""
    assert callable(Sender.force_close)
    assert issubclass(Sender, threading.Thread)
    assert "self._sender.force_close()" in inspect.getsource(KafkaProducer.close)
