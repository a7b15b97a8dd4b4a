"""Published: what a poll found, handed to the broker.

In: items, entries that are not carried, events of a feed.  Out: nothing, once the broker has it
all; what it will never take is one more drop.  Invariant: each drop and each event has a Reason, a
record on `wire.decisions` and a count.
"""

import logging
from collections.abc import Iterable, Sequence

from monitor.feeds.events import FeedEvent
from monitor.feeds.feed import Feed
from monitor.feeds.polling.polls import PollLedger
from monitor.feeds.reading.entries import Dropped, DropReason
from monitor.feeds.state.changes import Withheld
from streams.broker.producer import Publisher
from streams.decision import Decision, Effect, Reason
from streams.item import MAX_FIELD_CHARS, Item
from streams.records import utc_now
from streams.topics import DECISIONS, ITEMS, TooLarge, encode

log = logging.getLogger("wirewatch.poll")


class Desk:
    """Where the polls of one process publish."""

    def __init__(self, publisher: Publisher, ledger: PollLedger) -> None:
        self._publisher = publisher
        self._ledger = ledger

    async def items(
        self, feed: Feed, items: Sequence[Item], dropped: Iterable[Dropped | Withheld]
    ) -> None:
        """Publishes items, and why others are not carried.

        Raises:
            NotPublished: the broker does not acknowledge; any of it may be there all the same.
        """
        refused = await self._publish(feed, items) if items else []
        decisions = [_dropped(each) for each in (*dropped, *refused)]
        if decisions:
            await self._decide(decisions)
            log.info("feed %s: %d entries dropped", feed.id, len(decisions))

    async def events(self, feed: Feed, events: Sequence[FeedEvent]) -> None:
        """Puts what happened to a feed on record.

        Raises:
            NotPublished: the broker does not acknowledge.
        """
        if events:
            await self._decide([_happened(feed, event) for event in events])
            for event in events:
                log.warning("feed %s: %s: %s", feed.id, event.reason, event.detail)

    async def _publish(self, feed: Feed, items: Sequence[Item]) -> list[Dropped]:
        refused: list[Dropped] = []
        try:
            await self._publisher.publish(ITEMS, [(item.id, encode(item)) for item in items])
        except TooLarge as error:
            refused = [Dropped(i, DropReason.TOO_LARGE) for i in items if i.id in error.keys]
            log.warning("feed %s: dropped, %s", feed.id, error)
        log.info("feed %s: %d items published", feed.id, len(items) - len(refused))
        return refused

    async def _decide(self, decisions: Sequence[Decision]) -> None:
        await self._publisher.publish(DECISIONS, [(d.item, encode(d)) for d in decisions])
        for decision in decisions:
            self._ledger.dropped(decision)


def _dropped(dropped: Dropped | Withheld) -> Decision:
    item, reason = dropped.item, Reason(dropped.reason)
    return Decision(
        item=item.id,
        rev=item.rev,
        title=item.title,
        outlet=item.outlet,
        channel="",
        rules=(),
        reason=reason,
        effect=Effect.NONE,
        at=utc_now(),
        detail=_detail(dropped),
    )


def _detail(dropped: Dropped | Withheld) -> str:
    if isinstance(dropped, Withheld):
        return dropped.detail
    return dropped.item.ednote if dropped.reason is DropReason.UNREADABLE else ""


def _happened(feed: Feed, event: FeedEvent) -> Decision:
    """A feed's event has the feed's id in place of an item's."""
    return Decision(
        item=feed.id,
        rev=0,
        title="",
        outlet=feed.outlet,
        channel="",
        rules=(),
        reason=event.reason,
        effect=Effect.NONE,
        at=utc_now(),
        detail=event.detail[:MAX_FIELD_CHARS],
    )
