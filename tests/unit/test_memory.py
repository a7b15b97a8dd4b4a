"""Story memory on a real Valkey: told once, never lost, in every order."""

import asyncio
import itertools
from dataclasses import replace

import pytest

from alerts.client import connect
from alerts.connection import RedisConnection
from alerts.judgement import Judgement, State
from alerts.memory import KEEP_S, KEEP_TITLE_S, Memory
from streams.item import Item
from streams.story import signature

TITLE = "Will not impose sanctions against Pakistan on terror: US"
BODY = "Washington will not impose sanctions, an official said."
SHARED = "https://a.example/world/1"

A = Item(id="a/1", feed="a", title=TITLE, summary=BODY, canonical_url=SHARED, guid="a1")
B = Item(id="b/1", feed="b", title=TITLE, summary=BODY, canonical_url="https://b.example/1")
C = Item(id="c/1", feed="c", title=TITLE, summary=BODY, canonical_url=SHARED, guid="tag:c,1")
HEADLINE = Item(id="d/1", feed="d", title=TITLE, guid="d1")
CORRECTED = replace(B, title=f"CORRECTED: {TITLE}", summary=f"{BODY} Corrected.")
OTHER = Item(id="e/1", feed="e", title="US imposes sanctions on Pakistan after all", summary="Now.")


class Channel:
    """One process's view of one channel."""

    def __init__(self, url: str, desk: str, token: str = "me", name: str = "#c") -> None:
        self.memory = Memory(RedisConnection(url=url), desk, token)
        self.name = name

    async def judge(self, item: Item, now_ms: int | None = None) -> Judgement:
        return await self.memory.judge(item, signature(item), self.name, now_ms=now_ms)

    async def tell(self, item: Item) -> State:
        """Judges, and settles a claim as a sink would."""
        judged = await self.judge(item)
        if judged.state in {State.POST, State.THREAD}:
            assert await self.memory.told(judged, f"ts-{item.id}")
        return judged.state


@pytest.fixture
async def here(valkey_url: str, desk_name: str):
    channel = Channel(valkey_url, desk_name)
    yield channel
    await channel.memory.close()


@pytest.fixture
async def there(valkey_url: str, desk_name: str):
    """Another process on the same desk and channel."""
    channel = Channel(valkey_url, desk_name, token="other")
    yield channel
    await channel.memory.close()


@pytest.mark.parametrize("order", list(itertools.permutations([A, B, C, HEADLINE])))
async def test_copies_fold_in_every_order(here: Channel, order: tuple[Item, ...]) -> None:
    first, *others = order
    assert await here.tell(first) is State.POST
    assert [await here.tell(item) for item in others] == [State.FOLDED] * 3
    assert await here.tell(CORRECTED) is State.THREAD
    assert await here.tell(CORRECTED) is State.TOLD
    assert await here.tell(first) is State.TOLD
    assert await here.tell(OTHER) is State.POST


async def test_a_folded_copy_that_changes_is_told_even_if_its_words_came_before(
    here: Channel,
) -> None:
    other_words = replace(B, summary="Other words.")
    assert [await here.tell(i) for i in (A, other_words)] == [State.POST, State.FOLDED]
    changed = replace(A, summary="Other words.")
    assert await here.tell(changed) is State.THREAD
    assert await here.tell(A) is State.TOLD  # back and forth stays silent
    assert await here.tell(changed) is State.TOLD


async def test_a_claim_is_waited_for_then_taken_over(here: Channel, there: Channel) -> None:
    claim = await here.judge(A, now_ms=1_000)
    assert (claim.state, claim.again) == (State.POST, False)
    assert (await here.judge(A, now_ms=1_500)).state is State.POST  # its own
    for item in (A, B):
        waiting = await there.judge(item, now_ms=2_000)
        assert (waiting.state, 0 < waiting.wait_s <= 12) == (State.WAIT, True)
    taken = await there.judge(B, now_ms=20_000)
    assert (taken.state, taken.again) == (State.POST, True)
    assert await here.memory.told(claim, "late") is False
    assert await there.memory.told(taken, "ts") is True
    assert (await here.judge(A)).state is State.FOLDED


async def test_a_thread_claim_is_two_phase_as_well(here: Channel, there: Channel) -> None:
    assert [await here.tell(i) for i in (A, B)] == [State.POST, State.FOLDED]
    claim = await here.judge(CORRECTED, now_ms=1_000)
    assert (claim.state, claim.ts) == (State.THREAD, "ts-a/1")
    assert (await there.judge(CORRECTED, now_ms=2_000)).state is State.WAIT
    again = await there.judge(CORRECTED, now_ms=30_000)
    assert (again.state, again.again) == (State.THREAD, True)


async def test_what_is_given_up_may_be_told_by_the_next(here: Channel) -> None:
    claim = await here.judge(A)
    assert await here.memory.give_up(claim)
    assert await here.tell(B) is State.POST
    update = await here.judge(CORRECTED)
    assert await here.memory.give_up(update)
    assert await here.tell(CORRECTED) is State.THREAD


async def test_channels_know_nothing_of_each_other(
    here: Channel, valkey_url: str, desk_name: str
) -> None:
    elsewhere = Channel(valkey_url, desk_name, name="#d")
    assert [await here.tell(A), await elsewhere.tell(B)] == [State.POST, State.POST]
    await elsewhere.memory.close()


async def test_a_headline_is_known_for_72_hours_and_the_rest_for_400_days(
    here: Channel, valkey_url: str, desk_name: str
) -> None:
    await here.tell(A)
    client = connect(RedisConnection(url=valkey_url))
    keys = [key async for key in client.scan_iter(f"ww:{{{desk_name}}}:k:*")]
    left = {key.split(":")[3]: await client.ttl(key) for key in keys}
    await client.aclose()
    assert set(left) == {"item", "url", "guid", "text", "title"}
    assert 0 <= KEEP_TITLE_S - left.pop("title") < 60
    assert all(0 <= KEEP_S - ttl < 60 for ttl in left.values())


async def test_of_fifty_at_once_one_tells(valkey_url: str, desk_name: str) -> None:
    channels = [Channel(valkey_url, desk_name, token=f"p{n}") for n in range(50)]
    items = itertools.cycle([A, B, C, HEADLINE])
    judged = await asyncio.gather(*(c.judge(i) for c, i in zip(channels, items, strict=False)))
    states = [j.state for j in judged]
    assert (states.count(State.POST), states.count(State.WAIT)) == (1, 49)
    await asyncio.gather(*(c.memory.close() for c in channels))
