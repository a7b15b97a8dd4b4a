"""Courier: brings records to the broker, however often the producer has to be made anew.

In: records.  Out: each one's outcome, once, on the event loop.  Invariants: a record stays here
until it is settled; records of one key go out in the order they came in; no caller's trouble
becomes another's.

One task: make a producer, hand over what waits, and when the producer breaks, put what it has not
acknowledged back at the head.  kafka-python is called off the loop.
"""

import asyncio
import contextlib
import itertools
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable

from streams.broker.connection import Connection
from streams.broker.kafka_python import Failure, Producer, Unavailable
from streams.broker.off_loop import OffLoop
from streams.broker.outgoing import Call, Outcome, Outgoing

log = logging.getLogger("wirewatch.publish")

RETRY_S = 0.5
"""Between tries of what the broker does not answer: a producer, a topic."""

HAND_OVER = 250
"""Records handed to kafka-python at once: 20 ms of its time, then another topic's turn comes."""

END_MOST_S = 2.0
"""For the producer's end; a thread that still waits for a broker that hangs is left behind."""

_Queue = OrderedDict[Outgoing, None]
Settle = Callable[[Outgoing, Outcome, str], None]


class Courier:
    """Belongs to the event loop that first uses it."""

    def __init__(self, connection: Connection, delivery_timeout_s: float, settle: Settle) -> None:
        self._connection = connection
        self._delivery_timeout_s = delivery_timeout_s
        self._settle = settle
        self._waiting: dict[str, _Queue] = {}
        self._not_before: dict[str, float] = {}
        self._handed: dict[Outgoing, None] = {}
        self._mail: deque[tuple[Outgoing, Outcome, str]] = deque()
        self._rung = False
        self._off_loop = OffLoop("wirewatch-publish")
        self._producer: Producer | None = None
        self._standing = asyncio.Event()
        self._wake = asyncio.Event()
        self._asking = 0
        self._idempotent = True
        self._lost_identity = False
        self._ended = False
        self._work: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.trouble = ""

    def put(self, record: Outgoing) -> None:
        """Takes a record; `settle` is called for it once."""
        self._waiting.setdefault(record.topic, OrderedDict())[record] = None
        self._be_awake()

    async def topic_id(self, name: str) -> str:
        """The topic's id, once the broker tells it; empty when publishing ends first."""
        self._asking += 1
        self._be_awake()
        try:
            while await self._standing.wait() and not self._ended:
                if self._producer and (
                    found := await self._off_loop.run(self._producer.topic_id, name)
                ):
                    return found
                await asyncio.sleep(RETRY_S)
        finally:
            self._asking -= 1
        return ""

    def withdraw(self, call: Call) -> None:
        """Nobody waits for the call any more: what was not handed over never is.

        What was is beyond recall; it is settled when the broker or the producer's end does so.
        """
        for queue in self._waiting.values():
            for record in [record for record in queue if record.call is call]:
                del queue[record]
                self._settle(record, Outcome.GIVEN_UP, "")

    def doubt(self, since: float) -> None:
        """A delivery begun at `since` timed out: a producer silent from then on is given up."""
        producer = self._producer
        if producer and max(producer.made_at, producer.acknowledged_at) <= since:
            producer.fail(Failure.OTHER, "nothing was acknowledged in time")

    async def end(self) -> None:
        """Ends the producer within `END_MOST_S`; what is not acknowledged by then is given up."""
        self._ended = True
        self._standing.set()
        ending = {self._off_loop.run(self._end_producer)}
        self._off_loop.end()
        if self._work is not None:
            self._work.cancel()
            ending.add(self._work)
        await asyncio.wait(ending, timeout=END_MOST_S)
        self._read_mail()
        for record in (*self._handed, *itertools.chain(*self._waiting.values())):
            self._settle(record, Outcome.GIVEN_UP, "")

    def _be_awake(self) -> None:
        self._wake.set()
        if self._work is None:
            self._loop = asyncio.get_running_loop()
            self._work = asyncio.create_task(self._run(), name="publishing")

    async def _run(self) -> None:
        while True:
            try:
                await self._until_work()
                if producer := await self._make():
                    await self._feed(producer)
                else:
                    await asyncio.sleep(RETRY_S)
            except Exception:
                log.exception("publishing begins anew")
                await asyncio.sleep(RETRY_S)

    async def _until_work(self) -> None:
        while not self._asking and not any(self._waiting.values()):
            self._wake.clear()
            await self._wake.wait()

    async def _make(self) -> Producer | None:
        """A new producer, or None when the broker does not answer."""
        try:
            producer = await self._off_loop.run(self._make_producer)
        except Unavailable as error:
            self.trouble = str(error)
            return None
        self._standing.set()
        return producer

    def _make_producer(self) -> Producer:
        """Off the loop; kept at once, so that `end` finds it whatever was cancelled."""
        self._producer = Producer(
            self._connection,
            idempotent=self._idempotent,
            delivery_timeout_s=self._delivery_timeout_s,
            settled=self._post,
            broken=self._ring,
        )
        return self._producer

    def _end_producer(self) -> None:
        """Off the loop."""
        if self._producer is not None:
            self._producer.end()

    async def _feed(self, producer: Producer) -> None:
        """Hands over what comes until the producer breaks, and takes back what it leaves."""
        try:
            while producer.failure is None:
                self._wake.clear()
                if not await self._round(producer) and producer.failure is None:
                    stuck = any(self._waiting.values())
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), RETRY_S if stuck else None)
        except Exception:
            log.exception("publishing begins anew")
            await asyncio.sleep(RETRY_S)
        await self._take_back(producer)

    async def _round(self, producer: Producer) -> bool:
        """Each topic's turn once; False when nothing went."""
        went = False
        for topic, queue in tuple(self._waiting.items()):
            if queue and self._not_before.get(topic, 0) <= time.monotonic():
                went = await self._hand_over(producer, topic, queue) or went
        return went

    async def _hand_over(self, producer: Producer, topic: str, queue: _Queue) -> bool:
        """Hands over the first records of a topic; one that is not known pauses."""
        records = [queue.popitem(last=False)[0] for _ in range(min(len(queue), HAND_OVER))]
        self._handed |= dict.fromkeys(records)
        taken = await self._off_loop.run(producer.send, topic, records)
        self._put_back(records[taken:])
        if not taken:
            self._not_before[topic] = time.monotonic() + RETRY_S
            self.trouble = producer.trouble
        return taken > 0

    async def _take_back(self, producer: Producer) -> None:
        """Ends a broken producer; what it has not acknowledged waits again, in its order."""
        self._standing.clear()
        await self._off_loop.run(producer.end)
        self._producer = None
        self._read_mail()
        self.trouble = producer.trouble
        log.info("a new producer after %s: %d records again", producer.trouble, len(self._handed))
        self._put_back(self._handed)
        self._weigh(producer)
        if not producer.acknowledged:
            await asyncio.sleep(RETRY_S)

    def _put_back(self, records: Iterable[Outgoing]) -> None:
        for record in reversed(tuple(records)):
            self._handed.pop(record, None)
            if record.settled:
                continue
            if record.call.over:
                self._settle(record, Outcome.GIVEN_UP, "")
                continue
            queue = self._waiting.setdefault(record.topic, OrderedDict())
            queue[record] = None
            queue.move_to_end(record, last=False)

    def _weigh(self, producer: Producer) -> None:
        """Without idempotence once a producer made anew gets no lasting id either."""
        lost = producer.failure is Failure.IDENTITY
        if lost and self._lost_identity and self._idempotent and not producer.acknowledged:
            self._idempotent = False
            log.warning(
                "the broker gives producers no lasting id (%s): publishing without idempotence"
                " from now on, a record may repeat after a fault",
                producer.trouble,
            )
        self._lost_identity = lost

    def _post(self, record: Outgoing, outcome: Outcome, why: str) -> None:
        """From any thread: `record` is settled."""
        self._mail.append((record, outcome, why))
        if not self._rung:
            self._rung = True
            self._ring()

    def _ring(self) -> None:
        """From any thread: there is mail, or the producer broke."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            if self._loop:
                self._loop.call_soon_threadsafe(self._answer_bell)

    def _answer_bell(self) -> None:
        self._read_mail()
        self._wake.set()

    def _read_mail(self) -> None:
        self._rung = False
        while self._mail:
            record, outcome, why = self._mail.popleft()
            self._handed.pop(record, None)
            if queue := self._waiting.get(record.topic):
                queue.pop(record, None)  # a producer given up acknowledged it after all
            if not record.settled:
                self._settle(record, outcome, why)
