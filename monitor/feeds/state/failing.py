"""Failing: the feeds whose last poll went wrong, as all pollers remember it.

In: the desk's feeds and its Redis.  Out: a `Failing` for each of them.  Invariant: only reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError

from monitor.feeds.feed import Feed
from monitor.feeds.state.feed_state import read_state
from monitor.feeds.state.leases import StateUnreachable

ASKED_AT_ONCE = 500
"""Feeds of one pipeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A feed, how many polls in a row went wrong, and since when (epoch, s; 0: unknown)."""

    feed: str
    failures: int
    since_s: float


async def failing_feeds(client: "redis.Redis", desk: str, feeds: Sequence[Feed]) -> list[Failing]:
    """Those that fail now, longest first.

    Raises:
        StateUnreachable: Redis does not answer.
    """
    found: list[Failing] = []
    for start in range(0, len(feeds), ASKED_AT_ONCE):
        some = feeds[start : start + ASKED_AT_ONCE]
        pipeline: Any = client.pipeline(transaction=False)
        for feed in some:
            pipeline.hmget(f"ww:{{{desk}}}:feed:{feed.id}", "failures", "state")
        try:
            said = await pipeline.execute()
        except (RedisError, OSError) as error:
            raise StateUnreachable(str(error) or type(error).__name__) from error
        for feed, (failures, state) in zip(some, said, strict=True):
            if int(failures or 0):
                since_s = read_state(state or "", feed.id).pace.failing_since_s
                found.append(Failing(feed=feed.id, failures=int(failures), since_s=since_s))
    return sorted(found, key=lambda each: each.since_s)
