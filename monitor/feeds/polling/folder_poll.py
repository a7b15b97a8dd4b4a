"""Folder poll: what an agency left in a feed's folder, published; then the files are moved.

In: a lease on a feed with a folder.  Out: how the poll ended, as that of any other feed.  The way:
take → changes → publish → move.  Invariant: no file is moved before the broker has its items, or
why it is rejected.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from monitor.feeds.drops.folder import Drops, Taken, Unavailable
from monitor.feeds.events import FeedEvent
from monitor.feeds.fetching.answers import UNCONDITIONAL, Failed, Trouble
from monitor.feeds.polling.ended import Ended, Learned, Unchanged, Unpublished
from monitor.feeds.polling.news import KnownItems, known_of, news_of
from monitor.feeds.polling.published import Desk
from monitor.feeds.reading.entries import Dropped
from monitor.feeds.state.changes import Changes
from monitor.feeds.state.feed_state import FeedState, Rest
from monitor.feeds.state.leases import Lease
from monitor.feeds.state.overlap import WindowFacts
from streams.broker.producer import NotPublished
from streams.decision import Reason
from streams.item import Item

NOTHING = Changes((), {})
"""What the first look into an empty folder finds: whatever comes later is news."""


async def poll_folder(
    lease: Lease,
    state: FeedState,
    topic_id: str,
    *,
    drops: Drops,
    desk: Desk,
    known: KnownItems,
    may_publish: Callable[[Lease], None],
    now: datetime,
) -> Ended:
    """One look into the folder of the leased feed."""
    feed = lease.feed
    taken = await asyncio.to_thread(drops.take, feed, now)
    if isinstance(taken, Unavailable):
        return Failed(why=taken.why, trouble=Trouble.SOFT)
    if not (taken.files or taken.rejected or taken.stuck):
        if drops.empty and state.first_poll:
            return _learned(lease, state, topic_id, NOTHING, now)
        return Unchanged()
    items = [entry for entry in taken.entries if isinstance(entry, Item)]
    facts = WindowFacts(first_poll=state.first_poll, total=len(items))
    before = await known_of(lease, items, facts, known)
    changes = news_of(lease, items, before, facts=facts, again=state.again(topic_id), now=now)
    may_publish(lease)
    dropped = [entry for entry in taken.entries if isinstance(entry, Dropped)]
    try:
        await desk.items(feed, changes.publish, (*dropped, *changes.dropped))
        await desk.events(feed, _rejections(taken))
    except NotPublished as error:
        return Unpublished(why=str(error))
    stuck = await asyncio.to_thread(drops.settle, taken, now)
    return replace(
        _learned(lease, state, topic_id, changes, now, more=taken.more),
        stuck=stuck.why if stuck else "",
    )


def _learned(
    lease: Lease,
    state: FeedState,
    topic_id: str,
    changes: Changes,
    now: datetime,
    *,
    more: bool = False,
) -> Learned:
    learned = state.published(
        url=lease.feed.url,
        topic_id=topic_id,
        validators=UNCONDITIONAL,
        body_hash="",
        now_s=now.timestamp(),
        rest=Rest.FIRST if more and state.first_poll else Rest.NONE,
    )
    return Learned(state=learned, changes=changes, more=more)


def _rejections(taken: Taken) -> list[FeedEvent]:
    return [
        FeedEvent(Reason.FILE_REJECTED, f"{each.file.shown}: {each.why}") for each in taken.rejected
    ]
