"""Poll: one feed asked once; what is new in it published.

In: a lease with what is stored of the feed, and the topic id of `wire.items`.  Out: how it
ended, as a value.  The way: fetch → parse → entries → changes → publish.  Invariant: what it says
was learned, the broker has acknowledged; it stores nothing itself.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b

import aiohttp

from monitor.feeds.feed import Feed
from monitor.feeds.fetching.fetch import Failed, NotModified, Retrieved, fetch
from monitor.feeds.polls import PollLedger
from monitor.feeds.reading.entries import Dropped, DropReason, read_entries
from monitor.feeds.reading.guard import NotAFeed
from monitor.feeds.reading.parse import parse
from monitor.feeds.state.changes import Changes, Withheld, find_changes, needs_all
from monitor.feeds.state.feed_state import FeedState
from monitor.feeds.state.known import Known
from monitor.feeds.state.leases import Lease
from monitor.feeds.state.window import WindowFacts
from streams.broker.producer import NotPublished, Publisher
from streams.decision import Decision, Effect, Reason
from streams.item import Item
from streams.records import utc_now
from streams.topics import DECISIONS, ITEMS, TooLarge, encode

log = logging.getLogger("wirewatch.poll")


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The outlet has nothing new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """Published, to be remembered."""

    state: FeedState
    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpublished:
    """The broker has not acknowledged what is new; any of it may be there all the same."""

    why: str


Ended = Learned | Unchanged | Unpublished | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a poll works with.

    `known` reads what was published of a feed under some ids, `None` for all; `may_publish` raises
    where the lease is lost.
    """

    session: aiohttp.ClientSession
    publisher: Publisher
    ledger: PollLedger
    known: Callable[[str, Sequence[str] | None], Awaitable[Mapping[str, Known]]]
    may_publish: Callable[[Lease], None]


async def poll(lease: Lease, topic_id: str, means: Means) -> Ended:
    """One poll of the leased feed, published but not remembered.

    `topic_id` was asked for before: where the broker is another one by now, what is published
    counts for the old one and comes again.
    """
    state = lease.state.as_of(lease.feed.url, topic_id)
    fetched = await fetch(means.session, lease.feed.url, state.validators)
    match fetched:
        case Failed():
            return fetched
        case NotModified():
            return Unchanged()
    body_hash = blake2b(fetched.body, digest_size=16).hexdigest()
    if body_hash == state.body_hash:
        return Unchanged()
    now = datetime.now(UTC)
    try:
        entries = await asyncio.to_thread(_entries, lease.feed, fetched, now)
    except NotAFeed as error:
        return Failed(why=str(error))
    try:
        again = state.again(topic_id)
        changes = await _publish_new(lease, entries, means, now=now, again=again)
    except NotPublished as error:
        return Unpublished(why=str(error))
    learned = state.published(
        url=lease.feed.url,
        topic_id=topic_id,
        validators=fetched.validators,
        body_hash=body_hash,
        now_s=now.timestamp(),
    )
    return Learned(state=learned, changes=changes)


def _entries(feed: Feed, fetched: Retrieved, now: datetime) -> list[Item | Dropped]:
    document = parse(fetched.body, url=fetched.url, content_type=fetched.content_type)
    return read_entries(document, feed, now)


async def _publish_new(
    lease: Lease, entries: Sequence[Item | Dropped], means: Means, *, now: datetime, again: bool
) -> Changes:
    """What of the window is new, once the broker has it.

    Raises:
        NotPublished: the broker does not acknowledge.
    """
    feed = lease.feed.id
    items = [entry for entry in entries if isinstance(entry, Item)]
    changes = await _changes(lease, items, means, now=now, again=again)
    dropped: list[Dropped | Withheld] = [e for e in entries if isinstance(e, Dropped)]
    dropped += changes.dropped
    means.may_publish(lease)
    dropped += await _publish(feed, changes.publish, means.publisher)
    if dropped:
        decisions = [_decision(entry) for entry in dropped]
        await means.publisher.publish(DECISIONS, [(d.item, encode(d)) for d in decisions])
        for decision in decisions:
            means.ledger.dropped(decision)
        log.info("feed %s: %d entries dropped", feed, len(dropped))
    return changes


async def _changes(
    lease: Lease, items: Sequence[Item], means: Means, *, now: datetime, again: bool
) -> Changes:
    facts = WindowFacts(first_poll=not lease.state.baseline_done, total=len(items))
    known = await means.known(lease.feed.id, [item.id for item in items])
    if needs_all(items, known, facts, lease.known_count):
        known = await means.known(lease.feed.id, None)
    return find_changes(items, known, feed=lease.feed, now=now, facts=facts, again=again)


async def _publish(feed: str, items: Sequence[Item], publisher: Publisher) -> list[Dropped]:
    """Which of the items the broker never takes; it has the others.

    Raises:
        NotPublished: the broker does not acknowledge.
    """
    if not items:
        return []
    refused: list[Dropped] = []
    try:
        await publisher.publish(ITEMS, [(item.id, encode(item)) for item in items])
    except TooLarge as error:
        refused = [Dropped(item, DropReason.TOO_LARGE) for item in items if item.id in error.keys]
        log.warning("feed %s: dropped, %s", feed, error)
    log.info("feed %s: %d items published", feed, len(items) - len(refused))
    return refused


def _decision(dropped: Dropped | Withheld) -> Decision:
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
        detail=dropped.item.ednote if dropped.reason is DropReason.UNREADABLE else "",
    )
