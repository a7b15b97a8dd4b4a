"""monitor.feeds.state.leases on a real Valkey: when a feed is due, whoever has it on its list."""

from dataclasses import replace

import redis.asyncio as redis
from stubs.leasing import LEASE_MS, T0, A, B, Pollers, forget, idle, leased

from monitor.feeds.feed import Priority
from monitor.feeds.pacing.first_polls import FIRST_AT_ONCE, FIRST_PER_S
from monitor.feeds.state.leases import LEASE_S, LIST_KEEP_S, Idle


async def test_another_address_or_interval_holds_at_once(poller: Pollers) -> None:
    old = poller(A, B)
    for wait_s in (500, 600):
        lease = await leased(old, T0)
        await old.settle(lease, wait_s=wait_s, failures=4, now_ms=T0)
    for changed in (replace(A, url="http://outlet.example/new"), replace(A, every_s=5)):
        new = poller(changed, B)
        lease = await leased(new, T0)
        assert (lease.feed, lease.failures) == (changed, 0)
        await new.settle(lease, wait_s=changed.every_s, now_ms=T0)
        assert await idle(new, T0) == changed.every_s  # the other feed keeps its due time
    renamed = poller(replace(A, every_s=5, outlet="Another name"), B)
    assert await idle(renamed, T0) == 5


async def test_pollers_with_different_lists_poll_their_own_and_share_the_rest(
    poller: Pollers,
) -> None:
    old, new = poller(A, B), poller(B)
    lease = await leased(new, T0)
    assert lease.feed == B
    assert (await leased(old, T0)).feed == A
    assert await idle(old, T0) == LEASE_S
    await new.settle(lease, wait_s=20, now_ms=T0 + 1)
    assert await idle(new, T0 + 1) == 20
    # A was left by a dead poller: only who knows it takes it over, however long it has been due
    assert (await leased(old, T0 + LEASE_MS)).feed == A
    assert await idle(new, T0 + LEASE_MS) == 10.001
    await leased(old, T0 + 20_001)  # B, due again, is polled by whoever asks first


async def test_a_list_nobody_polls_any_more_goes(
    poller: Pollers, client: "redis.Redis", desk_name: str
) -> None:
    old, new = poller(A, B), poller(B)
    await leased(old, T0)
    [left] = await client.keys(f"ww:{{{desk_name}}}:due:*")
    lease = await leased(new, T0)
    [kept] = {*await client.keys(f"ww:{{{desk_name}}}:due:*")} - {left}
    assert [m.split(":")[0] for m in await client.zrange(kept, 0, -1)] == ["b"]
    await new.settle(lease, wait_s=0, now_ms=T0)
    for key in (left, kept):
        assert 0 < await client.pttl(key) <= LIST_KEEP_S * 1000


async def test_a_due_set_that_redis_forgot_is_made_anew(
    poller: Pollers, client: "redis.Redis", desk_name: str
) -> None:
    one, other = poller(A, B), poller(A, B)
    held = await leased(one, T0)
    polled = await leased(one, T0)
    await one.settle(polled, wait_s=30, now_ms=T0)
    [due] = await client.keys(f"ww:{{{desk_name}}}:due:*")
    await client.delete(due)
    assert await idle(other, T0) == 0  # put back by this call
    assert await idle(other, T0) == LEASE_S
    await client.zrem(due, *await client.zrange(due, 0, 0))  # a part of it
    await one.settle(held, wait_s=7, now_ms=T0)
    assert await idle(other, T0) == 7
    await forget(client, desk_name)
    assert {(await leased(other, T0)).feed for _ in range(2)} == {A, B}


async def test_many_new_feeds_are_spread_and_few_are_not(poller: Pollers) -> None:
    few = poller(*(replace(A, id=f"f{n}") for n in range(FIRST_AT_ONCE)))
    for _ in range(FIRST_AT_ONCE):
        await leased(few, T0)
    many = poller(*(replace(A, id=f"m{n}") for n in range(200)))
    at, seen = T0, set()
    while len(seen) < 200:
        found = await many.next(now_ms=at)
        if isinstance(found, list):
            seen.add(found[0].feed.id)
        else:
            at += int(found.wait_s * 1000)
    assert 200 / FIRST_PER_S * 0.9 < (at - T0) / 1000 <= 200 / FIRST_PER_S


