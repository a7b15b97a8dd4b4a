"""The Faust app: how this program joins a consumer group, reads, and stops within a bound.

In: where the broker is.  Out: a `faust.App` with the settings that lose nothing, and `start` and
`stop` for it.  Invariants: an offset is committed only after its record's effect; a stop ends
within `STOP_S` also when the broker is gone.

Private names of faust-streaming and aiokafka are touched here only; `tests/unit/
test_faust_contract.py` fails loudly when another version has others.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import faust
from aiokafka.errors import MessageSizeTooLargeError
from faust.contrib.asgi import bind_to_running_loop
from faust.tables import TableManager
from faust.transport.drivers import aiokafka as driver
from faust.types import EventT

from streams.broker.connection import Connection
from streams.topics import TooLarge

log = logging.getLogger("wirewatch.stream")

STOP_S = 3.0
"""For the record in work and the last commit; with three such steps a stop stays under 10 s."""

COMMIT_INTERVAL_S = 0.5
"""The window of duplicates after a kill; shorter costs throughput, longer repeats more work."""

LINGER_S = 0.002
"""Batches what one wake-up sends, at an unnoticeable price in latency."""

PRODUCER_TIMEOUT_S = 30.0
"""Faust's default of 20 minutes would hide an outage."""

METADATA_MAX_AGE_MS = 30_000
"""A topic made anew after a broker restart is noticed within half a minute."""


class _QuickTables(TableManager):
    """No tables here: skips the one second Faust sleeps for them at every start."""

    async def on_start(self) -> None:
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()


class _Thread(driver.AIOKafkaConsumerThread):
    """Stops within `STOP_S` when the broker is gone."""

    fetch_wait_ms = 500

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = self.fetch_wait_ms
        return consumer

    async def on_thread_stop(self) -> None:
        await _bounded(super().on_thread_stop())
        # aiokafka's fetcher lets CancelledError out of close(); what it left open keeps the
        # thread alive for ever
        if self._consumer is not None and self._consumer._client is not None:
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await asyncio.wait_for(self._consumer._client.close(), 1)


class _Consumer(driver.Consumer):
    """Waits for the record in work, and for the commit, at most `STOP_S`."""

    thread: type[_Thread] = _Thread

    def _new_consumer_thread(self) -> _Thread:
        return self.thread(self, loop=self.loop, beacon=self.beacon)

    async def wait_empty(self) -> None:
        await _bounded(super().wait_empty())


async def _bounded(work: Awaitable[Any]) -> None:
    """Waits `STOP_S` for `work`; asyncio.wait, because Faust's commit swallows a cancel."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task}, timeout=STOP_S)
    if not task.done():
        task.cancel()
    elif not task.cancelled() and task.exception() is not None:
        log.debug("while stopping: %r", task.exception())


def make_app(name: str, connection: Connection) -> faust.App:
    """An app in the consumer group `name`, not started; declare agents, then `start` it."""
    app = faust.App(
        name,
        broker=f"kafka://{connection.bootstrap.replace(',', ';kafka://')}",
        store="memory://",
        datadir=str(connection.data / f"faust-{name}"),
        TableManager=_QuickTables,
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        worker_redirect_stdouts=False,
        table_standby_replicas=0,
        broker_session_timeout=connection.session_timeout_s,
        broker_heartbeat_interval=connection.session_timeout_s / 6,
        broker_commit_interval=COMMIT_INTERVAL_S,
        consumer_auto_offset_reset="earliest",
        consumer_metadata_max_age_ms=METADATA_MAX_AGE_MS,
        producer_linger=LINGER_S,
        producer_request_timeout=PRODUCER_TIMEOUT_S,
        stream_buffer_maxsize=65_536,
        stream_wait_empty=True,
    )
    app.transport = _transport(app, connection)
    return app


def _transport(app: faust.App, connection: Connection) -> Any:
    thread = type("Thread", (_Thread,), {"fetch_wait_ms": connection.fetch_wait_ms})
    consumer = type("Consumer", (_Consumer,), {"thread": thread})
    transport = type("Transport", (driver.Transport,), {"Consumer": consumer})
    return transport(app.conf.broker_consumer, app)


def sender(app: faust.App, topic_name: str) -> Callable[[bytes, bytes], Awaitable[None]]:
    """`send(key, value)` to a topic, done when the broker has it; `TooLarge` if it never will."""
    topic = app.topic(topic_name, key_serializer="raw", value_serializer="raw")

    async def send(key: bytes, value: bytes) -> None:
        try:
            await (await topic.send(key=key, value=value))
        except MessageSizeTooLargeError as error:
            raise TooLarge(f"{len(value)} bytes are too many for {topic_name}") from error

    return send


def subscribe(
    app: faust.App, topic_name: str, handle: Callable[[EventT[Any]], Awaitable[bool]]
) -> None:
    """Has `handle` called with each record of a topic, in order within a partition.

    `handle` must not raise; it answers False when the program stops before the effect.  Only True
    acknowledges: Faust's own stream would acknowledge whatever ends the loop.
    """
    topic = app.topic(topic_name, key_serializer="raw", value_serializer="raw")

    async def agent(stream: Any) -> None:
        async for event in stream.noack().events():
            if not await handle(event):
                return
            await stream.ack(event)

    app.agent(topic, name=f"{app.conf.id}-agent", concurrency=1)(agent)


@contextlib.asynccontextmanager
async def running(app: faust.App) -> AsyncIterator[faust.App]:
    """The app started (group joined, partitions assigned), and stopped on the way out.

    Unlike Faust's own helper it also stops what an interrupted start left half done.
    """
    bind_to_running_loop(app)
    app.finalize()
    try:
        await app.start()
        yield app
    finally:
        await _bounded_stop(app)


async def _bounded_stop(app: faust.App) -> None:
    task = asyncio.ensure_future(app.stop())
    await asyncio.wait({task}, timeout=2 * STOP_S)
    if not task.done():
        task.cancel()
        log.debug("%s did not stop by itself", app.conf.id)
