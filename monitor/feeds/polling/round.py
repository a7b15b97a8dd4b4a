"""Round: one poll of a feed from its lease to its settlement, whatever happens in between.

In: a lease.  Out: the lease settled with what the poll learned and when the next one is.  The way:
poll → plan → events → settle.  Invariants: a feed that fails never disturbs another; its state
moves only after the broker's acknowledgement; one outcome is counted for each round.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import Failed, Later, Trouble
from monitor.feeds.pacing.failing import shown_span
from monitor.feeds.parsers.frames import Harmed
from monitor.feeds.parsers.pool import START_AGAIN_S, NoParser
from monitor.feeds.polling.after import Plan, after, owing
from monitor.feeds.polling.ended import Ended, Learned, Unchanged, Unpublished, failure
from monitor.feeds.polling.poll import Means, poll
from monitor.feeds.polling.polls import Polled, PollLedger
from monitor.feeds.polling.topic import ItemsTopic
from monitor.feeds.state.feed_state import FeedState
from monitor.feeds.state.leases import Lease, Leases, StateUnreachable
from monitor.feeds.state.patient import PatientState
from monitor.feeds.websub.protocol import Advertised
from streams.broker.producer import NotPublished
from streams.decision import Reason

log = logging.getLogger("wirewatch.poll")
outage_log = logging.getLogger("wirewatch.outage")

POLL_MOST_S = 240.0
"""A fetch, and two publishes that wait for the broker: what takes longer hangs."""


UNSETTLED_S, UNSETTLED_MOST_S = 60.0, 21_600.0
"""Doubling waits where not even a failure can be planned: what was published comes again."""


class LeaseLost(Exception):
    """The lease may have run out; another poller may poll the feed by now."""


LookAfter = Callable[[Feed, Advertised | None, float], Awaitable[bool]]
"""Sees to the feed's subscription; True while a hub tells of its news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """What rounds work with; `look_after` is None where hubs cannot reach this program."""

    means: Means
    leases: Leases
    state: PatientState
    topic: ItemsTopic
    ledger: PollLedger
    look_after: LookAfter | None = None

    async def play(self, lease: Lease, topic_id: str, settling: Callable[[], None]) -> float:
        """One round; seconds until the feed is due again.

        `settling` is called when the poll is over and its lease needs no extending any more.

        Raises:
            LeaseLost: another poller has the feed; nothing was stored.
        """
        started = asyncio.get_running_loop().time()
        state = lease.state.as_of(lease.feed.url, topic_id)
        try:
            ended, plan = await self._to_the_end(lease, state, topic_id, settling)
        except LeaseLost:
            self._count(lease, Polled.HELD, started)
            raise
        self._count(lease, Polled.FAILED if failure(ended) else _POLLED[type(ended)], started)
        _say(lease, ended, plan)
        return plan.wait_s

    async def _to_the_end(
        self, lease: Lease, state: FeedState, topic_id: str, settling: Callable[[], None]
    ) -> tuple[Ended, Plan]:
        """How the poll ended, settled; what nobody foresaw after it fails the feed as well.

        Raises:
            LeaseLost: nothing was stored.
        """
        try:
            ended = await self._attempt(lease, state, topic_id)
            plan = await self._planned(lease, state, ended)
            settling()
            await self._settle(lease, ended, plan)
        except LeaseLost:
            raise
        except Exception as error:
            log.exception("feed %s: its poll could not be settled", lease.feed.id)
            ended = Failed(why=f"{type(error).__name__}: {error}", trouble=Trouble.HARD)
            plan = Plan(wait_s=_unsettled_s(lease.failures), state=state)
            await self._put_off(lease, plan.wait_s)
        return ended, plan

    async def _put_off(self, lease: Lease, wait_s: float) -> None:
        """Settles a poll of which nothing is stored but that it failed."""
        failures = lease.failures + 1
        if not await self.state.ask(
            lambda: self.leases.settle(lease, wait_s=wait_s, failures=failures)
        ):
            raise LeaseLost

    def _count(self, lease: Lease, outcome: Polled, started: float) -> None:
        seconds = asyncio.get_running_loop().time() - started
        self.ledger.polled(lease.feed.id, outcome, seconds)

    async def _attempt(self, lease: Lease, state: FeedState, topic_id: str) -> Ended:
        """One poll, with what nobody foresaw as a failure of the feed.

        Raises:
            LeaseLost: nothing was published.
        """
        try:
            async with asyncio.timeout(POLL_MOST_S):
                return await poll(lease, state, topic_id, self.means, datetime.now(UTC))
        except LeaseLost:
            raise
        except NoParser as error:
            return Later(wait_s=START_AGAIN_S, why=str(error))
        except TimeoutError:
            return Failed(why=f"its poll took more than {POLL_MOST_S:.0f} s")
        except Exception as error:
            log.exception("feed %s could not be polled", lease.feed.id)
            return Failed(why=f"{type(error).__name__}: {error}", trouble=Trouble.HARD)

    async def _planned(self, lease: Lease, state: FeedState, ended: Ended) -> Plan:
        """The plan after the poll, its events on record, or owed where the broker is not there."""
        feed, now_s, draw = lease.feed, time.time(), random.random()  # noqa: S311
        subscribed = await self._subscribed(feed, ended, now_s)
        plan = after(feed, state, ended, subscribed=subscribed, now_s=now_s, random=draw)
        events = state.owed.and_also(plan.events)
        if not events or isinstance(ended, Unpublished):
            return plan
        self.means.may_publish(lease)
        try:
            await self.means.desk.events(feed, events)
        except NotPublished as error:
            if not state.owed.events:
                log.warning("feed %s: what happened to it waits for Kafka: %s", feed.id, error)
            return owing(plan, feed, state.owed, now_s)
        told = replace(state.owed, events=())
        return replace(plan, events=events, state=replace(plan.state, owed=told))

    async def _subscribed(self, feed: Feed, ended: Ended, now_s: float) -> bool:
        if self.look_after is None or not isinstance(ended, Learned | Unchanged):
            return False
        try:
            return await self.look_after(feed, ended.said.advertised, now_s)
        except StateUnreachable:
            return False

    async def _settle(self, lease: Lease, ended: Ended, plan: Plan) -> None:
        """Stores how a poll ended and when the next one is, however long Redis is away."""
        match ended:
            case Unpublished():
                self.topic.refused(ended.why)
            case Learned() if ended.changes.publish:
                self.topic.took()
            case Failed(site=site, retry_after_s=wait_s) if site:
                await self.state.ask(lambda: self.leases.block_site(site, wait_s))
        failures = lease.failures + 1 if failure(ended) else 0
        if isinstance(ended, Unpublished | Later):
            failures = lease.failures
        kept = await self.state.ask(
            lambda: self.leases.settle(
                lease,
                wait_s=plan.wait_s,
                failures=failures,
                state=None if isinstance(ended, Unpublished) else plan.state,
                changes=plan.changes,
            )
        )
        if not kept:
            raise LeaseLost


