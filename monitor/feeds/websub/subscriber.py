"""Subscriber: asks a feed's hub to tell this desk, and asks again in time.

In: a feed that was polled, with what it advertises.  Out: whether its hub tells; the subscription
in Redis before the hub is asked, since a hub may verify before it answers.  Invariants: a feed that
cannot be subscribed to is polled as before; a hub is the word of a feed, so it is reached only
where the feed's own outlet may be; one line in the log when a hub goes, one when it is back.
"""

import logging
import secrets
from dataclasses import replace
from urllib.parse import urlsplit

from monitor.feeds.feed import Feed
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.websub.protocol import (
    LEASE_S,
    PENDING_S,
    Advertised,
    Subscription,
    backoff_s,
    should_ask,
)
from monitor.feeds.websub.subscriptions import Subscriptions

log = logging.getLogger("wirewatch.websub")

ASK_MOST_S = 10.0
"""For a hub's answer; the feed's poll waits for it, once in ten minutes at most."""

SECRET_BYTES = 32


class Subscriber:
    """Subscribes the feeds of one process; `base_url` is where the world reaches the callback."""

    def __init__(self, subscriptions: Subscriptions, fetcher: Fetcher, base_url: str) -> None:
        self._subscriptions = subscriptions
        self._fetcher = fetcher
        self._base_url = base_url.rstrip("/")

    async def look_after(self, feed: Feed, advertised: Advertised | None, now_s: float) -> bool:
        """Asks the feed's hub if it is time; True while the hub tells of the feed's news.

        For whoever holds the feed's lease.  `advertised` is None where the poll brought no body, or
        a feed without a hub: a subscription that stands is renewed all the same, as W3C has it.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        known = await self._subscriptions.of(feed.id)
        wanted = advertised or (known.advertised if known else None)
        if wanted and should_ask(known, wanted, now_s):
            if known and known.failures == 1 and known.pending_until_s:
                log.warning("feed %s: its hub has not confirmed, asking again", feed.id)
            await self._ask(feed, _next(known, wanted, now_s))
        return known is not None and known.active(now_s) and known.advertised == wanted

    async def _ask(self, feed: Feed, subscription: Subscription) -> None:
        host = urlsplit(subscription.hub).hostname
        await self._subscriptions.pending(feed.id, subscription)
        why = await self._post(feed, subscription)
        if why:
            await self._subscriptions.unasked(feed.id)
            level = logging.WARNING if subscription.failures == 1 else logging.DEBUG
            log.log(level, "feed %s: its hub %s cannot be asked, polling: %s", feed.id, host, why)

    async def _post(self, feed: Feed, subscription: Subscription) -> str:
        """Why the hub has not taken it; empty once it has."""
        form = {
            "hub.mode": "subscribe",
            "hub.topic": subscription.topic,
            "hub.callback": f"{self._base_url}/websub/{feed.id}/{subscription.token}",
            "hub.lease_seconds": str(round(LEASE_S)),
            "hub.secret": subscription.secret,
        }
        failed = await self._fetcher.post(
            subscription.hub, form, total_s=ASK_MOST_S, allow_private=feed.allow_private
        )
        return failed.why if failed else ""


def _next(known: Subscription | None, wanted: Advertised, now_s: float) -> Subscription:
    """What is remembered while the hub is asked: a failure until it verifies.

    Another hub or topic is another subscription, with an address and a secret of its own; it counts
    on, so that a feed cannot have one hub after the other asked.
    """
    failures = (known.failures if known else 0) + 1
    if known is None or known.advertised != wanted:
        known = Subscription(
            hub=wanted.hub,
            topic=wanted.topic,
            token=secrets.token_urlsafe(SECRET_BYTES),
            secret=secrets.token_urlsafe(SECRET_BYTES),
        )
    return replace(
        known,
        failures=failures,
        pending_until_s=now_s + PENDING_S,
        ask_at_s=now_s + backoff_s(failures),
    )
