"""Record batches: whole fetched lists of records through Faust, without loss.

In: what aiokafka fetched.  Out: to an agent, chunks of one partition's records, in order; to the
broker, as commit, exactly the last finished record + 1 of each partition.  Invariants: a chunk
whose body did not end is not committed and comes again, to the restarted agent or to whoever reads
the partition next; what waits in memory is bounded by count and bytes; waiting for the chunk in
work is bounded by `STOP_S`.

Faust hands each record through four tasks and acknowledges whatever ends an agent's loop, by
exception or cancel; both cost too much here.  Its private names that are touched are listed in
`tests/unit/test_faust_contract.py`, which fails loudly on another version.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from typing import Any

from faust import Stream
from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.broker.progress import PartitionProgress

log = logging.getLogger("wirewatch.stream")

STOP_S = 3.0
"""For the chunk in work and the last commit; with three such steps a stop stays under 10 s."""

MAX_QUEUED_RECORDS = 8_192
"""Fetched and not yet in work: half a second of matching; more would only cost memory."""

MAX_QUEUED_BYTES = 16 * 1024 * 1024
"""The same in bytes, for a backlog of full articles; one fetch more may come on top."""

ROOM_LOOK_S = 0.002
"""Between looks whether the queue has room again."""

FETCH_TIMEOUT_S = 1.0
"""For one look at what is fetched, so that a stop is noticed; data comes at once."""


Kept = Callable[[], Awaitable[bool]]
"""True once what all finished records led to would outlive a crash; their commit waits for it."""


async def always_kept() -> bool:
    """Where an effect is kept as soon as it is acknowledged."""
    return True


class Batch:
    """Records of one partition as they were fetched, under one assignment of partitions."""

    __slots__ = ("assignment", "done", "records", "size_bytes", "tp")

    def __init__(self, tp: TP, records: Sequence[Any], assignment: int) -> None:
        self.tp = tp
        self.records = records
        self.assignment = assignment
        self.done = 0
        self.size_bytes = sum(len(record.value or b"") for record in records)

    @property
    def left(self) -> int:
        """Records without their effect yet."""
        return len(self.records) - self.done


@dataclass(slots=True)
class Chunk:
    """Records of one partition in work; `finished` once every one has had its effect."""

    records: Sequence[Any]
    finished: bool = False


class BatchConsumer(driver.Consumer):
    """Faust's consumer, handing on batches and committing what is finished."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.unfinished: Batch | None = None
        # counted here: the group's own generations begin anew on a broker that lost its log
        self._assignments = 0
        self._finished: dict[TP, int] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._first_read: dict[TP, int] = {}
        self._moved: dict[TP, tuple[int | None, float]] = {}
        super().__init__(*args, **kwargs)

    # what is finished, and its commit

    kept: Kept = staticmethod(always_kept)

    def reads(self, batch: Batch) -> bool:
        """True while the batch's partition is ours and no rebalance is going on."""
        return self.flow_active and batch.assignment == self._assignments

    @contextlib.contextmanager
    def working_on(self, batch: Batch, most: int) -> Iterator[Chunk]:
        """The next chunk of `batch`; on the way out it counts if it is finished and still ours."""
        chunk = Chunk(batch.records[batch.done : batch.done + most])
        self._idle.clear()
        try:
            yield chunk
        finally:
            self._idle.set()
            if chunk.finished:
                batch.done += len(chunk.records)
                if batch.assignment == self._assignments:
                    self._finished[batch.tp] = chunk.records[-1].offset + 1

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        for tp, offset in list(self._finished.items()):
            asked = topics is None or tp in topics or tp.topic in topics
            if asked and offset != self._committed_offset[tp]:
                yield tp

    def _new_offset(self, tp: TP) -> int | None:
        return self._finished.get(tp)

    def _should_commit(self, tp: TP, offset: int) -> bool:
        """Also backwards: in a log that was made anew the offsets begin at 0."""
        return offset != self._committed_offset[tp]

    async def perform_seek(self) -> None:
        """Back to the committed offsets: what was finished beyond them comes again."""
        await super().perform_seek()
        self._finished.clear()
        self._first_read.clear()

    async def _commit_offsets(
        self, offsets: Mapping[TP, int], start_new_transaction: bool = True
    ) -> bool:
        """Only what is kept; and Faust counts an offset as committed that the broker refused."""
        if not await self.kept():
            return False
        before = {tp: self._committed_offset[tp] for tp in offsets}
        committed = await super()._commit_offsets(offsets, start_new_transaction)
        if not committed:
            self._committed_offset.update(before)
        return committed

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """A new assignment: what ended too late for the last commit comes again."""
        self._assignments += 1
        self._finished.clear()
        await super().on_partitions_assigned(assigned, generation_id)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commits what is finished, then forgets the partitions."""
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            for known in (self._finished, self._first_read, self._moved):
                known.pop(tp, None)

    async def wait_empty(self) -> None:
        """Waits for the chunk in work and commits, both within `STOP_S`."""
        await bounded(self._settle())

    async def _settle(self) -> None:
        try:
            await asyncio.wait_for(self._idle.wait(), STOP_S / 2)
        except TimeoutError:
            log.warning("a record takes too long to wait for; it will come again")
        await self.commit_and_end_transactions()

    # fetching

    async def _drain_messages(self, fetcher: Any) -> None:
        """Faust's fetch loop, a batch at a time."""
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                records, active = await self._wait_next_records(FETCH_TIMEOUT_S)
                if records and self.flow_active:
                    await self._hand_on(records, active, fetcher)
                elif records:
                    await self._seek_back()
                await asyncio.sleep(0)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise

    async def _hand_on(self, fetched: Any, active: set[TP] | None, fetcher: Any) -> None:
        """Queues what was fetched for the agent; leaves it when the group is rebalancing."""
        assignment = self._assignments
        for found, records in fetched.items():
            tp = TP(*found)
            if active is not None and tp not in active:
                continue
            self._say_jump(tp, records)
            batch = Batch(tp, records, assignment)
            for channel in self.app.topics._tp_index[tp]:  # type: ignore[attr-defined]
                if not await self._room(channel.queue, batch, fetcher):
                    return
                if batch.records:
                    channel.queue.force_put_nowait(batch)
            if batch.records:
                self._first_read.setdefault(tp, batch.records[0].offset)
                self._read_offset[tp] = batch.records[-1].offset

    def _say_jump(self, tp: TP, records: Sequence[Any]) -> None:
        """Kafka reads on elsewhere where records were deleted, or a log was cut or made anew."""
        read = self._read_offset[tp]
        if read is None or not records:
            return
        due, first = read + (tp in self._first_read), records[0].offset
        where = f"{tp.topic}-{tp.partition}"
        if first > due:
            log.warning("%s: %d records were deleted before they were read", where, first - due)
        elif first < due:  # whatever lies below was written since: it is work, not a repetition
            log.warning("%s: cut or made anew, read from %d, not from %d", where, first, due)
            self._committed_offset.pop(tp, None)  # or a standstill there would not be seen
            self._first_read.pop(tp, None)

    async def _room(self, queue: Any, batch: Batch, fetcher: Any) -> bool:
        """True once the queue has room; False when the batch is no longer ours to read."""
        while self.flow_active and batch.assignment == self._assignments:
            waiting = list(queue._queue)
            records = sum(len(b.records) for b in waiting)
            if records < MAX_QUEUED_RECORDS and (
                sum(b.size_bytes for b in waiting) < MAX_QUEUED_BYTES
            ):
                return True
            if self._stopped.is_set() or fetcher._stopped.is_set():
                return False
            await asyncio.sleep(ROOM_LOOK_S)
        return False

    async def _seek_back(self) -> None:
        try:
            await self.perform_seek()
        except Exception as error:
            log.debug("seek while the flow is stopped: %r", error)

    # how far it is

    def progress(self) -> tuple[PartitionProgress, ...]:
        """How far each partition assigned now is."""
        now = time.monotonic()
        return tuple(self._progress_of(tp, now) for tp in sorted(self._assigned()))

    def _assigned(self) -> Iterable[TP]:
        try:
            return self.assignment()
        except ConsumerNotStarted:
            return ()

    def _progress_of(self, tp: TP, now: float) -> PartitionProgress:
        committed = self._committed_offset[tp]
        if committed is None:
            committed = self._first_read.get(tp)
        end = self.highwater(tp)
        seen, since = self._moved.get(tp, (None, now))
        if seen != committed or committed is None or end is None or end <= committed:
            since = now
        self._moved[tp] = (committed, since)
        return PartitionProgress(
            topic=tp.topic,
            partition=tp.partition,
            end=end,
            committed=committed,
            stalled_s=now - since,
        )


