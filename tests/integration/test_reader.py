"""Reading topics without a group, on Tansu and on Apache Kafka."""

import itertools
import time
from collections import Counter
from dataclasses import replace

import pytest

from streams.broker.admin import ensure_topics
from streams.broker.connection import BrokerUnreachable, Connection
from streams.broker.producer import Publisher
from streams.broker.reader import partitions_of, read_at, read_to_end
from streams.topics import DEADLETTER, ITEMS

PATIENCE_S = 20.0
_prefixes = (f"t{n}." for n in itertools.count())


@pytest.fixture
async def topics(broker: Connection) -> Connection:
    """The broker with a dead-letter topic of the test's own."""
    connection = replace(broker, prefix=next(_prefixes))
    await ensure_topics(connection, [DEADLETTER], 4, replication=1)
    return connection


async def published(connection: Connection, records: list[tuple[str, bytes]]) -> None:
    publisher = Publisher(connection)
    try:
        await publisher.publish(DEADLETTER, records)
    finally:
        await publisher.close()


async def test_everything_is_read_in_order(topics: Connection) -> None:
    records = [(f"k{n % 7}", b"%d" % n) for n in range(2_000)]
    await published(topics, records)
    got = [record async for record in read_to_end(topics, DEADLETTER, PATIENCE_S)]
    assert Counter((r.key.decode(), r.value) for r in got) == Counter(records)
    for key in {key for key, _ in records}:
        values = [int(r.value) for r in got if r.key == key.encode()]
        assert values == sorted(values)
    assert all(r.timestamp_ms > 0 for r in got)


async def test_one_record_is_found_where_it_lies(topics: Connection) -> None:
    await published(topics, [(f"k{n}", b"%d" % n) for n in range(200)])
    got = [record async for record in read_to_end(topics, DEADLETTER, PATIENCE_S)]
    last = {record.partition: record for record in got}  # Tansu says that these are not there
    for record in [got[0], got[77], *last.values()]:
        at = await read_at(topics, DEADLETTER, record.partition, record.offset, PATIENCE_S)
        assert at == record
    for partition, offset in ((0, last[0].offset + 1), (0, 10**9), (99, 0)):
        assert await read_at(topics, DEADLETTER, partition, offset, PATIENCE_S) is None


async def test_a_topic_is_not_made_by_reading_it(topics: Connection) -> None:
    assert [record async for record in read_to_end(topics, ITEMS, PATIENCE_S)] == []
    assert await read_at(topics, ITEMS, 0, 0, PATIENCE_S) is None
    assert await partitions_of(topics, [ITEMS, DEADLETTER], PATIENCE_S) == {
        DEADLETTER.name: [0, 1, 2, 3]
    }
    assert [record async for record in read_to_end(topics, DEADLETTER, PATIENCE_S)] == []


async def test_a_broker_that_is_not_there() -> None:
    nowhere, started = Connection(bootstrap="127.0.0.1:1"), time.monotonic()
    with pytest.raises(BrokerUnreachable, match=r"127\.0\.0\.1:1"):
        [record async for record in read_to_end(nowhere, DEADLETTER, 5)]
    with pytest.raises(BrokerUnreachable):
        await read_at(nowhere, DEADLETTER, 0, 0, 5)
    assert time.monotonic() - started < 15
