"""Poller: due feeds, leased and polled one beside the other, until the program stops.

In: leases.  Out: each lease settled with what its poll learned, or given back at the end.
Invariants: a feed that fails never disturbs another; a feed's state moves only after the broker's
acknowledgement; without Redis, broker or topic no outlet is asked; a lost lease ends its poll.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp

from monitor.feeds.fetching.fetch import Failed
from monitor.feeds.pacing.schedule import wait_s
from monitor.feeds.poll import Ended, Learned, Means, Unchanged, Unpublished, poll
from monitor.feeds.polls import Polled, PollLedger
from monitor.feeds.state.known import Known
from monitor.feeds.state.leases import Idle, Lease, Leases, StateUnreachable
from monitor.feeds.topic import ItemsTopic
from streams.broker.producer import NotPublished, Publisher
from streams.outage import Outages
from streams.records import Stop

log = logging.getLogger("wirewatch.poll")
outage_log = logging.getLogger("wirewatch.outage")

POLLS_AT_ONCE = 50
"""Polls under way in one process; a slow outlet holds one place for 30 s at most."""

POLL_MOST_S = 240.0
"""A fetch, and two publishes that wait for the broker: what takes longer hangs."""

EXTENDS_PER_LEASE = 3
"""Two calls to Redis may fail before a lease is lost."""

IDLE_MOST_S = 1.0
"""Another poller's feeds, given back or left behind, are seen within a second."""

RETRY_S = 1.0
"""While Redis or the broker is away."""

UNPUBLISHED_RETRY_S = 5.0
"""A feed whose items the broker did not take is read again, not more often than this."""

STOP_GRACE_S = 0.5
"""For polls under way at a stop: most end within that; the rest is left to others."""

GIVE_BACK_MOST_S = 1.0
"""At a stop; leases that cannot be given back end by themselves."""

Answer = TypeVar("Answer")


class LeaseLost(Exception):
    """The lease may have run out; another poller may poll the feed by now."""


@dataclass(slots=True, eq=False)
class UnderWay:
    """A poll under way; `sure_until` on the loop's clock nobody else has the feed."""

    lease: Lease
    sure_until: float
    settling: bool = False
    task: "asyncio.Task[None]" = field(init=False)


