"""What tests publish, and what a broker has of it: topics made, records numbered and read back."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.broker.admin import ensure_topics
from streams.broker.connection import Connection
from streams.broker.producer import Limits, Publisher
from streams.topics import ITEMS, TOPICS, Topic

PARTITIONS = 4

SOON_S = 60.0
"""For what takes a second on an idle machine."""

Make = Callable[..., Publisher]
Records = list[tuple[str, bytes | None]]


class Broker(Protocol):
    """Any of the brokers of these stubs."""

    @property
    def bootstrap(self) -> str: ...


def connection(broker: Broker, prefix: str = "") -> Connection:
    return Connection(bootstrap=broker.bootstrap, prefix=prefix)


@asynccontextmanager
async def publishers() -> AsyncIterator[Make]:
    """`make(broker, prefix, limits…)` gives publishers that are closed at the end."""
    made: list[Publisher] = []

    def make(broker: Broker, prefix: str = "", **limits: Any) -> Publisher:
        made.append(Publisher(connection(broker, prefix), Limits(**limits)))
        return made[-1]

    yield make
    for each in made:
        await each.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not condition():
            await asyncio.sleep(0.01)


async def make_topics(broker: Broker, prefix: str = "") -> None:
    await ensure_topics(connection(broker, prefix), TOPICS, PARTITIONS, replication=1)


async def read(broker: Broker, prefix: str = "", topic: Topic = ITEMS) -> Records:
    """Every record of a topic, in order within its partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, fetch_max_wait_ms=50)
    await consumer.start()
    try:
        name = connection(broker, prefix).name(topic)
        partitions = [TopicPartition(name, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning()
        expected = sum((await consumer.end_offsets(partitions)).values())
        found: Records = []
        async with asyncio.timeout(SOON_S):
            while len(found) < expected:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += [(record.key.decode(), record.value) for record in records]
        return found
    finally:
        await consumer.stop()


def numbered(caller: int, end: int, start: int = 0) -> Records:
    """Records from `start` to `end` over seven keys, each key's values ascending."""
    return [(f"{caller}/{n % 7}", b"%06d" % n) for n in range(start, end)]


def first_seen(records: Iterable[tuple[str, bytes | None]]) -> dict[str, list[bytes | None]]:
    """Each key's values in the order in which they first appear."""
    seen: dict[str, dict[bytes | None, None]] = defaultdict(dict)
    for key, value in records:
        seen[key][value] = None
    return {key: list(values) for key, values in seen.items()}


async def take_at_most(broker: Broker, topic: str, size: int) -> None:
    """Returns once the broker refuses larger records for `topic`."""
    name, kind = "max.message.bytes", ConfigResourceType.TOPIC
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(kind, topic, {name: str(size)})])
        async with asyncio.timeout(SOON_S):
            in_force = ""
            while in_force != str(size):
                [answer] = await admin.describe_configs([ConfigResource(kind, topic, {name: None})])
                in_force = answer.resources[0][4][0][1]
    finally:
        await admin.close()
