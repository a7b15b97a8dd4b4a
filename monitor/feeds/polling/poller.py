"""Poller: due feeds, leased and polled one beside the other, until the program stops.

In: leases.  Out: each lease settled by its round, or given back at the end.  Invariants: so many
polls are under way and no more; without Redis, broker, topic or parser no outlet is asked; a lost
lease ends its poll.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from monitor.feeds.articles.fetched import pages_by
from monitor.feeds.drops.folder import Drops
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import Retrieved, Validators
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.fetching.redacted import without_login
from monitor.feeds.fetching.secrets import Secret
from monitor.feeds.parsers.pool import Parsers
from monitor.feeds.polling.agency_files import read_by
from monitor.feeds.polling.poll import Means
from monitor.feeds.polling.polls import PollLedger
from monitor.feeds.polling.published import Desk
from monitor.feeds.polling.round import LeaseLost, LookAfter, Rounds
from monitor.feeds.polling.topic import ItemsTopic
from monitor.feeds.state.leases import Idle, Lease, Leases, StateUnreachable
from monitor.feeds.state.patient import RETRY_S, PatientState
from streams.broker.producer import NotPublished, Publisher
from streams.outage import Outages

log = logging.getLogger("wirewatch.poll")

POLLS_AT_ONCE = 100
"""Polls under way in one process; a slow outlet holds one place for 30 s at most."""

LEASED_AT_ONCE = 25
"""By one call of Redis, which is held for a millisecond."""

EXTENDS_PER_LEASE = 3
"""Two calls to Redis may fail before a lease is lost."""

IDLE_MOST_S = 1.0
"""Another poller's feeds, given back or left behind, are seen within a second."""

STOP_GRACE_S = 0.5
"""For polls under way at a stop: most end within that; the rest is left to others."""

GIVE_BACK_MOST_S = 1.0
"""At a stop; leases that cannot be given back end by themselves."""


@dataclass(slots=True, eq=False)
class UnderWay:
    """A poll under way; `sure_until` on the loop's clock nobody else has the feed."""

    lease: Lease
    sure_until: float
    settling: bool = False
    task: "asyncio.Task[None]" = field(init=False)

    def settles(self) -> None:
        """Its poll is over."""
        self.settling = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What one process polls with; `secrets` by feed."""

    fetcher: Fetcher
    parsers: Parsers
    publisher: Publisher
    ledger: PollLedger
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    look_after: LookAfter | None = None


class Poller:
    """Polls feeds into `wire.items`; `make_topics` as in `ItemsTopic`."""

    def __init__(
        self,
        tools: Tools,
        leases: Leases,
        *,
        make_topics: Callable[[], Awaitable[None]],
        outages: Outages,
    ) -> None:
        self._leases = leases
        self._parsers = tools.parsers
        self._topic = ItemsTopic(tools.publisher, make_topics, outages.of("Kafka (publishing)"))
        self._state_outage = outages.of("Redis (feed state)")
        self._rounds = self._make_rounds(tools)
        self._has_hub = tools.look_after is not None
        self._folders: dict[str, Drops] = {}
        self._look = asyncio.Event()
        self._room = asyncio.Event()
        self._under_way: dict[str, UnderWay] = {}
        self._asking: asyncio.Task[list[Lease] | Idle] | None = None

    def _make_rounds(self, tools: Tools) -> Rounds:
        state = PatientState(self._leases, self._state_outage)
        means = Means(
            fetcher=tools.fetcher,
            parsers=tools.parsers,
            pages=pages_by(tools.fetcher, tools.parsers),
            desk=Desk(tools.publisher, tools.ledger),
            secrets=tools.secrets,
            known=state.known,
            pushed=self._pushed,
            drops=self._drops,
            may_publish=self._may_publish,
        )
        return Rounds(
            means=means,
            leases=self._leases,
            state=state,
            topic=self._topic,
            ledger=tools.ledger,
            look_after=tools.look_after,
        )

    async def run(self) -> None:
        """Polls until it is cancelled; then gives leases back."""
        extending = asyncio.create_task(self._extend_leases())
        try:
            while True:
                await self._rest(await self._lease_some())
        finally:
            extending.cancel()
            await self._land()

    async def _lease_some(self) -> float:
        """Starts polls that are due, as far as there is room; seconds until it is worth asking."""
        while not (room := POLLS_AT_ONCE - len(self._under_way)):
            self._room.clear()
            await self._room.wait()
        self._look.clear()
        if not self._parsers.able:
            return RETRY_S
        try:
            topic_id = await self._topic.id()
            asked_at = asyncio.get_running_loop().time()
            found = await self._ask(min(room, LEASED_AT_ONCE))
            self._state_outage.over()
        except NotPublished as error:
            self._topic.away(error)
            return RETRY_S
        except StateUnreachable as error:
            self._state_outage.began(error)
            return RETRY_S
        if isinstance(found, Idle):
            return found.wait_s
        for lease in found:
            self._start(UnderWay(lease, asked_at + self._leases.lease_s), topic_id)
        return found[0].next_wait_s

    async def _ask(self, most: int) -> list[Lease] | Idle:
        """The next leases; those that come when nobody waits any more are given back by `_land`."""
        self._asking = asyncio.create_task(self._leases.next(most))
        found = await asyncio.shield(self._asking)
        self._asking = None
        return found

    async def _rest(self, seconds: float) -> None:
        """Until a feed may be due."""
        if seconds <= 0:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, IDLE_MOST_S)):
                await self._look.wait()

    def _start(self, under_way: UnderWay, topic_id: str) -> None:
        feed = under_way.lease.feed.id
        if feed in self._under_way:
            self._under_way[feed].task.cancel()
        self._under_way[feed] = under_way
        under_way.task = asyncio.create_task(self._play(under_way, topic_id), name=f"poll {feed}")
        under_way.task.add_done_callback(lambda _: self._ended(under_way))

    async def _play(self, under_way: UnderWay, topic_id: str) -> None:
        """One round."""
        try:
            wait_s = await self._rounds.play(under_way.lease, topic_id, under_way.settles)
        except LeaseLost:
            _say_lost(under_way.lease)
            return
        if wait_s < IDLE_MOST_S:
            asyncio.get_running_loop().call_later(wait_s, self._look.set)

    def _ended(self, ended: UnderWay) -> None:
        feed = ended.lease.feed.id
        if self._under_way.get(feed) is ended:
            del self._under_way[feed]
        self._room.set()
        if not ended.task.cancelled() and (error := ended.task.exception()):
            log.error("feed %s: its poll could not be settled", feed, exc_info=error)

    async def _pushed(self, feed: Feed) -> Retrieved | None:
        """What a hub sent of the feed, if it did."""
        if not self._has_hub:
            return None
        with contextlib.suppress(StateUnreachable):
            if sent := await self._leases.take_push(feed.id):
                return Retrieved(
                    body=sent.body,
                    url=without_login(feed.url),
                    content_type=sent.content_type,
                    validators=Validators(),
                    delta=True,
                    pushed=True,
                    more=sent.more,
                )
        return None

    def _drops(self, feed: Feed) -> Drops:
        if feed.id not in self._folders:
            read = read_by(self._parsers, asyncio.get_running_loop())
            self._folders[feed.id] = Drops(Path(feed.folder), read)
        return self._folders[feed.id]

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
            except Exception:  # whatever it is, long polls need their leases after it
                log.exception("leases could not be extended")
                continue
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


def _say_lost(lease: Lease) -> None:
    log.warning("feed %s: its lease ran out, another poller may have it by now", lease.feed.id)
