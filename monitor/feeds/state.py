"""Feed state: what the pollers remember between polls, in Redis.

In and out: a `FeedState`.  Invariants: stored only after the broker has acknowledged what it says
was published; tagged with the topic id of `wire.items`, so on a new broker nothing counts as
published.  Keys below `ww:{desk}:`: `feed:<id>` (hash), `feed:<id>:known` (hash, id to
"rev payload text", oldest first).
"""

from dataclasses import dataclass, field
from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError

from monitor.feeds.changes import KNOWN_MOST, Changes, Known
from monitor.feeds.fetch import Validators


class StateUnreachable(ConnectionError):
    """Redis does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is known of a feed; `current` is False on a broker that does not have its items."""

    validators: Validators = field(default_factory=Validators)
    body_hash: str = ""
    current: bool = False


class FeedStates:
    """The states of one desk's feeds."""

    def __init__(self, client: "redis.Redis", desk: str) -> None:
        self._redis: Any = client  # redis-py types every answer as bytes or text
        self._prefix = f"ww:{{{desk}}}:feed:"

    async def load(self, feed: str, url: str, topic_id: str) -> FeedState:
        """The feed's state as of `topic_id`.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        try:
            stored = await self._redis.hgetall(self._prefix + feed)
        except RedisError as error:
            raise StateUnreachable(str(error)) from error
        if stored.get("topic_id") != topic_id or stored.get("url") != url:
            return FeedState(current=stored.get("topic_id", topic_id) == topic_id)
        return FeedState(
            validators=Validators(stored.get("etag", ""), stored.get("last_modified", "")),
            body_hash=stored.get("body_hash", ""),
            current=True,
        )

    async def known(self, feed: str) -> dict[str, Known]:
        """What was published of the feed, oldest first.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        try:
            stored = await self._redis.hgetall(f"{self._prefix}{feed}:known")
        except RedisError as error:
            raise StateUnreachable(str(error)) from error
        return {item: _known(value) for item, value in stored.items()}

    async def store(
        self, feed: str, url: str, topic_id: str, state: FeedState, changes: Changes, total: int
    ) -> None:
        """Remembers a poll whose items the broker has; `total` ids are known with them.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        key = self._prefix + feed
        learned = {i: f"{k.rev} {k.payload} {k.text}" for i, k in changes.known.items()}
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hset(
                    key,
                    mapping={
                        "url": url,
                        "topic_id": topic_id,
                        "etag": state.validators.etag,
                        "last_modified": state.validators.last_modified,
                        "body_hash": state.body_hash,
                    },
                )
                if learned:
                    pipe.hset(f"{key}:known", mapping=learned)
                await pipe.execute()
            if total > KNOWN_MOST:
                await self._forget(feed, changes)
        except RedisError as error:
            raise StateUnreachable(str(error)) from error

    async def _forget(self, feed: str, changes: Changes) -> None:
        """Drops what is beyond `KNOWN_MOST` and not in this window."""
        key = f"{self._prefix}{feed}:known"
        stored = [i for i in await self._redis.hkeys(key) if i not in changes.known]
        surplus = stored[: max(0, len(stored) + len(changes.known) - KNOWN_MOST)]
        if surplus:
            await self._redis.hdel(key, *surplus)


def _known(value: str) -> Known:
    rev, payload, text = value.split(" ")
    return Known(int(rev), payload, text)
