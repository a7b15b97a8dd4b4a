"""monitor.feeds.state.leases on a real Valkey: one poller a feed, none stuck with a dead one."""

import asyncio
from dataclasses import replace

import pytest
import redis.asyncio as redis
from stubs.leasing import LEASE_MS, T0, A, B, Pollers, forget, idle, learned, leased

from monitor.embedded.children import free_port
from monitor.feeds.state.feed_state import FeedState
from monitor.feeds.state.leases import LEASE_S, Idle, Lease, Leases, StateUnreachable


async def test_a_new_feed_is_due_at_once_and_its_poller_alone_has_it(poller: Pollers) -> None:
    one, other = poller(A), poller(A)
    lease = await leased(one, T0)
    assert (lease.feed, lease.failures, lease.state) == (A, 0, FeedState())
    assert not lease.state.again("t1")
    assert lease.next_wait_s == LEASE_S
    assert await idle(other, T0) == LEASE_S
    assert await idle(other, T0 + LEASE_MS - 1) == 0.001


async def test_a_polled_feed_is_due_after_its_wait(poller: Pollers) -> None:
    one, other = poller(A, B), poller(A, B)
    first = await leased(one, T0)
    assert first.next_wait_s == 0
    second = await leased(other, T0)
    assert {first.feed, second.feed} == {A, B}
    assert await one.settle(first, wait_s=5, now_ms=T0 + 100)
    assert await other.settle(second, wait_s=3, now_ms=T0 + 100)
    assert await idle(one, T0 + 100) == 3
    assert (await leased(one, T0 + 3_100)).feed == second.feed
    assert (await leased(one, T0 + 6_000)).feed == first.feed


async def test_a_dead_pollers_feed_is_taken_over_and_its_late_result_fenced_off(
    poller: Pollers,
) -> None:
    one, other = poller(A), poller(A)
    dead = await leased(one, T0)
    taken = await leased(other, T0 + LEASE_MS)
    assert taken.fence > dead.fence
    assert not await one.settle(dead, wait_s=9, **learned("i1"), now_ms=T0 + LEASE_MS)
    assert await one.known_all("a") == {}
    assert await one.extend([dead], now_ms=T0 + LEASE_MS) == {dead}
    await one.give_back([dead], now_ms=T0 + LEASE_MS)
    assert await idle(one, T0 + LEASE_MS) == LEASE_S
    assert await other.settle(taken, wait_s=60, now_ms=T0 + LEASE_MS)


async def test_a_late_result_nobody_took_over_still_counts(poller: Pollers) -> None:
    one = poller(A)
    lease = await leased(one, T0)
    assert await one.settle(lease, wait_s=60, now_ms=T0 + 3 * LEASE_MS)
    assert not await one.extend([], now_ms=T0)


async def test_a_long_poll_extends_its_lease(poller: Pollers) -> None:
    one, other = poller(A), poller(A)
    lease = await leased(one, T0)
    for step in range(1, 9):
        assert await one.extend([lease], now_ms=T0 + step * LEASE_MS // 2) == frozenset()
        assert await idle(other, T0 + step * LEASE_MS // 2 + 1) > 0
    assert await one.settle(lease, wait_s=1, now_ms=T0 + 4 * LEASE_MS)
    assert await one.extend([lease], now_ms=T0 + 4 * LEASE_MS) == {lease}
    assert (await leased(other, T0 + 4 * LEASE_MS + 1_000)).feed == A


async def test_a_lease_given_back_is_there_for_others_at_once(poller: Pollers) -> None:
    one, other = poller(A, B), poller(A, B)
    both = [await leased(one, T0), await leased(one, T0)]
    await one.give_back(both, now_ms=T0 + 1)
    assert {(await leased(other, T0 + 1)).feed for _ in both} == {A, B}
    assert not await one.settle(both[0], wait_s=1, now_ms=T0 + 2)


async def test_a_lease_of_a_redis_that_forgot_is_lost(
    poller: Pollers, client: "redis.Redis", desk_name: str
) -> None:
    one, other = poller(A), poller(A)
    before = await leased(one, T0)
    await forget(client, desk_name)
    now = await leased(other, T0 + 1)
    assert now.fence > before.fence
    assert not await one.settle(before, wait_s=1, **learned("i"), now_ms=T0 + 1)


async def test_desks_do_not_meet(client: "redis.Redis", poller: Pollers, desk_name: str) -> None:
    here, there = poller(A), Leases(client, f"{desk_name}-too", [A])
    await here.settle(await leased(here, T0), wait_s=9, **learned("i1"), now_ms=T0)
    assert (await leased(there, T0)).state == FeedState()
    assert await there.known_all("a") == {}


async def test_of_fifty_pollers_at_once_each_gets_another_feed(
    valkey_url: str, desk_name: str
) -> None:
    feeds = [replace(A, id=f"f{n}") for n in range(40)]
    clients = [redis.Redis.from_url(valkey_url, decode_responses=True) for _ in range(50)]
    pollers = [Leases(client, desk_name, feeds) for client in clients]
    await pollers[0].enlist()
    found = await asyncio.gather(*(each.next() for each in pollers))
    polled = [each[0].feed.id for each in found if isinstance(each, list)]
    assert sorted(polled) == sorted(feed.id for feed in feeds)
    assert len([each for each in found if isinstance(each, Idle)]) == 10
    await asyncio.gather(*(client.aclose() for client in clients))


async def test_by_redis_clock(poller: Pollers) -> None:
    one = poller(A)
    found = [await one.next() for _ in range(2)]
    assert isinstance(found[-1], list)
    [lease] = found[-1]
    assert await one.extend([lease]) == frozenset()
    assert await one.settle(lease, wait_s=50)
    waiting = await one.next()
    assert isinstance(waiting, Idle)
    assert 49 < waiting.wait_s <= 50


async def test_no_redis_is_said_as_such() -> None:
    async with redis.Redis.from_url(f"redis://127.0.0.1:{free_port()}/0") as client:
        leases = Leases(client, "d", [A])
        lease = Lease(feed=A, fence=1, failures=0, next_wait_s=0)
        for asked in (
            leases.next(),
            leases.known_all("a"),
            leases.known("a", ["i"]),
            leases.hurry("a"),
            leases.block_site("h", 1),
            leases.push("a", b"", ""),
            leases.take_push("a"),
            leases.settle(lease, wait_s=1),
            leases.extend([lease]),
            leases.give_back([lease]),
        ):
            with pytest.raises(StateUnreachable):
                await asked
