"""News: which of a poll's items are news, whether they come from an address or from a folder.

In: a lease, the poll's items, what the state stores of them.  Out: `Changes`.  Invariants: all that
is known of a feed is read only where it must be; what is stored unreadably is said once a poll, and
fails none.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from monitor.feeds.state.changes import Changes, find_changes, needs_all
from monitor.feeds.state.known import UNREADABLE, Known
from monitor.feeds.state.leases import Lease
from monitor.feeds.state.overlap import WindowFacts
from streams.item import Item

log = logging.getLogger("wirewatch.poll")

KnownItems = Callable[[str, Sequence[str] | None], Awaitable[Mapping[str, Known]]]
"""What was published of a feed under some ids; of all, where they are None."""


async def known_of(
    lease: Lease, items: Sequence[Item], facts: WindowFacts, known: KnownItems
) -> Mapping[str, Known]:
    """What `find_changes` must know to judge the items."""
    if not items or not lease.known_count:
        return {}
    feed = lease.feed.id
    found = await known(feed, [item.id for item in items])
    if needs_all(items, found, facts, lease.known_count):
        return await known(feed, None)
    return found


def news_of(
    lease: Lease,
    items: Sequence[Item],
    known: Mapping[str, Known],
    *,
    facts: WindowFacts,
    again: bool,
    now: datetime,
) -> Changes:
    """What of the items is news."""
    lost = sum(each == UNREADABLE for each in known.values())
    if lost:
        said = "feed %s: what is stored of %d of its items is unreadable, they count as changed"
        log.warning(said, lease.feed.id, lost)
    return find_changes(items, known, feed=lease.feed, now=now, facts=facts, again=again)
