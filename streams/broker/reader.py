"""Read without a group: the records of a topic as they lie on the broker.

In: a connection and a topic.  Out: its records up to the end, in order within each partition; who
follows the topic gets what is added as well.  Invariants: nothing is committed, no topic is made
by asking for it; a broker that is silent for `patience_s` ends a reading with
`BrokerUnreachable`, and a following only pauses.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.broker.connection import BrokerUnreachable, Connection
from streams.outage import Outage
from streams.topics import Topic

READ_MOST = 500
"""Records handed on at a time; what is fetched ahead is bounded by bytes."""

FETCH_MOST_BYTES = 1_048_576
"""Of one partition at a time; a larger record still comes, alone."""

LOOK_MS = 100
"""Between looks at whether an offset lies beyond the end."""

STOP_S = 2.0
"""For the goodbye to a broker that may be gone."""


FOLLOW_PATIENCE_S = 10.0
"""Who follows a topic says by then that the broker does not answer."""

FOLLOW_WAIT_LEAST_MS = 100
"""What is followed may come that late; asking Tansu every 20 ms would cost more than it gives."""

QUIET_MS = 1_000
"""With nothing new for so long, a follower looks whether the broker is there."""

FIRST = "bootstrap"
"""What aiokafka calls the connection by which it learns of the others; it is closed early."""

RETRY_S = 0.5
"""Between looks at a broker that is away, or at a topic that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One record where it lies.  `value` None is a tombstone; `timestamp_ms` since 1970."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None


async def partitions_of(
    connection: Connection, topics: Sequence[Topic], patience_s: float
) -> dict[str, list[int]]:
    """The partitions of those of `topics` that are on the broker, by the topic's own name.

    Raises:
        BrokerUnreachable: no answer within `patience_s`.
    """
    wanted = {connection.name(topic): topic.name for topic in topics}
    async with _patiently(connection, patience_s):
        admin = AIOKafkaAdminClient(client_id="wirewatch", **connection.client_options())
        try:
            await admin.start()
            # all of them: a broker may create a topic that is asked for by name
            found = await admin.describe_topics()
        finally:
            await _bounded(admin.close())
    return {
        wanted[topic["topic"]]: sorted(each["partition"] for each in topic["partitions"])
        for topic in found
        if topic["topic"] in wanted
    }


async def read_to_end(
    connection: Connection, topic: Topic, patience_s: float
) -> AsyncGenerator[Stored, None]:
    """What lies on `topic`, until there is no more; nothing if there is no such topic.

    Raises:
        BrokerUnreachable: no broker, or it is silent for `patience_s` before the end.
    """
    found = await partitions_of(connection, [topic], patience_s)
    parts = [TopicPartition(connection.name(topic), p) for p in found.get(topic.name, ())]
    if not parts:
        return
    async with (
        _consumer(connection, parts, patience_s) as consumer,
        contextlib.aclosing(_whole(connection, consumer, parts, patience_s)) as records,
    ):
        async for record in records:
            yield record


