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
from monitor.feeds.state.changes import Changes, Known, find_changes
from monitor.feeds.state.feed_state import FeedState, Learned, Stored
from monitor.feeds.state.leases import Lease
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
class Unpublished:
    """The broker has not acknowledged what is new; any of it may be there all the same."""

    why: str


Ended = Learned | Unchanged | Unpublished | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a poll works with.

    `known` reads what was published of a feed; `may_publish` raises where the lease is lost.
    """

    session: aiohttp.ClientSession
    publisher: Publisher
    ledger: PollLedger
    known: Callable[[str], Awaitable[Mapping[str, Known]]]
    may_publish: Callable[[Lease], None]


async def poll(lease: Lease, topic_id: str, means: Means) -> Ended:
    """One poll of the leased feed, published but not remembered.

    `topic_id` was asked for before: where the broker is another one by now, what is published
    counts for the old one and comes again.
    """
    state = lease.stored.as_of(lease.feed.url, topic_id)
    fetched = await fetch(means.session, lease.feed.url, state.validators)
    match fetched:
        case Failed():
            return fetched
        case NotModified():
            return Unchanged()
    body_hash = blake2b(fetched.body, digest_size=16).hexdigest()
    if body_hash == state.body_hash:
        return Unchanged()
    try:
        entries = await asyncio.to_thread(_entries, lease.feed, fetched, datetime.now(UTC))
    except NotAFeed as error:
        return Failed(why=str(error))
    try:
        changes = await _publish_new(lease, state, entries, means)
    except NotPublished as error:
        return Unpublished(why=str(error))
    return Learned(
        stored=Stored(
            url=lease.feed.url,
            topic_id=topic_id,
            etag=fetched.validators.etag,
            last_modified=fetched.validators.last_modified,
            body_hash=body_hash,
        ),
        changes=changes,
    )


def _entries(feed: Feed, fetched: Retrieved, now: datetime) -> list[Item | Dropped]:
    document = parse(fetched.body, url=fetched.url, content_type=fetched.content_type)
    return read_entries(document, feed, now)


async def _publish_new(
    lease: Lease, state: FeedState, entries: Sequence[Item | Dropped], means: Means
) -> Changes:
    """What of the window is new, once the broker has it.

    Raises:
        NotPublished: the broker does not acknowledge.
    """
    feed = lease.feed.id
    items = [entry for entry in entries if isinstance(entry, Item)]
    dropped = [entry for entry in entries if isinstance(entry, Dropped)]
    changes = find_changes(items, await means.known(feed), again=not state.current)
    means.may_publish(lease)
    dropped += await _publish(feed, changes.publish, means.publisher)
    if dropped:
        decisions = [_decision(entry) for entry in dropped]
        await means.publisher.publish(DECISIONS, [(d.item, encode(d)) for d in decisions])
        for decision in decisions:
            means.ledger.dropped(decision)
        log.info("feed %s: %d entries dropped", feed, len(dropped))
    return changes


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
        detail=dropped.item.ednote if dropped.reason is DropReason.UNREADABLE else "",
    )