class BatchStream(Stream[Any]):
    """Faust's stream, read a chunk at a time; one agent per app."""

    async def chunks(self, most: int) -> AsyncIterator[Chunk]:
        """Chunks of at most `most` records of one partition, in order.

        When the body comes back for the next chunk, the last one is finished.  A body that ends
        in any other way gets the same chunk again at the next call.
        """
        consumer: Any = self.app.consumer
        self._finalized = True
        started = await self.maybe_start()
        try:
            while not self.should_stop:
                batch = consumer.unfinished or await self._next_batch()
                if batch is None:
                    return
                consumer.unfinished = batch if consumer.reads(batch) and batch.left else None
                if consumer.unfinished is None:
                    continue
                with consumer.working_on(batch, most) as chunk:
                    yield chunk
                    chunk.finished = True
        finally:
            self._channel_stop_iteration(self.channel)
            if started:
                await self.stop()
                self.service_reset()

    async def _next_batch(self) -> Batch | None:
        try:
            batch: Batch = await self.channel.__anext__()
        except StopAsyncIteration:
            return None
        return batch


async def bounded(work: Awaitable[Any], within_s: float = STOP_S) -> None:
    """Waits `within_s` for `work`; asyncio.wait, because Faust's commit swallows a cancel."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task}, timeout=within_s)
    if not task.done():
        task.cancel()
    elif not task.cancelled() and task.exception() is not None:
        log.debug("while stopping: %r", task.exception())
