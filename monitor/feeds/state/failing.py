"""Failing: which feeds' last poll went wrong and when each answered, as all pollers remember it.

In: the desk's feeds and its Redis.  Out: a `Failing` or a moment for each.  Invariant: only reads.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError

from monitor.feeds.feed import Feed
from monitor.feeds.state.feed_state import FeedState, read_state
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
    found = [
        Failing(feed=feed, failures=failures, since_s=state.pace.failing_since_s)
        async for feed, failures, state in _stored(client, desk, feeds)
        if failures
    ]
    return sorted(found, key=lambda each: each.since_s)


async def last_answers(client: "redis.Redis", desk: str, feeds: Sequence[Feed]) -> dict[str, float]:
    """When each feed last answered well (epoch, s; 0: never), whichever process asked it.

    Raises:
        StateUnreachable: Redis does not answer.
    """
    return {
        feed: state.answered_s or state.polled_s
        async for feed, _, state in _stored(client, desk, feeds)
    }


async def _stored(
    client: "redis.Redis", desk: str, feeds: Sequence[Feed]
) -> AsyncIterator[tuple[str, int, FeedState]]:
    """Each feed, how many polls in a row went wrong, and its state."""
    for start in range(0, len(feeds), ASKED_AT_ONCE):
        some = feeds[start : start + ASKED_AT_ONCE]
        pipeline: Any = client.pipeline(transaction=False)
        for feed in some:
            pipeline.hmget(f"ww:{{{desk}}}:feed:{feed.id}", "failures", "state")
        try:
            said = await pipeline.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            raise StateUnreachable(str(error) or type(error).__name__) from error
        for feed, answer in zip(some, said, strict=True):
            failures, state = _fields(answer)
            yield feed.id, failures, read_state(state, feed.id)


def _fields(answer: Any) -> tuple[int, str]:
    """Failures and state of one feed; none where its key is not a poller's, who will say so.

    Raises:
        StateUnreachable: Redis refuses.
    """
    match answer:
        case RedisError() if "WRONGTYPE" not in str(answer):
            raise StateUnreachable(str(answer)) from answer
        case [failures, state]:
            count = failures if failures and failures.isdecimal() else "0"
            return int(count[:9]), state or ""
    return 0, ""
