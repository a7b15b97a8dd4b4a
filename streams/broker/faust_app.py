"""The Faust app: how this program joins a consumer group, reads, and stops within a bound.

In: where the broker is.  Out: a `faust.App` with the settings that lose nothing, `running` to start
and stop it, `subscribe` and `sender` for its way in and out.  Invariants: an offset is committed
only after its record's effect; a stop ends within a bound also when the broker is gone.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import faust
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from faust.contrib.asgi import bind_to_running_loop
from faust.exceptions import ProducerSendError
from faust.tables import TableManager
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.broker.batches import STOP_S, BatchConsumer, BatchStream, Kept, always_kept, bounded
from streams.broker.connection import BrokerUnreachable, Connection, Security
from streams.broker.progress import PartitionProgress
from streams.records import Send, Source
from streams.topics import TooLarge, Topic

log = logging.getLogger("wirewatch.stream")

COMMIT_INTERVAL_S = 0.5
"""The window of duplicates after a kill; shorter costs throughput, longer repeats more work."""

LINGER_S = 0.002
"""Batches what one wake-up sends, at an unnoticeable price in latency."""

PRODUCER_TIMEOUT_S = 30.0
"""Faust's default of 20 minutes would hide an outage."""

METADATA_MAX_AGE_MS = 30_000
"""A topic made anew after a broker restart is noticed within half a minute."""

MAX_POLL_INTERVAL_S = 86_400.0
"""A day: while Slack is away nothing is fetched, and that must not cost the partitions."""

Work = Callable[[Sequence[Source]], Awaitable[bool]]
"""A chunk of records; True once every one has had its effect, False when the program stops."""


class _QuickTables(TableManager):
    """No tables here: skips the one second Faust sleeps for them at every start."""

    async def on_start(self) -> None:
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()


class _Thread(driver.AIOKafkaConsumerThread):
    """Reads and commits; stops within `STOP_S` when the broker is gone."""

    fetch_wait_ms = 500

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = self.fetch_wait_ms
        return consumer

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """A commit that the broker refuses is made again or is no longer ours; Faust would crash.

        Its own test for "already rebalanced" misses aiokafka's text, which has a line break there.
        The heartbeat asks first whether the group still knows us: a broker that lost its log
        would take the offsets of the old one, and as many new records would never be read.
        """
        ours = {tp: offset for tp, offset in offsets.items() if tp in self.assignment()}
        wanted = {driver.ensure_aiokafka_TP(tp): offset for tp, offset in ours.items()}
        consumer = self._ensure_consumer()
        try:
            if not await consumer._coordinator._do_heartbeat():
                return False
            await consumer.commit(wanted)
        except KafkaError as error:
            log.debug("commit of %s: %r", wanted, error)
            return False
        return True

    async def on_thread_stop(self) -> None:
        await bounded(super().on_thread_stop())
        # aiokafka's fetcher lets CancelledError out of close(); what it left open keeps the
        # thread alive for ever
        if self._consumer is not None and self._consumer._client is not None:
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await asyncio.wait_for(self._consumer._client.close(), 1)


class _Consumer(BatchConsumer):
    """Record batches, read by a thread that stops within a bound."""

    thread: type[_Thread] = _Thread

    def _new_consumer_thread(self) -> _Thread:
        return self.thread(self, loop=self.loop, beacon=self.beacon)


def make_app(name: str, connection: Connection, kept: Kept = always_kept) -> faust.App:
    """An app in the consumer group `name`, not started; `subscribe` it, then run it.

    Offsets are committed once `kept()` is true of what was finished before.
    """
    group = connection.group(name)
    app = faust.App(
        group,
        broker=f"kafka://{connection.bootstrap.replace(',', ';kafka://')}",
        broker_credentials=_credentials(connection.security),
        store="memory://",
        datadir=str(connection.data / f"faust-{group}"),
        TableManager=_QuickTables,
        Stream=BatchStream,
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        worker_redirect_stdouts=False,
        table_standby_replicas=0,
        broker_session_timeout=connection.session_timeout_s,
        broker_heartbeat_interval=connection.session_timeout_s / 6,
        broker_commit_interval=COMMIT_INTERVAL_S,
        broker_max_poll_interval=MAX_POLL_INTERVAL_S,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=METADATA_MAX_AGE_MS,
        producer_linger=LINGER_S,
        producer_request_timeout=PRODUCER_TIMEOUT_S,
        stream_wait_empty=True,
    )
    app.transport = _transport(app, connection, kept)
    return app


