"""Subscriptions: what is remembered of each feed's, in Redis, for every poller of the desk.

In: a feed's id.  Out: its `Subscription`.  Key `ww:{desk}:websub:<feed>`, a hash.  Invariants: a
verification is taken once, by whichever process hears it; what is not renewed goes by itself.
"""

from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import redis.asyncio as redis
from redis.exceptions import RedisError

from monitor.feeds.state.leases import StateUnreachable
from monitor.feeds.websub.protocol import DENIED_S, LEASE_MOST_S, RENEW_AT, Subscription

KEEP_S = round(LEASE_MOST_S + DENIED_S)
"""Since it was last touched: longer than any lease."""

Answer = TypeVar("Answer")


class Subscriptions:
    """Those of one desk; every method raises `StateUnreachable` where Redis does not answer."""

    def __init__(self, client: "redis.Redis", desk: str) -> None:
        self._redis: Any = client  # redis-py types every answer as bytes or text
        self._key = f"ww:{{{desk}}}:websub:"

    async def of(self, feed: str) -> Subscription | None:
        """The feed's; None where there is none."""
        return _read(await _answer(self._redis.hgetall(self._key + feed)))

    async def pending(self, feed: str, subscription: Subscription) -> None:
        """Remembers one whose hub is about to be asked; from now on it may verify."""
        fields = {name: getattr(subscription, name) for name in Subscription.__slots__}
        await self._store(feed, fields)

    async def unasked(self, feed: str) -> None:
        """The hub could not be asked: nobody may verify."""
        await _answer(self._redis.hdel(self._key + feed, "pending_until_s"))

    async def verified(self, feed: str, *, lease_s: float, now_s: float) -> bool:
        """Begins a lease; False where no verification is waited for (any more)."""
        if not await _answer(self._redis.hdel(self._key + feed, "pending_until_s")):
            return False
        lease = {"renew_at_s": now_s + RENEW_AT * lease_s, "until_s": now_s + lease_s}
        await self._store(feed, {**lease, "failures": 0})
        return True

    async def denied(self, feed: str, *, now_s: float) -> None:
        """The hub tells nothing any more; it is asked again in a day."""
        await self.unasked(feed)
        await self._store(feed, {"until_s": 0.0, "renew_at_s": 0.0, "ask_at_s": now_s + DENIED_S})

    async def _store(self, feed: str, fields: Mapping[str, str | float]) -> None:
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.hset(self._key + feed, mapping=fields)
        pipeline.expire(self._key + feed, KEEP_S)
        await _answer(pipeline.execute())


def _read(stored: Mapping[str, str]) -> Subscription | None:
    """None where a field that every one has is missing, or what is a number says none."""
    with suppress(ValueError):
        if {"hub", "topic", "token", "secret"} <= stored.keys():
            return _subscription(stored)
    return None


def _subscription(stored: Mapping[str, str]) -> Subscription:
    return Subscription(
        hub=stored["hub"],
        topic=stored["topic"],
        token=stored["token"],
        secret=stored["secret"],
        pending_until_s=float(stored.get("pending_until_s", 0)),
        renew_at_s=float(stored.get("renew_at_s", 0)),
        until_s=float(stored.get("until_s", 0)),
        ask_at_s=float(stored.get("ask_at_s", 0)),
        failures=int(stored.get("failures", 0)),
    )


async def _answer(call: Awaitable[Answer]) -> Answer:
    try:
        return await call
    except RedisError as error:
        raise StateUnreachable(str(error)) from error
