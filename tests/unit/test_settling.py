"""Polls settled together on a real Valkey: each by its own fence, in calls of bounded size."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import redis.asyncio as redis
from stubs.leasing import LEASE_MS, T0, A, Pollers, learned

from monitor.feeds.state.changes import Changes
from monitor.feeds.state.known import Known
from monitor.feeds.state.leases import Lease, Leases
from monitor.feeds.state.settled import SETTLED_AT_ONCE_CHARS
from monitor.feeds.state.together import Together


async def test_polls_settled_together_are_each_fenced(poller: Pollers) -> None:
    feeds = [replace(A, id=f"f{n}") for n in range(200)]
    one, other = poller(*feeds), poller(*feeds)
    await one.enlist(now_ms=T0)
    found = await one.next(200, now_ms=T0 + 60_000)
    assert isinstance(found, list)
    taken = await other.next(50, now_ms=T0 + 60_000 + LEASE_MS)
    assert isinstance(taken, list)
    lost = {lease.feed.id for lease in taken}
    kept = await asyncio.gather(
        *(one.settle(x, wait_s=60, **learned(x.feed.id), now_ms=T0 + 70_000) for x in found)
    )
    assert kept == [lease.feed.id not in lost for lease in found]
    for lease in found[::20]:
        ids = {} if lease.feed.id in lost else learned(lease.feed.id)["changes"].known
        assert await one.known_all(lease.feed.id) == ids


async def test_long_windows_are_settled_by_calls_of_bounded_size(
    poller: Pollers, client: "redis.Redis"
) -> None:
    feeds = [replace(A, id=f"f{n}") for n in range(20)]
    one = poller(*feeds)
    await one.enlist(now_ms=T0)
    found = await one.next(20, now_ms=T0 + 60_000)
    assert isinstance(found, list)
    ids = [f"{n:0100d}" for n in range(1_001)]
    longest = [f"{n}" for n in range(6_001)]  # no command takes 12,002 arguments from Lua at once
    windows = {lease.feed.id: ids for lease in found} | {found[7].feed.id: longest}
    before = await calls(client)
    kept = await asyncio.gather(
        *(
            one.settle(x, wait_s=60, **learned(*windows[x.feed.id]), now_ms=T0 + 70_000)
            for x in found
        )
    )
    assert all(kept)
    told = sum(len(i) for window in windows.values() for i in window)
    assert await calls(client) - before >= told / SETTLED_AT_ONCE_CHARS
    for lease in found:
        assert set(await one.known_all(lease.feed.id)) == set(windows[lease.feed.id])
    [lease] = [x for x in await again(one) if x.feed == found[7].feed]
    forgets = Changes((), {"new": Known(1, "p", "t")}, forget=tuple(longest))
    assert await one.settle(lease, wait_s=60, changes=forgets, now_ms=T0 + 140_000)
    assert set(await one.known_all(lease.feed.id)) == {"new"}


async def calls(client: "redis.Redis") -> int:
    """Of scripts, so far."""
    said: Any = await client.info("commandstats")
    return int(said.get("cmdstat_evalsha", {}).get("calls", 0))


async def again(leases: Leases) -> list[Lease]:
    """All of them, a minute later."""
    found = await leases.next(99, now_ms=T0 + 130_000)
    assert isinstance(found, list)
    return found


async def test_calls_are_bounded_by_number_and_size() -> None:
    made: list[list[int]] = []

    async def call(asked: Sequence[int]) -> Sequence[int]:
        made.append(list(asked))
        return [2 * each for each in asked]

    together = Together(call, most=4, size=lambda each: each, most_size=10)
    asked = [3, 1, 2, 3, 4, 11, 5, 5, 1, 10, 0, 0, 0, 0, 0]
    assert await asyncio.gather(*map(together.ask, asked)) == [2 * each for each in asked]
    assert made == [[3, 1, 2, 3], [4], [11], [5, 5], [1], [10, 0, 0, 0], [0, 0]]