class Poller:
    """Polls feeds into `wire.items`; `make_topics` as in `ItemsTopic`."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        publisher: Publisher,
        make_topics: Callable[[], Awaitable[None]],
        leases: Leases,
        stop: Stop,
        outages: Outages,
        ledger: PollLedger,
    ) -> None:
        self._leases = leases
        self._stop = stop
        self._ledger = ledger
        self._means = Means(
            session=session,
            publisher=publisher,
            ledger=ledger,
            known=self._known,
            may_publish=self._may_publish,
        )
        self._topic = ItemsTopic(publisher, make_topics, outages.of("Kafka (publishing)"))
        self._store_outage = outages.of("Redis (feed state)")
        self._slots = asyncio.Semaphore(POLLS_AT_ONCE)
        self._look = asyncio.Event()
        self._under_way: dict[str, UnderWay] = {}
        self._asking: asyncio.Task[list[Lease] | Idle] | None = None

    async def run(self) -> None:
        """Polls until it is cancelled or the program stops; then gives leases back."""
        extending = asyncio.create_task(self._extend_leases())
        try:
            while not self._stop.is_set():
                await self._rest(await self._lease_one())
        finally:
            extending.cancel()
            await self._land()

    async def _lease_one(self) -> float:
        """Starts the next due poll; seconds until it is worth asking again."""
        await self._slots.acquire()
        self._look.clear()
        found: list[Lease] | Idle = Idle(RETRY_S)
        try:
            topic_id = await self._topic.id()
            asked_at = asyncio.get_running_loop().time()
            found = await self._ask()
            self._store_outage.over()
        except NotPublished as error:
            self._topic.away(error)
        except StateUnreachable as error:
            self._store_outage.began(error)
        finally:
            if isinstance(found, Idle):
                self._slots.release()
        if isinstance(found, Idle):
            return found.wait_s
        [lease] = found
        self._start(UnderWay(lease, asked_at + self._leases.lease_s), topic_id)
        return lease.next_wait_s

    async def _ask(self) -> list[Lease] | Idle:
        """The next lease; one that comes when nobody waits any more is given back by `_land`."""
        self._asking = asyncio.create_task(self._leases.next())
        found = await asyncio.shield(self._asking)
        self._asking = None
        return found

    async def _rest(self, seconds: float) -> None:
        """Until a feed may be due."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, IDLE_MOST_S)):
                await self._look.wait()

    def _start(self, under_way: UnderWay, topic_id: str) -> None:
        feed = under_way.lease.feed.id
        if feed in self._under_way:
            self._under_way[feed].task.cancel()
        self._under_way[feed] = under_way
        under_way.task = asyncio.create_task(self._poll(under_way, topic_id), name=f"poll {feed}")
        under_way.task.add_done_callback(lambda _: self._ended(under_way))

    def _ended(self, ended: UnderWay) -> None:
        feed = ended.lease.feed.id
        self._slots.release()
        if self._under_way.get(feed) is ended:
            del self._under_way[feed]
        if not ended.task.cancelled() and (error := ended.task.exception()):
            log.error("feed %s: its poll could not be settled", feed, exc_info=error)

    async def _poll(self, under_way: UnderWay, topic_id: str) -> None:
        """One poll and its end, whatever happens."""
        lease, clock = under_way.lease, asyncio.get_running_loop().time
        started, outcome = clock(), Polled.HELD
        try:
            ended = await self._attempt(lease, topic_id)
            await self._settle(under_way, ended)
        except LeaseLost:
            _say_lost(lease)
        else:
            outcome = _POLLED[type(ended)]
            _say(lease, ended)
        self._ledger.polled(lease.feed.id, outcome, clock() - started)

    async def _attempt(self, lease: Lease, topic_id: str) -> Ended:
        """One poll, with what nobody foresaw as a failure of the feed.

        Raises:
            LeaseLost: nothing was published.
        """
        try:
            async with asyncio.timeout(POLL_MOST_S):
                return await poll(lease, topic_id, self._means)
        except LeaseLost:
            raise
        except TimeoutError:
            return Failed(why=f"its poll took more than {POLL_MOST_S:.0f} s")
        except Exception as error:
            log.exception("feed %s could not be polled", lease.feed.id)
            return Failed(why=f"{type(error).__name__}: {error}")

    async def _settle(self, under_way: UnderWay, ended: Ended) -> None:
        """Stores how a poll ended and when the next one is, however long Redis is away.

        Raises:
            LeaseLost: another poller has the feed; nothing was stored.
        """
        match ended:
            case Unpublished():
                self._topic.refused(ended.why)
            case Learned() if ended.changes.publish:
                self._topic.took()
        lease, under_way.settling = under_way.lease, True
        wait, failures = _next(lease, ended, random.random())  # noqa: S311
        state, changes = (
            (ended.state, ended.changes) if isinstance(ended, Learned) else (None, None)
        )
        kept = await self._patiently(
            lambda: self._leases.settle(
                lease, wait_s=wait, failures=failures, state=state, changes=changes
            )
        )
        if not kept:
            raise LeaseLost
        if wait < IDLE_MOST_S:
            asyncio.get_running_loop().call_later(wait, self._look.set)

    async def _known(self, feed: str, ids: Sequence[str] | None) -> Mapping[str, Known]:
        if ids is None:
            return await self._patiently(lambda: self._leases.known_all(feed))
        return await self._patiently(lambda: self._leases.known(feed, ids))

    async def _patiently(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Redis's answer, however long it is away."""
        while True:
            try:
                answer = await call()
            except StateUnreachable as error:
                self._store_outage.began(error)
                await asyncio.sleep(RETRY_S)
            else:
                self._store_outage.over()
                return answer

    def _may_publish(self, lease: Lease) -> None:
        """Returns while nobody else can have the feed.

        Raises:
            LeaseLost: somebody may.
        """
        under_way = self._under_way.get(lease.feed.id)
        now = asyncio.get_running_loop().time()
        if under_way is None or under_way.lease is not lease or now > under_way.sure_until:
            raise LeaseLost

    async def _extend_leases(self) -> None:
        """Keeps the leases of long polls; a poll whose lease is lost ends."""
        while True:
            await asyncio.sleep(self._leases.lease_s / EXTENDS_PER_LEASE)
            held = {u.lease: u for u in self._under_way.values() if not u.settling}
            asked_at = asyncio.get_running_loop().time()
            try:
                lost = await self._leases.extend(held)
            except StateUnreachable:
                continue  # said where leases are asked for
            for lease, under_way in held.items():
                if lease not in lost:
                    under_way.sure_until = asked_at + self._leases.lease_s
                elif not under_way.settling and under_way.task.cancel():
                    _say_lost(lease)

    async def _land(self) -> None:
        """Lets polls under way end, cuts off the rest and gives their feeds to other pollers."""
        tasks = {u.task: u.lease for u in self._under_way.values()}
        if tasks:
            _, hanging = await asyncio.wait(tasks, timeout=STOP_GRACE_S)
            for task in hanging:
                task.cancel()
            await asyncio.wait(tasks, timeout=STOP_GRACE_S)
        with contextlib.suppress(StateUnreachable, TimeoutError):
            async with asyncio.timeout(GIVE_BACK_MOST_S):
                asked = [self._asking] if self._asking else []
                late = await asyncio.gather(*asked, return_exceptions=True)
                unused = [lease for found in late if isinstance(found, list) for lease in found]
                cut = [lease for task, lease in tasks.items() if task.cancelled()]
                await self._leases.give_back([*cut, *unused])


_POLLED: dict[type[Ended], Polled] = {
    Learned: Polled.CHANGED,
    Unchanged: Polled.UNCHANGED,
    Unpublished: Polled.HELD,
    Failed: Polled.FAILED,
}


def _next(lease: Lease, ended: Ended, random: float) -> tuple[float, int]:
    """Seconds until the feed's next poll, and how many failed in a row."""
    every_s = lease.feed.every_s or 60.0
    match ended:
        case Unpublished():
            return min(UNPUBLISHED_RETRY_S, every_s), lease.failures
        case Failed():
            failures = lease.failures + 1
            return wait_s(every_s, failures, ended.retry_after_s, random), failures
        case _:
            return wait_s(every_s, 0, 0.0, random), 0


def _say(lease: Lease, ended: Ended) -> None:
    """One line when a feed begins to fail and one when it is back, among all pollers."""
    match ended:
        case Failed() if not lease.failures:
            outage_log.warning("feed %s does not answer, waiting: %s", lease.feed.id, ended.why)
        case Learned() | Unchanged() if lease.failures:
            outage_log.warning(
                "feed %s is back after %d failed polls", lease.feed.id, lease.failures
            )


def _say_lost(lease: Lease) -> None:
    log.warning("feed %s: its lease ran out, another poller may have it by now", lease.feed.id)
