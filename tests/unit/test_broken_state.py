"""What others wrote under the pollers' keys, on a real Valkey: one feed read anew, none stopped."""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import pytest
import redis.asyncio as redis
from hypothesis import given
from hypothesis import strategies as st

from alerts.client import connect
from alerts.connection import RedisConnection
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import Failed
from monitor.feeds.pacing.cadence import WEEK_HOURS
from monitor.feeds.polling.after import after
from monitor.feeds.polling.ended import Ended, Unchanged
from monitor.feeds.state.changes import Changes
from monitor.feeds.state.failing import failing_feeds
from monitor.feeds.state.feed_state import FeedState, read_state, state_text
from monitor.feeds.state.known import UNREADABLE, Known, read_known
from monitor.feeds.state.leases import LEASE_S, Idle, Lease, Leases
from monitor.feeds.state.overlap import read_window
from monitor.feeds.websub.subscriptions import Subscriptions

T0 = 1_700_000_000_000
LEASE_MS = int(LEASE_S * 1000)
DAY_MS = 86_400_000
A = Feed(id="a", url="http://outlet.example/a", every_s=60)
B = Feed(id="b", url="http://outlet.example/b", every_s=60)
STATE = FeedState(url=A.url, topic_id="t1", baseline_done=True)


class Room:
    """A desk's pollers and its Redis."""

    def __init__(self, client: "redis.Redis", desk: str) -> None:
        self.redis: Any = client
        self.desk = desk
        self.poller = Leases(client, desk, [A, B])

    def key(self, name: str) -> str:
        return f"ww:{{{self.desk}}}:{name}"

    async def put(self, name: str, value: str | bytes) -> None:
        """A string where something else was."""
        await self.redis.delete(self.key(name))
        await self.redis.set(self.key(name), value)

    async def due_set(self) -> str:
        [key] = await self.redis.keys(self.key("due:*"))
        return str(key)

    async def field(self, **fields: str | bytes) -> None:
        await self.redis.hset(self.key("feed:a"), mapping=fields)

    async def leased(self, now_ms: int) -> dict[str, Lease]:
        """What is due, by feed."""
        found: dict[str, Lease] = {}
        for _ in range(5):
            some = await self.poller.next(2, now_ms=now_ms)
            if isinstance(some, list):
                found |= {lease.feed.id: lease for lease in some}
        return found

    async def settle(self, lease: Lease, now_ms: int, wait_s: float = 60) -> None:
        changes = Changes((), {"i1": Known(1, "p", "t")})
        assert await self.poller.settle(
            lease, wait_s=wait_s, state=STATE, changes=changes, now_ms=now_ms
        )


@pytest.fixture
async def room(valkey_url: str, desk_name: str) -> AsyncIterator[Room]:
    """Both feeds were polled at T0 and are due a minute later."""
    client = connect(RedisConnection(url=valkey_url))
    room = Room(client, desk_name)
    for lease in (await room.leased(T0)).values():
        await room.settle(lease, T0)
    yield room
    await client.aclose()


Attack = Callable[[Room], Awaitable[object]]

