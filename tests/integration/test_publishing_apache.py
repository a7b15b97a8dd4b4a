"""streams.broker.producer on an Apache Kafka that is killed, and on one that refuses a record."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from stubs.apache_kafka import ApacheKafka
from stubs.outlet import Entry, OutletStub, rss
from stubs.published import (
    Make,
    first_seen,
    make_topics,
    numbered,
    publishers,
    read,
    take_at_most,
    until,
)
from stubs.redis_server import RedisServer
from stubs.wirewatch import Desk

from streams.decision import Decision, Reason
from streams.item import Item
from streams.topics import DECISIONS, ITEMS, TooLarge, Topic, decode

# kafka-python leaves the sockets of refused connections to the collector
pytestmark = [
    pytest.mark.kafka,
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

MISSING = Topic(name="wire.missing", key="any", retention_days=1, purpose="never made")


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Collects here what would warn elsewhere."""
    yield
    gc.collect()


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    async with publishers() as make:
        yield make


async def test_apache_kafka_killed_in_full_flow_has_every_record_once(
    apache: ApacheKafka, make: Make
) -> None:
    await make_topics(apache, "flow.")
    publisher = make(apache, "flow.")
    sent = [0] * 8
    over = asyncio.Event()

    async def go_on(caller: int) -> None:
        while not over.is_set():
            first = sent[caller]
            await publisher.publish(ITEMS, numbered(caller, first + 20, first))
            sent[caller] += 20

    flow = [asyncio.create_task(go_on(caller)) for caller in range(8)]
    await until(lambda: min(sent) > 100)
    await asyncio.to_thread(apache.kill)
    before = sum(sent)
    apache.start()
    await until(lambda: sum(sent) > before + 2_000)
    over.set()
    await asyncio.gather(*flow)
    found = await read(apache, "flow.")
    assert len(found) == sum(sent)
    wanted = [record for caller in range(8) for record in numbered(caller, sent[caller])]
    assert first_seen(found) == first_seen(wanted)


async def test_apache_kafka_refuses_one_record_and_takes_those_around_it(
    apache: ApacheKafka, make: Make
) -> None:
    await make_topics(apache, "small.")
    await take_at_most(apache, "small." + ITEMS.name, 20_000)
    publisher = make(apache, "small.", delivery_s=20.0)
    missing = asyncio.create_task(publisher.publish(MISSING, [("a", b"1")]))
    around = [asyncio.create_task(publisher.publish(ITEMS, numbered(n, 300))) for n in range(10)]
    with pytest.raises(TooLarge) as refused:
        await publisher.publish(ITEMS, [("b", b"1"), ("huge", b"x" * 30_000), ("a", b"2")])
    assert refused.value.keys == ("huge",)
    await asyncio.gather(*around)
    assert not missing.done()
    missing.cancel()
    found = first_seen(await read(apache, "small."))
    assert (found.pop("a"), found.pop("b")) == ([b"2"], [b"1"])
    assert found == first_seen([record for n in range(10) for record in numbered(n, 300)])


async def test_an_item_that_apache_kafka_refuses_is_dropped_with_its_reason_and_left_alone(
    apache: ApacheKafka, desk: Desk, outlet: OutletStub, tmp_path: Path
) -> None:
    await make_topics(apache, "poll.")
    await take_at_most(apache, "poll." + ITEMS.name, 20_000)
    first = Entry("US imposes sanctions", "1", "https://a.example/1", summary="As announced.")
    large = Entry("A whole book", "2", "https://a.example/2", summary="word " * 4_000)
    later = Entry("EU weighs sanctions", "3", "https://a.example/3", summary="In Brussels.")
    outlet.serve("/a", rss(first, large))
    desk.feeds(a=outlet.url("/a"))
    where = {"KAFKA_BOOTSTRAP_SERVERS": apache.bootstrap, "WIREWATCH_TOPIC_PREFIX": "poll."}
    with RedisServer(tmp_path / "redis") as redis:
        poll = desk.run("poll", REDIS_URL=redis.url, **where).until_ready()
        await until(lambda: any("too large" in line for line in poll.errors))
        outlet.serve("/a", rss(first, large, later))
        while len(items := await read(apache, "poll.")) < 2:
            await asyncio.sleep(0.1)
        assert poll.stop() == 0
    assert sorted(decode(Item, value).title for _, value in items) == [later.title, first.title]
    [decided] = [decode(Decision, value) for _, value in await read(apache, "poll.", DECISIONS)]
    assert (decided.title, decided.reason) == (large.title, Reason.TOO_LARGE)
    assert len([line for line in poll.errors if "too large" in line]) == 1