_POLLED: dict[type[Ended], Polled] = {
    Learned: Polled.CHANGED,
    Unchanged: Polled.UNCHANGED,
    Unpublished: Polled.HELD,
    Later: Polled.LATER,
    Failed: Polled.FAILED,
    Harmed: Polled.FAILED,
}


def _unsettled_s(failures: int) -> float:
    """Seconds to wait, `failures` in a row before."""
    return float(min(UNSETTLED_S * 2.0 ** min(failures, 16), UNSETTLED_MOST_S))


_SAID = frozenset({Reason.FEED_FAILING, Reason.FEED_GONE, Reason.FEED_QUARANTINED})
"""Events whose own log line says that the feed fails, and more."""


def _say(lease: Lease, ended: Ended, plan: Plan) -> None:
    """One line when a feed begins to fail and one when it is back, among all pollers."""
    why, told = failure(ended), any(event.reason in _SAID for event in plan.events)
    if why and not lease.failures and not told:
        wait_s = plan.state.owed.wait_s(lease.feed.url, time.time()) or plan.wait_s
        span = shown_span(wait_s)
        outage_log.warning("feed %s fails, asked again in %s: %s", lease.feed.id, span, why)
    elif lease.failures and not why and isinstance(ended, Learned | Unchanged):
        outage_log.warning("feed %s is back after %d failed polls", lease.feed.id, lease.failures)
