"""Told once: whatever Slack answers and wherever a process dies, one message stands in the channel.

Real Valkey, a stub Slack over HTTP; a process's death is its coroutine left at one of its awaits,
its connections cut, as after kill -9.
"""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Coroutine, Generator
from dataclasses import replace
from functools import partial
from typing import Any

import aiohttp
import pytest
from stubs.slack import GOOD_TOKEN, Message, SlackStub

from alerts.client import TIMEOUT_S
from alerts.connection import RedisConnection
from alerts.deliver import FOUND, MAY_REPEAT, Delivery
from alerts.memory import LEASE_S, Memory
from alerts.sink import CALL_MOST_S
from alerts.slack import SlackSink
from alerts.telling import Pace
from streams.decision import Decision, Reason
from streams.item import Item
from streams.match import Hit, Match
from streams.outage import Outages
from streams.records import Stop
from streams.story import signature

LEASE = 1.0
QUICK = Pace(first_look_s=0.05, second_look_s=0.1, settle_s=0.2, nap_s=0.1)
SHARED = "https://a.example/world/1"
FIRST = Item(id="a/1", feed="a", title="US imposes sanctions on Pakistan", canonical_url=SHARED)
COPY = replace(FIRST, id="b/1", feed="b", canonical_url="https://b.example/1")
REWORDED = replace(FIRST, id="c/1", feed="c", title="Sanctions on Pakistan imposed by US today")
CORRECTED = replace(FIRST, title="CORRECTED: US imposes sanctions on Pakistan")

FAULTS = ["post_then_500", "http500", "post_then_drop", "drop_before", "429:0.1", "badjson"]
SEEDS = range(3)
STORIES = 40
AWAITS = 50
"""One telling has 16 to 47, by what Slack answers."""

_processes = itertools.count()


def match_of(item: Item, channel: str) -> Match:
    return Match(item=item, hits=(Hit(rule="r", channels=(channel,), evidence=()),))


class Alert:
    """One alert process."""

    def __init__(self, valkey: str, desk: str, slack: SlackStub, pace: Pace = QUICK) -> None:
        self.memory = Memory(
            RedisConnection(url=valkey), desk, f"p{next(_processes)}", lease_s=LEASE
        )
        self.sink = SlackSink(GOOD_TOKEN, slack.url)
        self._delivery = Delivery(self.memory, self.sink, Stop(), Outages(), pace)

    async def tell(self, item: Item, channel: str = "#c") -> Decision:
        return await self._delivery.tell(match_of(item, channel), channel)

    async def close(self) -> None:
        await self.sink.close()
        await self.memory.close()


@pytest.fixture
async def processes(valkey_url: str, desk_name: str, slack: SlackStub) -> AsyncIterator[Any]:
    """Makes alert processes of one desk."""
    slack.channels.add("#c")
    made: list[Alert] = []

    def make(pace: Pace = QUICK) -> Alert:
        made.append(Alert(valkey_url, desk_name, slack, pace))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def marked(messages: list[Message]) -> list[bool]:
    return ["May repeat" in message.text for message in messages]


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("post_then_500", FOUND),
        ("post_then_drop", FOUND),
        ("http500", ""),
        ("drop_before", ""),
        ("badjson", ""),
        ("err:internal_error", ""),
        ("err:fatal_error", ""),
        ("429:0.1", ""),
    ],
)
async def test_an_unclear_post_is_told_once(
    slack: SlackStub, processes: Any, kind: str, detail: str
) -> None:
    slack.faults.append(("chat.postMessage", kind))
    told = await processes().tell(FIRST)
    assert (told.reason, told.detail) == (Reason.FIRST, detail)
    assert marked(slack.messages) == [False]


async def test_an_unclear_thread_line_is_told_once(slack: SlackStub, processes: Any) -> None:
    alert = processes()
    await alert.tell(FIRST)
    for kind in ("post_then_500", "http500"):
        slack.faults.append(("chat.postMessage", kind))
        title = f"CORRECTED: US imposes sanctions on Pakistan, {kind}"
        told = await alert.tell(replace(FIRST, title=title))
        assert told.reason is Reason.UPDATE
    root, *lines = slack.messages
    assert [line.thread_ts for line in lines] == [root.ts] * 2
    assert marked(slack.messages) == [False] * 3


async def test_what_slack_shows_late_is_waited_for(slack: SlackStub, processes: Any) -> None:
    slack.lag_s = 0.5
    slack.faults.append(("chat.postMessage", "post_then_500"))
    slow = replace(QUICK, settle_s=3.0)
    assert (await processes(slow).tell(FIRST)).detail == FOUND
    assert marked(slack.messages) == [False]


