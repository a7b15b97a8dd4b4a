"""Two feeds, what a poll of them brings, and the calls a test makes on leases."""

from collections.abc import Callable
from typing import Any

import redis.asyncio as redis

from monitor.feeds.feed import Feed
from monitor.feeds.pacing.pace import Pace
from monitor.feeds.state.changes import Changes
from monitor.feeds.state.feed_state import FeedState
from monitor.feeds.state.known import Known
from monitor.feeds.state.leases import LEASE_S, Idle, Lease, Leases

LEASE_MS = int(LEASE_S * 1000)
T0 = 1_700_000_000_000
A = Feed(id="a", url="http://outlet.example/a", every_s=60)
B = Feed(id="b", url="http://outlet.example/b", every_s=60)
STATE = FeedState(
    url=A.url,
    topic_id="t1",
    etag='"v1"',
    last_modified="yesterday",
    body_hash="b1",
    window="ZGlnZXN0cw==",
    pace=Pace(interval_s=9.5),
    baseline_done=True,
)
Pollers = Callable[..., Leases]


def learned(*ids: str, rev: int = 1) -> dict[str, Any]:
    """What a poll brings, as `settle` takes it."""
    known = {i: Known(rev, f"p-{i}", f"t-{i}") for i in ids}
    return {"state": STATE, "changes": Changes((), known)}


async def leased(leases: Leases, now_ms: int) -> Lease:
    """The lease that must be there for the asking."""
    found = await leases.next(now_ms=now_ms)
    while found == Idle(0):  # the list was not there yet
        found = await leases.next(now_ms=now_ms)
    assert isinstance(found, list), found
    [lease] = found
    return lease


async def idle(leases: Leases, now_ms: int) -> float:
    found = await leases.next(now_ms=now_ms)
    assert isinstance(found, Idle), found
    return found.wait_s


async def forget(client: "redis.Redis", desk: str) -> None:
    """Redis comes back without this desk's data."""
    await client.delete(*await client.keys(f"ww:{{{desk}}}:*"))