ATTACKS: Mapping[str, Attack] = {
    "feed a string": lambda room: room.put("feed:a", "x"),
    "known a string": lambda room: room.put("feed:a:known", "x"),
    "host garbage": lambda room: room.put("host:outlet.example", "soon"),
    "host blocked for ages": lambda room: room.put("host:outlet.example", str(T0 + 9 * DAY_MS)),
    "fence garbage": lambda room: room.field(fence="abc"),
    "fence nan": lambda room: room.field(fence="nan"),
    "fence beyond whole numbers": lambda room: room.field(fence="1e300"),
    "until garbage": lambda room: room.field(until="abc"),
    "due garbage": lambda room: room.field(due="abc"),
    "due infinite": lambda room: room.field(due="inf"),
    "due in a year": lambda room: room.field(due=str(T0 + 365 * DAY_MS)),
    "failures garbage": lambda room: room.field(failures="many"),
    "state garbage": lambda room: room.field(state='{"url": '),
    "state no text": lambda room: room.field(state=b"\xff\xfe"),
    "state NaN": lambda room: room.field(state='{"polled_s": NaN}'),
    "state of 10 MB": lambda room: room.field(
        state=json.dumps({"baseline_done": True, "more": "x" * 10**7})
    ),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
async def test_what_is_broken_of_one_feed_stops_none(room: Room, attack: Attack) -> None:
    await attack(room)
    leases = await room.leased(T0 + 60_000)
    assert leases.keys() == {"a", "b"}
    assert leases["a"].state.baseline_done  # its window is no first one
    for lease in leases.values():
        await room.settle(lease, T0 + 60_000)
    assert (await room.leased(T0 + 120_000))["a"].state == STATE  # and it heals


async def test_a_lease_for_ages_ends_as_any_other(room: Room) -> None:
    await room.field(until=str(T0 + 365 * DAY_MS))
    assert (await room.leased(T0 + 60_000)).keys() == {"b"}
    assert (await room.leased(T0 + 60_000 + LEASE_MS)).keys() == {"a", "b"}


async def test_a_due_set_of_another_type_is_made_anew(room: Room) -> None:
    due_set = await room.due_set()
    await room.redis.delete(due_set)
    await room.redis.set(due_set, "x")
    assert (await room.leased(T0 + 60_000)).keys() == {"a", "b"}


@pytest.mark.parametrize("stranger", ["nobody", "nobody:spec"])
async def test_strangers_in_the_due_set_hide_nobody(room: Room, stranger: str) -> None:
    due_set = await room.due_set()
    [a] = [m for m in await room.redis.zrange(due_set, 0, -1) if m.startswith("a:")]
    await room.redis.zrem(due_set, a)
    await room.redis.zadd(due_set, {stranger: 1})
    assert (await room.leased(T0 + 60_000)).keys() == {"a", "b"}


async def test_a_reminder_far_away_is_compared_with_its_feed_now_and_then(room: Room) -> None:
    due_set = await room.due_set()
    [a] = [m for m in await room.redis.zrange(due_set, 0, -1) if m.startswith("a:")]
    await room.redis.zadd(due_set, {a: "inf"})
    assert (await room.leased(T0 + 60_000)).keys() == {"b"}
    [clock] = await room.redis.keys(room.key("clock:*"))
    assert 0 < await room.redis.pttl(clock) <= 600_000
    await room.redis.delete(clock)  # as it goes by itself
    assert "a" in await room.leased(T0 + 60_001)


async def test_of_a_clock_that_went_back_no_feed_waits(room: Room) -> None:
    ahead = T0 + 30 * DAY_MS
    for lease in (await room.leased(ahead)).values():
        await room.settle(lease, ahead)
    await room.poller.block_site("outlet.example", 600, now_ms=ahead)
    assert await room.leased(ahead + 1) == {}
    assert (await room.leased(T0 + 60_000)).keys() == {"a", "b"}


async def test_leases_of_a_clock_that_went_back_end_soon(room: Room) -> None:
    ahead = T0 + 30 * DAY_MS
    assert len(await room.leased(ahead)) == 2  # by a poller that dies
    assert await room.leased(T0 + 60_000) == {}
    assert await room.leased(T0 + 120_000) == {}  # seen to be of no use
    assert (await room.leased(T0 + 120_000 + LEASE_MS)).keys() == {"a", "b"}


async def test_a_clock_set_back_by_a_little_makes_nobody_due(room: Room) -> None:
    assert await room.leased(T0 - 5_000) == {}


async def test_a_lost_state_is_said_once_and_makes_no_first_poll(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    await room.put("feed:a", "x")
    with caplog.at_level(logging.WARNING):
        lease = (await room.leased(T0 + 60_000))["a"]
        await room.settle(lease, T0 + 60_000)
        await room.leased(T0 + 120_000)
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("feed a: its stored state is unreadable")


async def test_evicted_keys_make_no_first_poll(room: Room) -> None:
    await room.redis.delete(room.key("feed:a"))
    lease = (await room.leased(T0 + 60_000))["a"]
    assert (lease.known_count, lease.state) == (1, FeedState(baseline_done=True))
    await room.put("feed:b:known", "x")
    lease = (await room.leased(T0 + 60_000 + LEASE_MS))["b"]
    assert (lease.known_count, lease.state.baseline_done) == (0, True)


async def test_a_key_broken_during_a_poll_costs_that_poll_alone(room: Room) -> None:
    leases = await room.leased(T0 + 60_000)
    await room.put("feed:a", "x")
    await room.put("feed:b:known", "x")
    assert await room.poller.extend(leases.values(), now_ms=T0 + 60_001) == {leases["a"]}
    kept = await room.poller.settle(leases["a"], wait_s=60, now_ms=T0 + 60_002)
    assert not kept
    await room.settle(leases["b"], T0 + 60_002)
    assert (await room.poller.known_all("b")).keys() == {"i1"}


async def test_pushes_take_a_key_of_another_type(room: Room) -> None:
    await room.put("feed:a:pushed", "x")
    assert await room.poller.push("a", b"<rss/>", "text/xml")
    pushed = await room.poller.take_push("a")
    assert pushed is not None
    assert pushed.body == b"<rss/>"


async def test_what_fails_is_told_whatever_is_broken(room: Room) -> None:
    await room.put("feed:a", "x")
    await room.redis.hset(room.key("feed:b"), "failures", "many")
    assert await failing_feeds(room.redis, room.desk, [A, B]) == []


async def test_a_subscription_nobody_can_read_is_none(room: Room) -> None:
    fields = dict.fromkeys(("hub", "topic", "token", "secret", "until_s"), "x")
    await room.redis.hset(room.key("websub:a"), mapping=fields)
    assert await Subscriptions(room.redis, room.desk).of("a") is None


def test_what_is_broken_of_what_is_known_was_published_longest_ago() -> None:
    stored = {"d": "1 p t 5 b 7 u h", "a": "garbage", "b": "x p t", "c": "1 p t nine", "e": ""}
    known = read_known(stored)
    assert known.pop("d") == Known(1, "", "t", True, False, 7, "u", "h")
    assert known == dict.fromkeys("abce", UNREADABLE)
    assert [*read_known(stored)][-1] == "d"


@pytest.mark.parametrize("window", ["!!!", "QUJ", "é", "QUJD" * 10**6])
def test_a_window_nobody_packed_is_empty(window: str) -> None:
    assert read_window(window) in (frozenset(), frozenset([b"ABC"]))


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**62), 2**62)
whole = st.integers(-(2**62), 2**62)
STORED = st.fixed_dictionaries(
    {},
    optional={
        "polled_s": numbers,
        "window": st.text(max_size=20),
        "pace": st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(
                ("interval_s", "errors", "failing_since_s", "said_s", "last_new_s"), numbers
            ),
        ),
        "cadence": st.fixed_dictionaries(
            {},
            optional={
                "rates": st.lists(whole, max_size=3)
                | st.lists(st.integers(0, 10**6), min_size=WEEK_HOURS, max_size=WEEK_HOURS),
                "hours": whole,
                "count": whole,
                "seen_s": numbers,
                "longest": numbers,
            },
        ),
        "moving": st.fixed_dictionaries(
            {}, optional={"target": st.text(max_size=9), "since_s": numbers, "polls": whole}
        ),
        "trust": st.fixed_dictionaries({}, optional={"probe_at_s": numbers}),
    },
)


@given(STORED, st.sampled_from([Unchanged(), Failed(why="HTTP 500")]))
def test_after_any_state_a_feed_is_polled_again(stored: dict[str, Any], ended: Ended) -> None:
    now_s = T0 / 1000
    state = read_state(json.dumps(stored))
    plan = after(A, state, ended, subscribed=False, now_s=now_s, random=0.5)
    assert 0 <= plan.wait_s <= 8 * 86_400
    assert read_state(state_text(plan.state)) == plan.state
    read_window(plan.state.window)
    assert plan.state.pace.last_new_s <= now_s
    assert plan.state.pace.failing_since_s <= now_s


async def test_idle_is_no_longer_than_any_plan(room: Room) -> None:
    due_set = await room.due_set()
    members = await room.redis.zrange(due_set, 0, -1)
    await room.redis.zadd(due_set, dict.fromkeys(members, "inf"))
    found = await room.poller.next(now_ms=T0)
    assert isinstance(found, Idle)
    assert 0 < found.wait_s <= 8 * 86_400