@pytest.mark.parametrize(("kind", "messages"), [("post_then_500", 2), ("http500", 1)])
async def test_without_the_scope_it_is_as_ever(
    slack: SlackStub, processes: Any, kind: str, messages: int
) -> None:
    slack.scopes -= {"channels:history"}
    slack.faults.append(("chat.postMessage", kind))
    assert (await processes().tell(FIRST)).detail == MAY_REPEAT
    assert marked(slack.messages) == [False, True][-messages:]


async def test_a_look_that_fails_is_made_again(slack: SlackStub, processes: Any) -> None:
    slack.faults.append(("chat.postMessage", "post_then_500"))
    for kind in ("http500", "429:0.1"):
        slack.faults.append(("users.conversations", kind))
    slack.faults.append(("conversations.history", "429:0.1"))
    assert (await processes().tell(FIRST)).detail == FOUND
    assert slack.calls["chat.postMessage"] == 1


async def killed_once_posted(alert: Alert, slack: SlackStub, item: Item) -> None:
    """Its message is stored, its answer never comes."""
    stored = len(slack.messages) + 1
    slack.faults.append(("chat.postMessage", "post_then_hang:60"))
    telling = asyncio.create_task(alert.tell(item))
    await asyncio.to_thread(slack.wait_for, stored, 10)
    telling.cancel()
    await asyncio.wait({telling})


async def test_a_copy_that_takes_over_finds_the_first_words_and_is_judged_by_them(
    slack: SlackStub, processes: Any
) -> None:
    await killed_once_posted(processes(), slack, FIRST)
    judged = [await processes().tell(item) for item in (COPY, REWORDED, FIRST, CORRECTED)]
    assert [decision.reason for decision in judged] == [
        Reason.SAME_STORY,
        Reason.UPDATE,
        Reason.ALREADY_TOLD,
        Reason.UPDATE,
    ]
    root, *lines = slack.messages
    assert [line.thread_ts for line in lines] == [root.ts] * 2
    assert marked(slack.messages) == [False] * 3


async def test_the_first_claim_is_remembered_over_take_overs(
    slack: SlackStub, processes: Any
) -> None:
    dead = [processes() for _ in range(3)]
    claims = [await dead[0].memory.judge(FIRST, signature(FIRST), "#c", now_ms=1_000_000)]
    for n, item in ((1, FIRST), (2, COPY)):
        now_ms = 1_000_000 + n * 60_000
        claims.append(await dead[n].memory.judge(item, signature(item), "#c", now_ms=now_ms))
    assert [claim.since_ms for claim in claims] == [1_000_000] * 3
    assert [claim.again for claim in claims] == [False, True, True]


async def test_the_same_process_with_the_same_record_looks_as_well(
    slack: SlackStub, processes: Any
) -> None:
    """After a rebalance a record may come again to the very process that was telling it."""
    alert = processes()
    await killed_once_posted(alert, slack, FIRST)
    assert (await alert.tell(FIRST)).detail == FOUND
    assert len(slack.messages) == 1


async def test_a_claim_lost_while_posting_is_not_told_twice(
    slack: SlackStub, processes: Any
) -> None:
    """A process slower than its lease: the other finds its message, it finds the other's mark."""
    slack.faults.append(("chat.postMessage", f"post_then_hang:{2 * LEASE}"))
    slow = asyncio.create_task(processes().tell(FIRST))
    await asyncio.to_thread(slack.wait_for, 1, 10)
    other = await processes().tell(FIRST)
    assert (other.reason, other.detail) == (Reason.FIRST, FOUND)
    assert (await slow).reason is Reason.ALREADY_TOLD
    assert len(slack.messages) == 1


async def test_a_claim_does_not_run_out_while_slack_says_later(
    slack: SlackStub, processes: Any
) -> None:
    slack.faults.append(("chat.postMessage", f"429:{2 * LEASE}"))
    holds = asyncio.create_task(processes().tell(FIRST))
    await asyncio.to_thread(slack.wait_until, lambda s: s.calls["chat.postMessage"] == 1, 10)
    copied = await processes().tell(COPY)
    assert (copied.reason, (await holds).reason) == (Reason.SAME_STORY, Reason.FIRST)
    assert slack.calls["users.conversations"] == 0  # nobody had to look


def test_a_dead_holder_is_given_the_time_its_post_may_take() -> None:
    assert CALL_MOST_S + Pace().nap_s <= LEASE_S
    assert LEASE_S + Pace().second_look_s >= TIMEOUT_S + CALL_MOST_S