async def _whole(
    connection: Connection,
    consumer: AIOKafkaConsumer,
    parts: list[TopicPartition],
    patience_s: float,
) -> AsyncGenerator[Stored, None]:
    """From the beginning of each partition to its end, where it is paused."""
    async with _patiently(connection, patience_s):
        starts = await consumer.beginning_offsets(parts)
        ends = await consumer.end_offsets(parts)
    for part in parts:
        consumer.seek(part, starts[part])
    left = {part for part in parts if starts[part] < ends[part]}
    consumer.pause(*set(parts) - left)
    while left:
        got = await _next(connection, consumer, parts, patience_s)
        if not got:
            return
        for part, records in got.items():
            # asked for its end, Tansu names the last batch's start; what it hands out is right
            ends[part] = max(ends[part], consumer.highwater(part) or 0)
            for record in records:
                yield _stored(record)
            if await consumer.position(part) >= ends[part]:
                left.discard(part)
                consumer.pause(part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What came since the chunk before; empty when nothing did for `QUIET_MS`.

    `anew`: the topic from its beginning to its end; what the chunks before it said is void.
    """

    records: tuple[Stored, ...] = ()
    anew: bool = False


async def follow(
    connection: Connection, topic: Topic, outage: Outage
) -> AsyncGenerator[Chunk, None]:
    """The whole topic as one chunk, then what is added, for ever; use it in `aclosing`.

    The first chunk is `anew`, and so is the next after the broker was away or lost its log.  A
    topic that is not there is one that holds nothing.
    """
    while True:
        try:
            async with contextlib.aclosing(_follow_one_log(connection, topic)) as chunks:
                async for chunk in chunks:
                    outage.over()
                    yield chunk
        except BrokerUnreachable as error:
            outage.began(error)
        await asyncio.sleep(RETRY_S)


async def _follow_one_log(connection: Connection, topic: Topic) -> AsyncGenerator[Chunk, None]:
    """Ends when the line to the broker broke, when it has another log, or none."""
    patience_s = FOLLOW_PATIENCE_S
    found = await partitions_of(connection, [topic], patience_s)
    parts = [TopicPartition(connection.name(topic), p) for p in found.get(topic.name, ())]
    if not parts:
        yield Chunk(anew=True)
        return
    slower = replace(connection, fetch_wait_ms=max(connection.fetch_wait_ms, FOLLOW_WAIT_LEAST_MS))
    async with _consumer(slower, parts, patience_s) as consumer:
        lines = _Lines(consumer)
        async with contextlib.aclosing(_whole(slower, consumer, parts, patience_s)) as records:
            whole = tuple([record async for record in records])
        consumer.resume(*parts)
        chunk = Chunk(records=whole, anew=True)
        after: dict[int, int] = {}
        while not lines.broke():
            yield chunk
            after |= {record.partition: record.offset + 1 for record in chunk.records}
            chunk = Chunk(records=await _added(slower, consumer, parts))
            if any(record.offset < after.get(record.partition, 0) for record in chunk.records):
                return  # aiokafka began again by itself: what was read is not there any more


async def _added(
    connection: Connection, consumer: AIOKafkaConsumer, parts: list[TopicPartition]
) -> tuple[Stored, ...]:
    """What comes next; nothing after `QUIET_MS`, if the broker is there."""
    got = await consumer.getmany(timeout_ms=QUIET_MS)
    if not got:
        async with _patiently(connection, FOLLOW_PATIENCE_S):
            await consumer.end_offsets(parts)
    return tuple(_stored(record) for records in got.values() for record in records)


class _Lines:
    """The connections of a consumer.

    A broker that was restarted may have another log under the same name, and offsets do not tell:
    asked for what lies beyond its end, Tansu answers with nothing.  But no line outlives a broker.
    """

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._client = consumer._client
        self._seen: set[Any] = set()

    def broke(self) -> bool:
        """True once one of the connections seen so far has ended."""
        self._seen |= {line for (node, _), line in self._client._conns.items() if node != FIRST}
        return not all(line.connected() for line in self._seen)


async def read_at(
    connection: Connection, topic: Topic, partition: int, offset: int, patience_s: float
) -> Stored | None:
    """The record that lies on `topic` at `partition`@`offset`; None when it is gone or never was.

    Raises:
        BrokerUnreachable: no answer within `patience_s`.
    """
    found = await partitions_of(connection, [topic], patience_s)
    if partition not in found.get(topic.name, ()):
        return None
    part = TopicPartition(connection.name(topic), partition)
    async with (
        _consumer(connection, [part], patience_s) as consumer,
        _patiently(connection, patience_s),
    ):
        if offset < (await consumer.beginning_offsets([part]))[part]:
            return None
        consumer.seek(part, offset)
        while not (got := await consumer.getmany(timeout_ms=LOOK_MS, max_records=1)):
            if (consumer.highwater(part) or offset + 1) <= offset:
                return None
        [record] = got[part]
        return _stored(record) if record.offset == offset else None


async def _next(
    connection: Connection,
    consumer: AIOKafkaConsumer,
    parts: list[TopicPartition],
    patience_s: float,
) -> Any:
    """The next records; none when what is left holds none (a transaction's own marks)."""
    async with _patiently(connection, 2 * patience_s):
        got = await consumer.getmany(timeout_ms=int(patience_s * 1000), max_records=READ_MOST)
        if not got:
            await consumer.end_offsets(parts)
        return got


@contextlib.asynccontextmanager
async def _consumer(
    connection: Connection, parts: list[TopicPartition], patience_s: float
) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        client_id="wirewatch",
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=connection.fetch_wait_ms,
        max_partition_fetch_bytes=FETCH_MOST_BYTES,
        **connection.client_options(),
    )
    try:
        async with _patiently(connection, patience_s):
            await consumer.start()
            consumer.assign(parts)
        yield consumer
    finally:
        await _bounded(consumer.stop())
        # with a dead broker aiokafka's stop() is cancelled from within and leaves its line open
        await _bounded(consumer._client.close())


@contextlib.asynccontextmanager
async def _patiently(connection: Connection, patience_s: float) -> AsyncIterator[None]:
    """Bounds what is within, and words its failures."""
    try:
        async with asyncio.timeout(patience_s):
            yield
    except TimeoutError as error:
        message = f"{connection.bootstrap}: no answer within {patience_s:g} s"
        raise BrokerUnreachable(message) from error
    except (KafkaError, OSError) as error:
        raise BrokerUnreachable(f"{connection.bootstrap}: {error}") from error


async def _bounded(goodbye: Any) -> None:
    task = asyncio.ensure_future(goodbye)
    await asyncio.wait({task}, timeout=STOP_S)
    if not task.done():
        task.cancel()
    elif not task.cancelled():
        task.exception()


def _stored(record: Any) -> Stored:
    return Stored(
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp,
        key=record.key,
        value=record.value,
    )
