"""Poller: each feed, again and again, until the program stops.

One poll: fetch → parse → entries → changes → publish → remember.  Invariants: a feed that fails
never disturbs another; a feed's state moves only after the broker's acknowledgement.
"""

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b

import aiohttp

from monitor.feeds.changes import Changes, find_changes
from monitor.feeds.entries import Dropped, DropReason, read_entries
from monitor.feeds.feed import Feed
from monitor.feeds.fetch import Failed, NotModified, Retrieved, fetch
from monitor.feeds.guard import NotAFeed
from monitor.feeds.parse import parse
from monitor.feeds.polls import Polled, PollLedger
from monitor.feeds.schedule import wait_s
from monitor.feeds.state import FeedState, FeedStates, StateUnreachable
from streams.broker.producer import NotPublished, Publisher
from streams.decision import Decision, Effect, Reason
from streams.item import Item
from streams.outage import Outage, Outages
from streams.records import Stop, Stopping, utc_now
from streams.topics import DECISIONS, ITEMS, TooLarge, encode

log = logging.getLogger("wirewatch.poll")

POLLS_AT_ONCE = 50
"""Fetches under way; a slow outlet holds one place for 30 s at most."""

STORE_RETRY_S = 1.0
"""While Redis or the broker is away."""

LOOK_EVERY_S = 2.0
"""A broker wiped while running is noticed by the topic's id, asked for so often."""


class Poller:
    """Polls feeds into `wire.items`."""

    def __init__(
        self,
        feeds: Sequence[Feed],
        *,
        session: aiohttp.ClientSession,
        publisher: Publisher,
        states: FeedStates,
        stop: Stop,
        outages: Outages,
        ledger: PollLedger,
    ) -> None:
        self._feeds = feeds
        self._session = session
        self._publisher = publisher
        self._states = states
        self._stop = stop
        self._ledger = ledger
        self._slots = asyncio.Semaphore(POLLS_AT_ONCE)
        self._topic_id = ""
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()
        self._store_outage = outages.of("Redis (feed state)")
        self._broker_outage = outages.of("Kafka (publishing)")
        self._outages = {feed.id: Outage(f"feed {feed.id}") for feed in feeds}

    async def run(self) -> None:
        """Polls until the program stops."""
        await asyncio.gather(*(self._follow(feed) for feed in self._feeds))

    async def _follow(self, feed: Feed) -> None:
        failures = 0
        try:
            while not self._stop.is_set():
                async with self._slots:
                    failed = await self._poll_safely(feed)
                failures = failures + 1 if failed else 0
                asked = failed.retry_after_s if failed else 0.0
                await self._stop.sleep(wait_s(feed.every_s, failures, asked, random.random()))  # noqa: S311
        except Stopping:
            return

    async def _poll_safely(self, feed: Feed) -> Failed | None:
        """One poll; what went wrong, if anything did."""
        outage, started = self._outages[feed.id], time.monotonic()
        try:
            ended = await self.poll(feed)
        except StateUnreachable as error:
            self._ledger.polled(feed.id, Polled.HELD, time.monotonic() - started)
            self._store_outage.began(error)
            await self._stop.sleep(STORE_RETRY_S)
            return None
        except NotPublished as error:
            self._ledger.polled(feed.id, Polled.HELD, time.monotonic() - started)
            self._broker_outage.began(error)
            self._asked_at = float("-inf")
            await self._stop.sleep(STORE_RETRY_S)
            return None
        except Stopping:
            raise
        except Exception as error:
            log.exception("feed %s could not be polled", feed.id)
            ended = Failed(why=f"{type(error).__name__}: {error}")
        self._store_outage.over()
        took_s = time.monotonic() - started
        if isinstance(ended, Failed):
            self._ledger.polled(feed.id, Polled.FAILED, took_s)
            outage.began(ended.why)
            return ended
        self._ledger.polled(feed.id, ended, took_s)
        outage.over()
        return None

    async def poll(self, feed: Feed) -> Failed | Polled:
        """One poll of one feed, remembered.

        Raises:
            StateUnreachable: Redis does not answer.
            NotPublished: the broker does not.
        """
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if now - self._asked_at > LOOK_EVERY_S:
                self._topic_id = await self._publisher.topic_id(ITEMS)
                self._asked_at = now
        state = await self._states.load(feed.id, feed.url, self._topic_id)
        fetched = await fetch(self._session, feed.url, state.validators)
        if isinstance(fetched, Failed):
            return fetched
        if isinstance(fetched, NotModified):
            return Polled.UNCHANGED
        body_hash = blake2b(fetched.body, digest_size=16).hexdigest()
        if body_hash == state.body_hash:
            return Polled.UNCHANGED
        return await self._take(feed, state, fetched, body_hash)

    async def _take(
        self, feed: Feed, state: FeedState, fetched: Retrieved, body_hash: str
    ) -> Failed | Polled:
        """Publishes what is new in a body and remembers it."""
        now = datetime.now(UTC)
        try:
            document = await asyncio.to_thread(
                parse, fetched.body, url=fetched.url, content_type=fetched.content_type
            )
        except NotAFeed as error:
            return Failed(why=str(error))
        entries = await asyncio.to_thread(
            read_entries, document, feed=feed.id, outlet=feed.outlet, now=now
        )
        known = await self._states.known(feed.id)
        items = [entry for entry in entries if isinstance(entry, Item)]
        changes = find_changes(items, known, again=not state.current)
        await self._publish(feed, changes, [e for e in entries if isinstance(e, Dropped)])
        await self._states.store(
            feed.id,
            feed.url,
            self._topic_id,
            replace(state, validators=fetched.validators, body_hash=body_hash),
            changes,
            len(known.keys() | changes.known.keys()),
        )
        return Polled.CHANGED

    async def _publish(self, feed: Feed, changes: Changes, dropped: Sequence[Dropped]) -> None:
        if changes.publish:
            records = [(item.id, encode(item)) for item in changes.publish]
            try:
                await self._publisher.publish(ITEMS, records)
            except TooLarge as error:
                refused = [item for item in changes.publish if item.id in error.keys]
                dropped = [*dropped, *(Dropped(item, DropReason.TOO_LARGE) for item in refused)]
                log.warning("feed %s: dropped, %s", feed.id, error)
            log.info("feed %s: %d items published", feed.id, len(records))
        if dropped:
            decisions = [_decision(entry) for entry in dropped]
            await self._publisher.publish(DECISIONS, [(d.item, encode(d)) for d in decisions])
            for decision in decisions:
                self._ledger.dropped(decision)
            log.info("feed %s: %d entries dropped", feed.id, len(dropped))
        self._broker_outage.over()


def _decision(dropped: Dropped) -> Decision:
    return Decision(
        item=dropped.item.id,
        rev=dropped.item.rev,
        title=dropped.item.title,
        outlet=dropped.item.outlet,
        channel="",
        rules=(),
        reason=Reason(dropped.reason),
        effect=Effect.NONE,
        at=utc_now(),
    )
