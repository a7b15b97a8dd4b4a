"""Poll: one feed asked once; what is new in it published.

In: a lease, what is known of its feed, and the topic id of `wire.items`.  Out: how it ended, as a
value.  The way: fetch → unseen entries → changes → publish.  Invariant: what it says was learned,
the broker has acknowledged; it stores nothing itself.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

from monitor.feeds.articles.fetched import Pages, with_articles
from monitor.feeds.drops.folder import Drops
from monitor.feeds.events import FeedEvent
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import (
    UNCONDITIONAL,
    Failed,
    Fetched,
    Later,
    NotModified,
    Retrieved,
    Validators,
)
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.fetching.hosts import Asker
from monitor.feeds.fetching.secrets import Secret
from monitor.feeds.pacing.moved import asked_at
from monitor.feeds.pacing.pace import BOUNDS, Pace
from monitor.feeds.pacing.validators import Body, unconditional
from monitor.feeds.parsers.frames import Harmed
from monitor.feeds.parsers.pool import Parsers
from monitor.feeds.polling.ended import Ended, Learned, Said, Unchanged, Unpublished
from monitor.feeds.polling.folder_poll import poll_folder
from monitor.feeds.polling.news import KnownItems, known_of, news_of
from monitor.feeds.polling.published import Desk
from monitor.feeds.polling.unseen import Reader, Unseen
from monitor.feeds.reading.entries import Dropped
from monitor.feeds.state.changes import Changes, overfull
from monitor.feeds.state.feed_state import FeedState
from monitor.feeds.state.leases import Lease
from monitor.feeds.websub.protocol import discover
from streams.broker.producer import NotPublished
from streams.decision import Reason

log = logging.getLogger("wirewatch.poll")


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What polls work with.

    `secrets` are those of feeds, by id; `pushed` takes what a hub sent of a feed, if anything;
    `drops` are feeds' folders; `may_publish` raises where the lease is lost.
    """

    fetcher: Fetcher
    parsers: Parsers
    pages: Pages
    desk: Desk
    secrets: Mapping[str, Secret]
    known: KnownItems
    pushed: Callable[[Feed], Awaitable[Retrieved | None]]
    drops: Callable[[Feed], Drops]
    may_publish: Callable[[Lease], None]


async def poll(lease: Lease, state: FeedState, topic_id: str, means: Means, now: datetime) -> Ended:
    """One poll of the leased feed, published but not remembered.

    `state` is the feed's as of its address and the topic; `topic_id` was asked for before: where
    the broker is another one by now, what is published counts for the old one and comes again.
    """
    if lease.feed.folder:
        return await poll_folder(
            lease,
            state,
            topic_id,
            drops=means.drops(lease.feed),
            desk=means.desk,
            known=means.known,
            may_publish=means.may_publish,
            now=now,
        )
    whole = state.again(topic_id) or state.first_poll or state.twins
    pushed = None if whole else await means.pushed(lease.feed)
    fetched = pushed or await _ask(lease, state, means, now)
    match fetched:
        case Failed() | Later():
            return fetched
        case NotModified():
            said = Said(hops=fetched.hops, max_age_s=fetched.max_age_s, not_modified=True)
            return Unchanged(said=said)
        case Retrieved():
            return await _look_into(fetched, lease, state, topic_id, means, now)


async def _ask(lease: Lease, state: FeedState, means: Means, now: datetime) -> Fetched:
    feed = lease.feed
    if wait_s := state.owed.wait_s(feed.url, now.timestamp()):
        return Later(wait_s=wait_s, why="due for what is owed to the broker only")
    return await means.fetcher.fetch(
        asked_at(state.moving, feed.url),
        validators=_sent(lease, state, now),
        secret=means.secrets.get(feed.id),
        allow_private=feed.allow_private,
        asker=asker_of(feed, state.pace, now.timestamp()),
    )


def _sent(lease: Lease, state: FeedState, now: datetime) -> Validators:
    """The validators that the outlet is asked with."""
    doubtful = lease.failures > 0 and lease.failures % 2 == 0  # it may be they that are refused
    if doubtful or unconditional(state.trust, now.timestamp()):
        return UNCONDITIONAL
    return state.validators


def asker_of(feed: Feed, pace: Pace, now_s: float) -> Asker:
    """The feed, as it waits for a turn: as long as news of its priority may be late."""
    waited_s = now_s - pace.waits_since_s if pace.waits_since_s else 0.0
    patience_s = BOUNDS[feed.priority].longest_s
    return Asker(name=feed.id, patience_s=patience_s, waited_s=max(0.0, waited_s))


