"""Story memory on a real Valkey: told once, never lost, in every order."""

import asyncio
import itertools
import random
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


BEFORE = replace(A, baseline=True)
COPIES = [B, C, HEADLINE]
STATES = {State.POST, State.THREAD}


@pytest.mark.parametrize("order", list(itertools.permutations([A, B, C, HEADLINE])))
async def test_what_was_there_before_is_remembered_and_never_told(
    here: Channel, order: tuple[Item, ...]
) -> None:
    first, second, *later = order
    for item in (first, second, first):
        assert await here.tell(replace(item, baseline=True)) is State.BASELINE
    assert [await here.tell(item) for item in (first, *later)] == [State.FOLDED] * 3
    assert await here.tell(replace(second, baseline=True)) is State.BASELINE
    assert await here.tell(OTHER) is State.POST


@pytest.mark.parametrize("known", [A, C])
async def test_an_update_of_what_was_there_before_is_its_first_message(
    here: Channel, known: Item
) -> None:
    await here.tell(replace(known, baseline=True))
    update = replace(A, summary="They will after all.")
    assert await here.tell(update) is State.POST
    assert [await here.tell(i) for i in (update, *COPIES)] == [State.TOLD, *[State.FOLDED] * 3]
    assert await here.tell(BEFORE) is State.FOLDED
    later = await here.judge(replace(A, summary="They will not, says another."))
    assert (later.state, later.ts) == (State.THREAD, "ts-a/1")


async def test_words_known_from_before_are_no_update(here: Channel) -> None:
    reworded = replace(A, summary="Other words.")
    for item in (A, reworded):
        await here.tell(replace(item, baseline=True))
    assert [await here.tell(item) for item in (reworded, A)] == [State.FOLDED] * 2


async def test_a_copy_from_before_of_a_told_story_is_a_copy_and_hides_no_update(
    here: Channel,
) -> None:
    assert await here.tell(A) is State.POST
    elsewhere = replace(C, summary="Other words.", baseline=True)
    assert [await here.tell(i) for i in (BEFORE, elsewhere)] == [State.TOLD, State.FOLDED]
    assert await here.tell(replace(A, summary="Other words.")) is State.THREAD


async def test_a_copy_from_before_waits_for_nobody_and_takes_nothing_over(
    here: Channel, there: Channel
) -> None:
    claim = await here.judge(A, now_ms=1_000)
    for item in (BEFORE, replace(C, baseline=True)):
        assert (await there.judge(item, now_ms=20_000)).state is State.FOLDED
    assert (await here.judge(A, now_ms=20_001)).state is State.POST
    assert await here.memory.give_up(claim)
    assert await here.tell(A) is State.POST


async def test_an_update_of_what_was_there_before_is_claimed_in_two_phases(
    here: Channel, there: Channel
) -> None:
    await here.tell(BEFORE)
    update = replace(A, summary="They will after all.")
    claim = await here.judge(update, now_ms=1_000)
    assert (await there.judge(update, now_ms=2_000)).state is State.WAIT
    assert (await there.judge(replace(B, baseline=True), now_ms=2_000)).state is State.FOLDED
    same_words = replace(update, id="f/1", feed="f", canonical_url="", guid="", baseline=True)
    assert (await there.judge(same_words, now_ms=2_000)).state is State.FOLDED
    for copy in COPIES:  # of what was there before: nothing to take over
        assert (await there.judge(copy, now_ms=20_000)).state is State.FOLDED
    taken = await there.judge(update, now_ms=20_000)
    assert (taken.state, taken.again) == (State.POST, True)
    assert await here.memory.told(claim, "late") is False
    assert await there.memory.give_up(taken)
    assert (await here.judge(HEADLINE)).state is State.FOLDED  # known all the same
    assert await here.tell(update) is State.POST


@pytest.mark.parametrize("seed", range(20))
async def test_among_copies_from_before_news_is_never_lost(
    here: Channel, there: Channel, seed: int
) -> None:
    """Whatever comes in which order, claims left behind included: every update is told once."""
    dice, now_ms = random.Random(seed), 1_000_000
    updates = [replace(A, summary=f"New words, {n}.") for n in range(3)]
    records = [BEFORE, *updates, *(replace(i, baseline=True) for i in COPIES), *COPIES] * 2
    dice.shuffle(records)
    told: list[Item] = []
    for item in [BEFORE, *records]:
        now_ms += 20_000
        if dice.random() < 0.3:
            await there.judge(item, now_ms=now_ms)  # and dies
            now_ms += 20_000
        judged = await here.judge(item, now_ms=now_ms)
        assert judged.state is not State.WAIT
        if judged.state in STATES:
            assert not item.baseline
            assert await here.memory.told(judged, "ts")
            told.append(item)
    assert sorted(told, key=str) == sorted(updates, key=str)