class Killed:
    """What is left of a coroutine that died."""


async def until(awaits: int, coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What `coroutine` returns, or `Killed` once it has waited `awaits` times."""
    try:
        return await _Until(awaits, coroutine)
    except asyncio.CancelledError:
        return Killed


class _Until:
    def __init__(self, awaits: int, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._awaits = awaits
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        """Hands on what the loop sends and throws, from the n-th await on only cancels."""
        steps, go_on = self._coroutine.__await__(), partial(next)
        for n in itertools.count():
            try:
                waiting = steps.throw(asyncio.CancelledError) if n >= self._awaits else go_on(steps)
            except StopIteration as done:
                return done.value
            try:
                yield waiting
                go_on = partial(next)
            except BaseException as error:
                go_on = partial(_throw, error)
        return None


def _throw(error: BaseException, steps: Generator[Any, Any, Any]) -> Any:
    return steps.throw(error)


async def served(slack: SlackStub) -> None:
    """The stub has read whatever a dead process had sent."""
    async with aiohttp.ClientSession() as session:
        for _ in range(3):
            async with session.post(f"{slack.url}auth.test") as answer:
                await answer.read()


async def told_although_killed(
    processes: Any, slack: SlackStub, channel: str, deaths: list[tuple[Item, int]], last: Item
) -> Decision:
    """Processes die one after the other at their n-th await; the last one lives."""
    for item, awaits in deaths:
        if await until(awaits, processes().tell(item, channel)) is not Killed:
            break
        await served(slack)
    return await processes().tell(last, channel)


@pytest.mark.parametrize("kind", ["", "post_then_500", "http500", "post_then_drop", "429:0.1"])
async def test_a_death_at_any_await_loses_and_doubles_nothing(
    slack: SlackStub, processes: Any, kind: str
) -> None:
    async def one(awaits: int) -> tuple[str, Decision]:
        channel = f"#c{awaits}"
        slack.faults_of[channel].extend([kind] if kind else [])
        slack.channels.add(channel)
        deaths = [(FIRST, awaits)]
        return channel, await told_although_killed(processes, slack, channel, deaths, FIRST)

    told = await asyncio.gather(*(one(awaits) for awaits in range(1, AWAITS)))
    assert {d.reason for _, d in told} == {Reason.FIRST, Reason.ALREADY_TOLD}
    assert sorted(m.channel for m in slack.messages) == sorted(channel for channel, _ in told)
    assert not any(marked(slack.messages))


async def test_an_update_of_what_was_there_before_is_told_once_whatever_dies(
    slack: SlackStub, processes: Any
) -> None:
    before, dead = replace(FIRST, baseline=True), list(range(1, AWAITS, 4))

    async def one(awaits: int) -> list[Reason]:
        channel = f"#c{awaits}"
        slack.channels.add(channel)
        remembered = await told_although_killed(
            processes, slack, channel, [(before, awaits)], before
        )
        copied = await processes().tell(COPY, channel)
        deaths = [(CORRECTED, awaits)]
        told = await told_although_killed(processes, slack, channel, deaths, CORRECTED)
        return [remembered.reason, copied.reason, told.reason]

    reasons = await asyncio.gather(*map(one, dead))
    told = {Reason.FIRST, Reason.ALREADY_TOLD}
    assert all(r[:2] == [Reason.BASELINE, Reason.SAME_STORY] and r[2] in told for r in reasons)
    assert sorted(m.channel for m in slack.messages) == sorted(f"#c{n}" for n in dead)
    assert not any(marked(slack.messages))


@pytest.mark.parametrize("seed", SEEDS)
async def test_deaths_copies_and_faults_together(
    slack: SlackStub, processes: Any, seed: int
) -> None:
    """Several processes tell copies at once, some die, Slack fails: one message per channel."""
    dice = random.Random(seed)

    async def one(n: int) -> str:
        channel = f"#c{n}"
        slack.channels.add(channel)
        slack.faults_of[channel].extend(dice.choices(FAULTS, k=3))
        items = dice.choices([FIRST, COPY], k=3)
        deaths = [(item, dice.randrange(1, AWAITS)) for item in items]
        tellings = [
            told_although_killed(processes, slack, channel, deaths[:2], items[0]),
            told_although_killed(processes, slack, channel, deaths[2:], items[2]),
        ]
        await asyncio.gather(*tellings)
        return channel

    channels = await asyncio.gather(*(one(n) for n in range(STORIES)))
    assert sorted(m.channel for m in slack.messages) == sorted(channels)
    assert not any(marked(slack.messages))
