"""Publish: items in, acknowledged by the broker; the pollers' producer.

Invariant: `publish` returns only when the broker has every record, so what is remembered after it
was never lost.  kafka-python runs in its own threads; its calls block, so they are made off the
loop.  The only module that speaks kafka-python.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from typing import Any

from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError

from streams.broker.connection import Connection
from streams.topics import Topic

log = logging.getLogger("wirewatch.publish")

ACK_TIMEOUT_S = 20.0
"""For one batch; kafka-python goes on trying for longer, but the feed is polled again anyway."""

BLOCK_MOST_MS = 10_000
"""kafka-python blocks a send that long for metadata while the broker is away."""

LINGER_MS = 2
CLOSE_TIMEOUT_S = 2.0


class NotPublished(ConnectionError):
    """The broker did not take, or did not acknowledge, a record."""


class Publisher:
    """One idempotent producer, made when first needed and made anew after it failed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._producer: KafkaProducer | None = None
        self._making = asyncio.Lock()

    async def topic_id(self, topic: Topic) -> str:
        """The id the broker gave `topic` when it was created: new on a new or wiped broker.

        Raises:
            NotPublished: the broker does not say.
        """
        try:
            return await asyncio.to_thread(self._ask_topic_id, self._connection.name(topic))
        except (KafkaError, OSError, KeyError, IndexError) as error:
            raise NotPublished(f"{type(error).__name__}: {error}") from error

    def _ask_topic_id(self, name: str) -> str:
        admin = KafkaAdminClient(**self._connection.client_options())
        try:
            return str(admin.describe_topics([name])[0]["topic_id"])
        finally:
            admin.close()

    async def publish(self, topic: Topic, records: Iterable[tuple[str, bytes]]) -> None:
        """Sends (key, value) pairs and waits until the broker has all of them.

        Raises:
            NotPublished: one of them is not acknowledged; any may be there all the same.
        """
        try:
            async with asyncio.timeout(ACK_TIMEOUT_S):
                producer = await self._ready()
                futures = await asyncio.to_thread(
                    _send_all, producer, self._connection.name(topic), list(records)
                )
                await asyncio.gather(*map(_acknowledged, futures))
        except (KafkaError, OSError, TimeoutError, AssertionError) as error:
            await self.close()
            raise NotPublished(f"{type(error).__name__}: {error}") from error

    async def _ready(self) -> KafkaProducer:
        async with self._making:
            if self._producer is None:
                self._producer = await asyncio.to_thread(self._make)
            return self._producer

    def _make(self) -> KafkaProducer:
        return KafkaProducer(
            acks="all",
            linger_ms=LINGER_MS,
            max_block_ms=BLOCK_MOST_MS,
            client_id="wirewatch-poll",
            **self._connection.client_options(),
        )

    async def close(self) -> None:
        """Ends the producer; what is not acknowledged was never counted as published."""
        producer, self._producer = self._producer, None
        if producer is not None:
            # with a record in flight kafka-python raises here, and again when collected
            with contextlib.suppress(KafkaError):
                await asyncio.to_thread(producer.close, CLOSE_TIMEOUT_S)


def _send_all(producer: KafkaProducer, topic: str, records: list[tuple[str, bytes]]) -> list[Any]:
    return [producer.send(topic, value, key=key.encode()) for key, value in records]


async def _acknowledged(future: Any) -> None:
    """A kafka-python future, awaited on this loop."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    future.add_callback(lambda _: loop.call_soon_threadsafe(settle, None))
    future.add_errback(lambda error: loop.call_soon_threadsafe(settle, error))
    await done
