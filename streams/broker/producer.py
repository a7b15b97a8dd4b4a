"""Publish: records in, acknowledged by the broker; what pollers and other publishers use.

Invariants: `publish` returns only when the broker has every record, so what is remembered after
it was never lost; what is under way is bounded over all callers, so they wait while the broker is
away; no call blocks the event loop; no caller's failure is another's.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from streams.broker.connection import Connection
from streams.broker.courier import Courier
from streams.broker.outgoing import Call, Outcome, Outgoing
from streams.broker.room import Room
from streams.topics import TooLarge, Topic

MOST_RECORDS = 5_000
"""Under way at once, over all callers: a second's work; kafka-python itself knows no bound."""

MOST_BYTES = 32_000_000
"""Under way at once, over all callers: a third of what a small machine can spare."""

MOST_RECORD_BYTES = 1_000_000
"""Key and value of one record: what Kafka's brokers take unless told otherwise."""

DELIVERY_TIMEOUT_S = 45.0
"""For room, and then for an acknowledgement, outages included: a restart takes 5 to 20 s."""

ASK_TIMEOUT_S = 5.0
"""For a topic's id; the asker has a feed to poll and asks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a publisher may have under way, and how long."""

    records: int = MOST_RECORDS
    bytes: int = MOST_BYTES
    delivery_s: float = DELIVERY_TIMEOUT_S
    ask_s: float = ASK_TIMEOUT_S


class NotPublished(ConnectionError):
    """The broker did not take, or did not acknowledge, a record."""


class Publisher:
    """Publishes for any number of callers on one event loop, by one producer."""

    def __init__(self, connection: Connection, limits: Limits = Limits()) -> None:
        self._connection = connection
        self._limits = limits
        self._room = Room(limits.records, limits.bytes)
        self._courier = Courier(connection, limits.delivery_s, self._settle)
        self._calls: set[Call] = set()
        self._closed = False

    @property
    def records_under_way(self) -> int:
        """Records taken and not settled yet."""
        return self._room.records

    @property
    def bytes_under_way(self) -> int:
        """Bytes of keys and values taken and not settled yet."""
        return self._room.bytes

    async def topic_id(self, topic: Topic) -> str:
        """The id the broker gave `topic` when it was created: new on a new or wiped broker.

        The broker is asked each time, on the producer's own connection: 5 ms.

        Raises:
            NotPublished: the broker does not say in time.
        """
        name = self._connection.name(topic)
        try:
            async with asyncio.timeout(self._limits.ask_s):
                found = "" if self._closed else await self._courier.topic_id(name)
        except TimeoutError as error:
            trouble = self._courier.trouble or "no answer"
            raise NotPublished(f"the broker does not tell the id of {name}: {trouble}") from error
        if not found:
            raise NotPublished("publishing has ended")
        return found

    async def publish(
        self, topic: Topic, records: Iterable[tuple[str | bytes, bytes | None]]
    ) -> None:
        """Sends (key, value) pairs and waits until the broker has all of them.

        A value of None removes the key from a compacted topic.  Records of one key arrive in the
        order of the calls, and may arrive twice after a fault.

        Raises:
            NotPublished: one of them is refused or not acknowledged within the delivery timeout;
                any may be there all the same.
            TooLarge: the broker never takes some of them, see its `keys`; it has all the others.
        """
        name = self._connection.name(topic)
        async with self._calling() as call:
            for key, value in records:
                raw = key.encode() if isinstance(key, str) else key
                await self._take(Outgoing(name, raw, value, call))
                if call.failed:
                    break
            since = time.monotonic()
            try:
                async with asyncio.timeout(self._limits.delivery_s):
                    await call.wait()
            except TimeoutError as error:
                self._courier.doubt(since)
                raise self._late("not acknowledged") from error
        if call.too_large:
            keys = tuple(call.too_large)
            raise TooLarge(f"too large for {name}: {', '.join(keys[:3])}", keys=keys)

    async def close(self) -> None:
        """Ends the producer, in bounded time; who still waits gets `NotPublished`."""
        if self._closed:
            return
        self._closed = True
        for call in self._calls:
            call.fail(NotPublished("publishing has ended"))
        await self._courier.end()

    @contextlib.asynccontextmanager
    async def _calling(self) -> AsyncIterator[Call]:
        """A call, and its records withdrawn however it ends."""
        if self._closed:
            raise NotPublished("publishing has ended")
        call = Call()
        self._calls.add(call)
        try:
            yield call
        finally:
            self._calls.discard(call)
            call.leave()
            if call.under_way:
                self._courier.withdraw(call)

    async def _take(self, record: Outgoing) -> None:
        """Waits for room, then has the record sent."""
        if record.size > MOST_RECORD_BYTES:
            record.call.too_large.append(record.key.decode("utf-8", "replace"))
            return
        if not self._room.take_now(record.size):
            try:
                async with asyncio.timeout(self._limits.delivery_s):
                    await self._room.take(record.size)
            except TimeoutError as error:
                raise self._late("no room") from error
        if self._closed:
            self._room.give(record.size)
            raise NotPublished("publishing has ended")
        record.call.add()
        self._courier.put(record)

    def _late(self, what: str) -> NotPublished:
        trouble = self._courier.trouble or "no answer"
        return NotPublished(f"{what} within {self._limits.delivery_s:g} s: {trouble}")

    def _settle(self, record: Outgoing, outcome: Outcome, why: str) -> None:
        record.settled = True
        self._room.give(record.size)
        match outcome:
            case Outcome.ACKNOWLEDGED:
                record.call.settle()
            case Outcome.TOO_LARGE:
                record.call.too_large.append(record.key.decode("utf-8", "replace"))
                record.call.settle()
            case Outcome.REFUSED:
                record.call.fail(NotPublished(why))
