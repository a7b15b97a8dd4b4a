"""monitor.feeds.state on a real Valkey."""

from collections.abc import AsyncIterator

import pytest
import redis.asyncio as redis

from monitor.embedded.children import free_port
from monitor.feeds.changes import KNOWN_MOST, Changes, Known
from monitor.feeds.fetch import Validators
from monitor.feeds.state import FeedState, FeedStates, StateUnreachable

URL = "http://outlet.example/feed"
STATE = FeedState(validators=Validators('"v1"', "yesterday"), body_hash="b1", current=True)
NOTHING = Changes((), {})


def learned(*ids: str, rev: int = 1) -> Changes:
    return Changes((), {i: Known(rev, f"p-{i}", f"t-{i}") for i in ids})


@pytest.fixture
async def states(valkey_url: str, desk_name: str) -> AsyncIterator[FeedStates]:
    async with redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        yield FeedStates(client, desk_name)


async def test_an_unknown_feed_is_current_and_asked_unconditionally(states: FeedStates) -> None:
    assert await states.load("a", URL, "t1") == FeedState(current=True)
    assert await states.known("a") == {}


async def test_what_was_stored_is_loaded(states: FeedStates) -> None:
    changes = learned("i1", "i2", rev=3)
    await states.store("a", URL, "t1", STATE, changes, 2)
    assert await states.load("a", URL, "t1") == STATE
    assert await states.known("a") == changes.known
    assert await states.known("b") == {}


async def test_a_later_poll_adds_and_replaces(states: FeedStates) -> None:
    await states.store("a", URL, "t1", STATE, learned("i1", "i2"), 2)
    await states.store("a", URL, "t1", STATE, learned("i2", "i3", rev=2), 3)
    assert {i: k.rev for i, k in (await states.known("a")).items()} == {"i1": 1, "i2": 2, "i3": 2}
    await states.store("a", URL, "t1", STATE, NOTHING, 3)
    assert len(await states.known("a")) == 3


async def test_on_a_new_broker_nothing_counts_as_published(states: FeedStates) -> None:
    await states.store("a", URL, "t1", STATE, learned("i1", rev=4), 1)
    assert await states.load("a", URL, "t2") == FeedState(current=False)
    assert (await states.known("a"))["i1"].rev == 4


async def test_a_moved_feed_is_asked_anew_but_keeps_what_it_knows(states: FeedStates) -> None:
    await states.store("a", URL, "t1", STATE, learned("i1"), 1)
    assert await states.load("a", "http://outlet.example/new", "t1") == FeedState(current=True)
    assert "i1" in await states.known("a")


async def test_desks_do_not_meet(states: FeedStates, valkey_url: str) -> None:
    await states.store("a", URL, "t1", STATE, learned("i1"), 1)
    async with redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        other = FeedStates(client, "another")
        assert await other.known("a") == {}
        assert (await other.load("a", URL, "t1")).body_hash == ""


async def test_only_the_newest_are_remembered_and_the_window_stays(states: FeedStates) -> None:
    old = [f"o{n}" for n in range(KNOWN_MOST)]
    await states.store("a", URL, "t1", STATE, learned(*old), len(old))
    window = [old[0], *(f"n{n}" for n in range(100))]
    await states.store("a", URL, "t1", STATE, learned(*window), KNOWN_MOST + 100)
    known = await states.known("a")
    assert len(known) == KNOWN_MOST
    assert set(window) <= known.keys()


async def test_no_memory_is_said_as_such() -> None:
    async with redis.Redis.from_url(f"redis://127.0.0.1:{free_port()}/0") as client:
        states = FeedStates(client, "d")
        for asked in (
            states.load("a", URL, "t1"),
            states.known("a"),
            states.store("a", URL, "t1", STATE, NOTHING, 0),
        ):
            with pytest.raises(StateUnreachable):
                await asked
