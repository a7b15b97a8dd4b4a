"""monitor.feeds.state on a real Valkey: what is kept of a feed from one poll to the next."""

from dataclasses import replace

import redis.asyncio as redis
from stubs.leasing import STATE, T0, A, B, Pollers, idle, learned, leased

from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import MAX_BODY_BYTES
from monitor.feeds.pacing.pace import NEW, Pace
from monitor.feeds.state.changes import KNOWN_MOST, Changes
from monitor.feeds.state.failing import failing_feeds, last_answers
from monitor.feeds.state.feed_state import FeedState, read_state, state_text
from monitor.feeds.state.known import Known
from monitor.feeds.state.pushes import PUSHES_MOST, Push


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


async def test_only_what_is_asked_for_is_read(poller: Pollers) -> None:
    one = poller(A)
    known = Known(2, "p", "t", True, True, 9, "u", "h", 3)
    changes = Changes((), {"i1": known, "i2": replace(known, url="", title="")})
    await one.settle(await leased(one, T0), wait_s=1, changes=changes, now_ms=T0)
    assert await one.known("a", ["i1", "i9"]) == {"i1": known}
    assert await one.known("a", []) == {}
    assert await one.known_all("a") == changes.known


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