async def _look_into(
    retrieved: Retrieved,
    lease: Lease,
    state: FeedState,
    topic_id: str,
    means: Means,
    now: datetime,
) -> Ended:
    digest = blake2b(retrieved.body, digest_size=16).hexdigest()
    said = _said(retrieved, lease, state, digest, now)
    if digest == state.body_hash:
        return Unchanged(said=said)
    reader = Reader(
        feed=lease.feed, state=state, retrieved=retrieved, parsers=means.parsers, now=now
    )
    again = state.again(topic_id)
    judged = await _judge(reader, lease, means, again=again)
    if not isinstance(judged, _Judged):
        return _to_ask(lease, said, f"cannot be read: {judged.why}") if said.pushed else judged
    unseen, changes = judged.unseen, judged.changes
    if retrieved.pushed and any(item.rev > 1 for item in changes.publish):
        return _to_ask(lease, said, "changes what is known, and may come late")
    items = await with_articles(changes.publish, lease.feed, means.pages)
    means.may_publish(lease)
    try:
        await means.desk.items(lease.feed, items, (*judged.dropped, *changes.dropped))
    except NotPublished as error:
        return Unpublished(why=str(error))
    learned = _remember(state, lease, topic_id, retrieved, unseen, digest, now)
    return Learned(state=learned, changes=changes, said=_heard(said, unseen, retrieved))


def _remember(
    state: FeedState,
    lease: Lease,
    topic_id: str,
    retrieved: Retrieved,
    unseen: Unseen,
    digest: str,
    now: datetime,
) -> FeedState:
    """The state once what is new is published; of a part, the last whole body stays known."""
    part = retrieved.delta
    return state.published(
        url=lease.feed.url,
        topic_id=topic_id,
        validators=_validators(retrieved, lease, state, unseen),
        body_hash=digest if unseen.complete else state.body_hash if part else "",
        window=unseen.digests,
        now_s=now.timestamp(),
        rest=state.rest_after(topic_id, complete=unseen.complete),
        twins=unseen.twins or (state.twins and (unseen.partial or part)),
        overlong=bool(unseen.read.left_out) or (state.overlong and part),
    )


def _to_ask(lease: Lease, said: Said, why: str) -> Unchanged:
    """What a hub sent is not the outlet's word: the feed is asked instead, at once."""
    log.warning("feed %s: what its hub sent %s; the outlet is asked", lease.feed.id, why)
    return Unchanged(said=replace(said, more=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    unseen: Unseen
    changes: Changes
    dropped: Sequence[Dropped]


async def _judge(
    reader: Reader, lease: Lease, means: Means, *, again: bool
) -> _Judged | Failed | Harmed:
    """What of the body is news.

    It is read whole where an unseen entry may be a known one's twin, or where the oldest are to be
    forgotten, but none that it shows.
    """
    unseen = await reader.unseen()
    if not isinstance(unseen, Unseen):
        return unseen
    known = await known_of(lease, unseen.items, unseen.facts, means.known)
    if unseen.partial and (
        reader.state.twins
        or overfull(lease.known_count, unseen.facts)
        or any(item.id in known for item in unseen.items)
    ):
        unseen = await reader.whole()
        if not isinstance(unseen, Unseen):
            return unseen
        known = await known_of(lease, unseen.items, unseen.facts, means.known)
    changes = news_of(lease, unseen.items, known, facts=unseen.facts, again=again, now=reader.now)
    if unseen.read.left_out and not reader.state.overlong:
        said = f"{unseen.read.left_out} entries more than are read of one body"
        changes = replace(changes, events=(*changes.events, FeedEvent(Reason.TOO_LARGE, said)))
    return _Judged(unseen=unseen, changes=changes, dropped=unseen.dropped)


def _said(retrieved: Retrieved, lease: Lease, state: FeedState, digest: str, now: datetime) -> Said:
    probe, sent = None, _sent(lease, state, now)
    if not retrieved.delta and unconditional(state.trust, now.timestamp()):
        validators = retrieved.validators
        probe = Body(etag=validators.etag, last_modified=validators.last_modified, digest=digest)
    return Said(
        url=retrieved.url,
        hops=retrieved.hops,
        max_age_s=retrieved.max_age_s,
        probe=probe,
        conditional=bool(sent.etag or sent.last_modified) and not retrieved.pushed,
        pushed=retrieved.pushed,
        more=retrieved.more,
    )


def _heard(said: Said, unseen: Unseen, retrieved: Retrieved) -> Said:
    """With what the feed says of itself."""
    read = unseen.read
    return replace(
        said,
        ttl_s=read.ttl_s,
        advertised=discover(retrieved.links, read.hub, read.self_url),
        overlap=unseen.facts.overlap > 0,
    )


def _validators(retrieved: Retrieved, lease: Lease, state: FeedState, unseen: Unseen) -> Validators:
    """Those of a body of which nothing is left; a part of one leaves them as they were."""
    if retrieved.delta:
        return state.validators
    if not unseen.complete:
        return UNCONDITIONAL
    found = retrieved.validators
    asked = asked_at(state.moving, lease.feed.url)
    return replace(found, url=found.url or (asked if asked != lease.feed.url else ""))