async def test_reminders_of_polls_made_with_another_list_are_put_right(poller: Pollers) -> None:
    feeds = [replace(A, id=f"f{n}") for n in range(450)]
    one, other = poller(*feeds), poller(*feeds, B)
    at = T0 + 60_000  # all due
    await one.enlist(now_ms=T0)
    await other.enlist(now_ms=T0)
    for _ in feeds:
        await one.settle(await leased(one, at), wait_s=60, now_ms=at)
    answers = [await other.next(now_ms=at) for _ in range(4)]
    assert [a[0].feed for a in answers if isinstance(a, list)] == [B]
    assert answers[-1] == Idle(LEASE_S)


async def test_some_feeds_at_once_longest_due_first(poller: Pollers) -> None:
    feeds = [replace(A, id=f"f{n}") for n in range(10)]
    one = poller(*feeds)
    await one.enlist(now_ms=T0)
    first = await one.next(4, now_ms=T0)
    assert isinstance(first, list)
    assert len({lease.feed.id for lease in first}) == 4
    assert {lease.next_wait_s for lease in first} == {0.0}
    rest = await one.next(99, now_ms=T0)
    assert isinstance(rest, list)
    assert {lease.feed for lease in first + rest} == set(feeds)
    assert {lease.next_wait_s for lease in rest} == {LEASE_S}
    assert await idle(one, T0) == LEASE_S


async def test_a_blocked_host_is_asked_by_nobody(poller: Pollers) -> None:
    far = replace(B, url="http://elsewhere.example/b")
    one, other = poller(A, far), poller(A, far)
    await one.enlist(now_ms=T0)
    await one.block_site("outlet.example", 30, now_ms=T0)
    await one.block_site("outlet.example", 5, now_ms=T0)  # the longer one stands
    await one.block_site("outlet.example", 0, now_ms=T0)
    assert (await leased(other, T0)).feed == far
    assert await idle(other, T0) == LEASE_S
    await other.hurry("a", now_ms=T0)
    assert await idle(other, T0) == LEASE_S
    assert await idle(other, T0 + LEASE_MS - 1) == 0.001
    lease = await leased(one, T0 + 30_000)
    while lease.feed != A:
        lease = await leased(one, T0 + 30_000)


async def test_a_feed_in_a_hurry_is_due_now_or_after_its_poll(poller: Pollers) -> None:
    one, other = poller(A), poller(A)
    await one.settle(await leased(one, T0), wait_s=500, failures=1, now_ms=T0)
    await other.hurry("a", now_ms=T0 + 10)
    lease = await leased(one, T0 + 10)
    assert lease.failures == 1
    await other.hurry("a", now_ms=T0 + 20)
    assert await idle(one, T0 + 20) == LEASE_S - 0.01  # one poll at a time
    await one.settle(lease, wait_s=500, now_ms=T0 + 30)
    lease = await leased(one, T0 + 30)
    await one.settle(lease, wait_s=500, now_ms=T0 + 30)
    assert await idle(one, T0 + 30) == 500  # once


async def test_folder_priority_and_pace_make_a_feed_due_and_its_name_does_not(
    poller: Pollers,
) -> None:
    one = poller(A)
    await one.settle(await leased(one, T0), wait_s=500, now_ms=T0)
    for same in (replace(A, outlet="Named", tier=1), replace(A, full_text=True)):
        assert await idle(poller(same), T0) in {0, 500}
        assert await idle(poller(same), T0) == 500
    for changed in (replace(A, priority=Priority.WIRE), replace(A, url="", folder="/in")):
        lease = await leased(poller(changed), T0)
        await poller(changed).settle(lease, wait_s=500, now_ms=T0)