def _credentials(security: Security) -> Any:
    """What Faust gives to its consumer and its producer; None where Kafka is entered as it is."""
    if security.protocol.sasl:
        return faust.SASLCredentials(
            mechanism=security.mechanism,
            username=security.username,
            password=security.password,
            ssl_context=security.context,
        )
    return faust.SSLCredentials(security.context) if security.protocol.tls else None


def _transport(app: faust.App, connection: Connection, kept: Kept) -> Any:
    thread = type("Thread", (_Thread,), {"fetch_wait_ms": connection.fetch_wait_ms})
    consumer = type("Consumer", (_Consumer,), {"thread": thread, "kept": staticmethod(kept)})
    transport = type("Transport", (driver.Transport,), {"Consumer": consumer})
    return transport(app.conf.broker_consumer, app)


def sender(app: faust.App, connection: Connection) -> Send:
    """Hands a record to the app's producer; what it answers is done when the broker has it.

    Raises, at either step:
        TooLarge: the broker would never take it.
        ConnectionError: the broker did not take it, and may later.
    """

    async def send(topic: Topic, key: bytes, value: bytes) -> Awaitable[None]:
        with _worded(topic, value):
            producer = await app.maybe_start_producer()
            name = connection.name(topic)
            pending = await producer.send(name, key, value, None, None, None)
        return _acknowledged(pending, topic, value)

    return send


async def _acknowledged(pending: Awaitable[Any], topic: Topic, value: bytes) -> None:
    with _worded(topic, value):
        await pending


@contextlib.contextmanager
def _worded(topic: Topic, value: bytes) -> Iterator[None]:
    """The producer's many errors as the two that matter."""
    try:
        yield
    except (KafkaError, ProducerSendError) as error:
        if isinstance(error.__cause__ or error, MessageSizeTooLargeError):
            raise TooLarge(f"{len(value)} bytes are too many for {topic.name}") from error
        raise ConnectionError(f"{topic.name}: {error!r}") from error


def subscribe(app: faust.App, topic_name: str, work: Work, *, most: int) -> None:
    """Has `work` called with chunks of a topic, at most `most` records of one partition, in order.

    `work` should not raise: a chunk it raised on is worked on again.  Only True lets its offsets
    be committed.
    """
    topic = app.topic(topic_name, key_serializer="raw", value_serializer="raw")

    async def agent(stream: Any) -> None:
        async for chunk in stream.chunks(most):
            if not await work(chunk.records):
                return

    app.agent(topic, name=f"{app.conf.id}-agent", concurrency=1)(agent)


def progress(app: faust.App) -> Sequence[PartitionProgress]:
    """How far the app is in each partition it has now; nothing before it runs."""
    consumer = app.consumer if app.started else None
    return consumer.progress() if isinstance(consumer, BatchConsumer) else ()


@contextlib.asynccontextmanager
async def running(app: faust.App) -> AsyncIterator[faust.App]:
    """The app started (group joined, partitions assigned), and stopped on the way out.

    Unlike Faust's own helper it also stops what an interrupted start left half done.

    Raises:
        BrokerUnreachable: the broker went away during the start.
    """
    bind_to_running_loop(app)
    app.finalize()
    try:
        try:
            await app.start()
        except (KafkaError, OSError) as error:
            raise BrokerUnreachable(f"Kafka went away during the start: {error}") from error
        yield app
    finally:
        await bounded(app.stop(), 2 * STOP_S)
