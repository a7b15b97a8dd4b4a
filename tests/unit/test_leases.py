"""monitor.feeds.state.leases on a real Valkey: one poller a feed, nothing forgotten or stuck."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import redis.asyncio as redis

from monitor.embedded.children import free_port
from monitor.feeds.feed import Feed, Priority
from monitor.feeds.fetching.answers import MAX_BODY_BYTES
from monitor.feeds.pacing.first_polls import FIRST_AT_ONCE, FIRST_PER_S
from monitor.feeds.pacing.pace import NEW, Pace
from monitor.feeds.state.changes import KNOWN_MOST, Changes
from monitor.feeds.state.failing import failing_feeds, last_answers
from monitor.feeds.state.feed_state import FeedState, read_state, state_text
from monitor.feeds.state.known import Known
from monitor.feeds.state.leases import (
    LEASE_S,
    LIST_KEEP_S,
    Idle,
    Lease,
    Leases,
    StateUnreachable,
)
from monitor.feeds.state.pushes import PUSHES_MOST, Push
from monitor.feeds.state.settled import SETTLED_AT_ONCE_CHARS
from monitor.feeds.state.together import Together

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


@pytest.fixture
async def client(valkey_url: str) -> AsyncIterator["redis.Redis"]:
    async with redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def poller(client: "redis.Redis", desk_name: str) -> Pollers:
    """Another poller of one desk, with these feeds."""
    return lambda *feeds: Leases(client, desk_name, feeds)


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


async def test_what_a_poll_learned_is_stored_with_its_end(poller: Pollers) -> None:
    one, other = poller(A), poller(A)
    lease = await leased(one, T0)
    assert await one.settle(lease, wait_s=0, **learned("i1", "i2", rev=3), now_ms=T0)
    lease = await leased(other, T0)
    assert lease.state == lease.state.as_of(A.url, "t1") == STATE
    assert lease.known_count == 2
    assert await other.known_all("a") == learned("i1", "i2", rev=3)["changes"].known
    assert await other.known_all("b") == {}
    await other.settle(lease, wait_s=0, **learned("i2", "i3", rev=4), now_ms=T0)
    assert {i: k.rev for i, k in (await one.known_all("a")).items()} == {"i1": 3, "i2": 4, "i3": 4}
    lease = await leased(one, T0)
    await one.settle(lease, wait_s=0, now_ms=T0)  # nothing new: nothing changes
    assert (await leased(one, T0)).state == STATE


BLANK = replace(STATE, etag="", last_modified="", body_hash="", window="")


def test_on_a_new_broker_nothing_counts_as_published() -> None:
    assert STATE.again("t2")
    there = STATE.as_of(A.url, "t2")
    assert there == BLANK
    assert there.again("t2")  # until it was published there, a failed poll in between or not


def test_a_moved_feed_is_asked_anew_but_its_items_count() -> None:
    assert STATE.as_of("http://outlet.example/new", "t1") == BLANK
    assert not BLANK.again("t1")


async def test_only_the_newest_are_remembered(poller: Pollers) -> None:
    one = poller(A)
    old = [f"o{n}" for n in range(KNOWN_MOST)]
    lease = await leased(one, T0)
    await one.settle(lease, wait_s=0, **learned(*old), now_ms=T0)
    later = learned("n1", "n2", old[9])
    later["changes"] = replace(later["changes"], forget=(old[0], old[5]))
    await one.settle(await leased(one, T0 + 1), wait_s=0, **later, now_ms=T0 + 1)
    known = list(await one.known_all("a"))
    assert len(known) == KNOWN_MOST
    assert set(known[-3:]) == {"n1", "n2", old[9]}  # longest ago first
    assert not {old[0], old[5]} & set(known)


async def test_a_feed_that_no_list_has_any_more_is_forgotten_in_the_end(
    poller: Pollers, client: "redis.Redis", desk_name: str
) -> None:
    keys = [f"ww:{{{desk_name}}}:feed:a{part}" for part in ("", ":known")]
    one = poller(A)
    await one.settle(await leased(one, T0), wait_s=1, **learned("i1"), now_ms=T0)
    kept_s = 90 * 86_400
    for key in keys:
        assert kept_s - 60 < await client.ttl(key) <= kept_s
        await client.expire(key, 1_000)
    await one.settle(await leased(one, T0 + 1_000), wait_s=1, now_ms=T0 + 1_000)  # brought nothing
    for key in keys:
        assert kept_s - 60 < await client.ttl(key) <= kept_s


async def test_what_an_earlier_version_stored_is_read(
    poller: Pollers, client: "redis.Redis", desk_name: str
) -> None:
    await client.hset(f"ww:{{{desk_name}}}:feed:a:known", mapping={"i1": "2 p t"})
    assert await poller(A).known_all("a") == {"i1": Known(2, "", "t")}


async def test_what_an_earlier_version_stored_of_a_feed_is_read(
    poller: Pollers, client: "redis.Redis", desk_name: str
) -> None:
    key = f"ww:{{{desk_name}}}:feed:a"
    fields = {"url": A.url, "topic_id": "t1", "etag": '"v1"', "body_hash": "b1", "fence": "7"}
    await client.hset(key, mapping=fields)
    lease = await leased(poller(A), T0)
    assert lease.state == replace(STATE, last_modified="", window="", pace=NEW)
    await poller(A).settle(lease, wait_s=0, state=STATE, now_ms=T0)
    assert not {"url", "topic_id", "etag"} & set(await client.hgetall(key))
    assert (await leased(poller(A), T0 + 1)).state == STATE


def test_a_state_that_is_newer_or_broken_is_no_first_poll() -> None:
    newer = state_text(STATE).replace("{", '{"unheard":[1],', 1)
    assert read_state(newer) == STATE
    assert read_state("") == FeedState()
    assert read_state('{"url": 1}') == read_state("{") == FeedState(baseline_done=True)


async def test_failures_outlive_the_poller(poller: Pollers) -> None:
    one, other = poller(A), poller(A)
    await one.settle(await leased(one, T0), wait_s=120, failures=1, now_ms=T0)
    assert await idle(other, T0) == 120
    lease = await leased(other, T0 + 120_000)
    assert lease.failures == 1
    await other.give_back([lease], now_ms=T0 + 120_000)
    assert (await leased(one, T0 + 120_000)).failures == 1


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


async def test_a_lease_of_a_redis_that_forgot_is_lost(
    poller: Pollers, client: "redis.Redis", desk_name: str
) -> None:
    one, other = poller(A), poller(A)
    before = await leased(one, T0)
    await forget(client, desk_name)
    now = await leased(other, T0 + 1)
    assert now.fence > before.fence
    assert not await one.settle(before, wait_s=1, **learned("i"), now_ms=T0 + 1)


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


async def test_only_what_is_asked_for_is_read(poller: Pollers) -> None:
    one = poller(A)
    known = Known(2, "p", "t", True, True, 9, "u", "h", 3)
    changes = Changes((), {"i1": known, "i2": replace(known, url="", title="")})
    await one.settle(await leased(one, T0), wait_s=1, changes=changes, now_ms=T0)
    assert await one.known("a", ["i1", "i9"]) == {"i1": known}
    assert await one.known("a", []) == {}
    assert await one.known_all("a") == changes.known


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


async def test_pushed_bodies_wait_in_order_and_not_for_ever(
    poller: Pollers, client: "redis.Redis", desk_name: str
) -> None:
    one = poller(A)
    assert await one.take_push("a") is None
    bodies = [bytes([n, 0, 255, 10]) for n in range(PUSHES_MOST)]
    assert [await one.push("a", body, "application/rss+xml") for body in bodies] == [True] * 8
    assert not await one.push("a", b"one too many", "text/xml")
    assert not await one.pushed("a", b"one too many", "text/xml")
    assert not await one.pushed("b", b"of another list", "text/xml")
    assert 0 < await client.pttl(f"ww:{{{desk_name}}}:feed:a:pushed") <= 3_600_000
    taken = [await one.take_push("a") for _ in range(PUSHES_MOST + 1)]
    waiting = [True] * (PUSHES_MOST - 1) + [False]
    each = zip(bodies, waiting, strict=True)
    assert taken == [*(Push(body, "application/rss+xml", more) for body, more in each), None]


async def test_the_largest_body_a_hub_may_send_is_kept(poller: Pollers) -> None:
    assert await poller(A).pushed("a", b"x" * MAX_BODY_BYTES, "text/xml")
    push = await poller(A).take_push("a")
    assert push is not None
    assert len(push.body) == MAX_BODY_BYTES


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


async def test_feeds_that_fail_are_found_and_the_longest_comes_first(
    client: "redis.Redis", poller: Pollers, desk_name: str
) -> None:
    since = {A.id: 900.0, B.id: 400.0}
    for feed in (A, B):
        state = FeedState(pace=Pace(failing_since_s=since[feed.id]))
        leases = poller(feed)
        await leases.settle(await leased(leases, 1_000), wait_s=60, failures=3, state=state)
    found = await failing_feeds(client, desk_name, [A, B, Feed(id="new", url="https://n.example")])
    assert [(each.feed, each.failures, each.since_s) for each in found] == [
        (B.id, 3, 400.0),
        (A.id, 3, 900.0),
    ]
    assert await failing_feeds(client, f"{desk_name}-other", [A, B]) == []


async def test_when_feeds_last_answered_is_known_to_the_next_process(
    client: "redis.Redis", poller: Pollers, desk_name: str
) -> None:
    for feed, state in ((A, FeedState(answered_s=900.0)), (B, FeedState(polled_s=400.0))):
        leases = poller(feed)
        await leases.settle(await leased(leases, 1_000), wait_s=60, failures=3, state=state)
    found = await last_answers(client, desk_name, [A, B, Feed(id="new", url="https://n.example")])
    assert found == {A.id: 900.0, B.id: 400.0, "new": 0.0}
