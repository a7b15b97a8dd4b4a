"""The poller on a real Valkey and a stub outlet; only the broker is a stand-in of a few lines."""

import asyncio
import contextlib
import itertools
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
import redis.asyncio as redis
from stubs.outlet import AUTO, Entry, OutletStub, rss

from monitor.feeds.feed import BACKFILL_ALL_S, Feed
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.parsers.frames import Job
from monitor.feeds.parsers.pool import Parsers
from monitor.feeds.polling import round as round_module
from monitor.feeds.polling.poller import POLLS_AT_ONCE, Poller, Tools
from monitor.feeds.polling.polls import Polled
from monitor.feeds.state.feed_state import read_state
from monitor.feeds.state.leases import Idle, Leases
from streams.broker.producer import NotPublished
from streams.decision import Decision, Reason
from streams.item import Item
from streams.outage import Outages
from streams.topics import DECISIONS, ITEMS, Topic, decode

FIRST = Entry("Sanctions on Pakistan", "g-1", "https://a.example/1")
SECOND = Entry("Sanctions lifted", "g-2", "https://a.example/2")
UNTIL_S = 15.0


@dataclass
class Broker:
    """Keeps what is published; refuses, hangs or is another one where a test says so."""

    topic: str = "t1"
    refuses: bool = False
    refuses_decisions: bool = False
    away: bool = False
    makes: int = 0
    items: list[Item] = field(default_factory=list)

    async def topic_id(self, topic: Topic) -> str:
        if self.away:
            raise NotPublished("no broker")
        return self.topic

    async def publish(self, topic: Topic, records: list[tuple[str, bytes]]) -> None:
        if self.refuses or (self.refuses_decisions and topic is DECISIONS):
            raise NotPublished("not taken")
        if topic is ITEMS:
            self.items += [decode(Item, value) for _, value in records]

    async def make_topics(self) -> None:
        self.makes += 1

    @property
    def titles(self) -> list[str]:
        return [item.title for item in self.items]


@dataclass
class Polls:
    """A `PollLedger`."""

    outcomes: list[Polled] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def polled(self, feed: str, outcome: Polled, seconds: float) -> None:
        self.outcomes.append(outcome)

    def dropped(self, decision: Decision) -> None:
        self.decisions.append(decision)


class Newsroom:
    """One desk's pollers."""

    def __init__(self, client: "redis.Redis", desk: str) -> None:
        self.client = client
        self.desk = desk
        self.broker = Broker()
        self.polls = Polls()
        self.outages = Outages()

    def leases(self, *feeds: Feed, lease_s: float = 10.0) -> Leases:
        return Leases(self.client, self.desk, feeds, lease_s=lease_s)

    @asynccontextmanager
    async def polling(
        self, *feeds: Feed, lease_s: float = 10.0, warm: bool = False
    ) -> AsyncIterator[None]:
        """A poller at work, stopped as the program stops it; `warm` once its parser is there."""
        async with Fetcher() as fetcher, Parsers() as parsers:
            if warm:
                await parsers.read(Job(body=rss(), feed=Feed(id="warm"), now=datetime.now(UTC)))
            tools = Tools(
                fetcher=fetcher, parsers=parsers, publisher=self.broker, ledger=self.polls
            )
            poller = Poller(
                tools,
                self.leases(*feeds, lease_s=lease_s),
                make_topics=self.broker.make_topics,
                outages=self.outages,
            )
            task = asyncio.create_task(poller.run())
            try:
                yield
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def stored(self, feed: str) -> dict[str, str]:
        return await self.client.hgetall(f"ww:{{{self.desk}}}:feed:{feed}")

    async def held(self) -> int:
        """How many feeds are under a lease."""
        keys = await self.client.keys(f"ww:{{{self.desk}}}:feed:*")
        found = [await self.client.hget(k, "until") for k in keys if not k.endswith(":known")]
        return len([until for until in found if until])


@pytest.fixture
async def newsroom(valkey_url: str, desk_name: str) -> AsyncIterator[Newsroom]:
    client = redis.Redis.from_url(valkey_url, decode_responses=True, socket_timeout=0.5, retry=None)
    yield Newsroom(client, desk_name)
    await client.aclose()


async def until(true: Callable[[], object]) -> None:
    """Returns once `true()`, asynchronous or not."""
    async with asyncio.timeout(UNTIL_S):
        while True:
            found = true()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.01)


def feed(outlet: OutletStub, name: str = "a", every_s: float = 0.1) -> Feed:
    return Feed(
        id=name,
        url=outlet.url(name),
        every_s=every_s,
        allow_private=True,
        backfill_s=BACKFILL_ALL_S,
    )


async def test_items_are_published_once_and_the_outlet_is_asked_politely(
    newsroom: Newsroom, outlet: OutletStub
) -> None:
    outlet.serve("a", rss(FIRST), etag=AUTO)
    async with newsroom.polling(replace(feed(outlet), tier=2)):
        await until(lambda: len(newsroom.polls.outcomes) >= 3)
        outlet.serve("a", rss(SECOND, FIRST), etag=AUTO)
        await until(lambda: len(newsroom.broker.items) >= 2)
        seen = len(newsroom.polls.outcomes)
        await until(lambda: len(newsroom.polls.outcomes) >= seen + 3)
    assert newsroom.broker.titles == [FIRST.title, SECOND.title]
    assert {item.tier for item in newsroom.broker.items} == {2}
    assert {r.status for r in outlet.requests} == {200, 304}
    stored = await newsroom.stored("a")
    assert (read_state(stored["state"]).topic_id, stored["failures"]) == ("t1", "0")
    assert "until" not in stored


async def test_two_pollers_never_poll_a_feed_twice_in_an_interval(
    newsroom: Newsroom, outlet: OutletStub
) -> None:
    feeds = [feed(outlet, name, every_s=0.5) for name in "abcdef"]
    for each in feeds:
        outlet.serve(each.id, rss(FIRST))
    async with newsroom.polling(*feeds), newsroom.polling(*feeds):
        await until(lambda: len(newsroom.polls.outcomes) >= 30)
    for each in feeds:
        at = [r.at for r in outlet.requests if r.path == f"/{each.id}"]
        assert min(later - sooner for sooner, later in itertools.pairwise(at)) > 0.45


async def test_a_broker_wiped_while_running_gets_the_window_again(
    newsroom: Newsroom, outlet: OutletStub, caplog: pytest.LogCaptureFixture
) -> None:
    outlet.serve("a", rss(SECOND, FIRST), etag=AUTO)
    async with newsroom.polling(feed(outlet)):
        await until(lambda: len(newsroom.polls.outcomes) >= 3)
        newsroom.broker.topic = "t2"
        newsroom.broker.items.clear()
        await until(lambda: len(newsroom.broker.items) >= 2)
    assert newsroom.broker.titles == [SECOND.title, FIRST.title]
    assert read_state((await newsroom.stored("a"))["state"]).topic_id == "t2"
    assert [r.message for r in caplog.records if "another topic" in r.message] == [
        "wire.items is another topic now: feeds are published again"
    ]


async def test_what_the_broker_does_not_take_is_not_remembered(
    newsroom: Newsroom, outlet: OutletStub, caplog: pytest.LogCaptureFixture
) -> None:
    newsroom.broker.refuses = True
    outlet.serve("a", rss(FIRST), etag=AUTO)
    async with newsroom.polling(feed(outlet)):
        await until(lambda: newsroom.polls.outcomes.count(Polled.HELD) >= 3)
        stored = await newsroom.stored("a")
        assert "state" not in stored
        assert await newsroom.leases().known_all("a") == {}
        newsroom.broker.refuses = False
        await until(lambda: newsroom.broker.items)
    assert newsroom.broker.titles == [FIRST.title]
    assert outages(caplog) == ["Kafka (publishing) went", "Kafka (publishing) is back"]
    assert (await newsroom.stored("a"))["failures"] == "0"


async def test_without_a_broker_no_outlet_is_asked(
    newsroom: Newsroom, outlet: OutletStub, caplog: pytest.LogCaptureFixture
) -> None:
    newsroom.broker.away = True
    outlet.serve("a", rss(FIRST))
    async with newsroom.polling(feed(outlet)):
        await until(lambda: outages(caplog))
        newsroom.broker.away = False
        await until(lambda: newsroom.broker.items)
    assert len(newsroom.broker.items) == 1
    assert newsroom.broker.makes  # it may have been wiped
    assert outages(caplog) == ["Kafka (publishing) went", "Kafka (publishing) is back"]


async def test_polling_pauses_while_redis_is_away(
    newsroom: Newsroom, outlet: OutletStub, caplog: pytest.LogCaptureFixture
) -> None:
    outlet.serve("a", rss(FIRST), etag=AUTO)
    async with newsroom.polling(feed(outlet)):
        await until(lambda: newsroom.broker.items)
        await newsroom.client.execute_command("CLIENT", "PAUSE", "2500", "ALL")
        await until(lambda: outages(caplog))
        asked = len(outlet.requests)
        outlet.serve("a", rss(SECOND, FIRST), etag=AUTO)
        await until(lambda: len(outages(caplog)) == 2)
        assert len(outlet.requests) <= asked + 1
        await until(lambda: len(newsroom.broker.items) == 2)
    assert outages(caplog) == ["Redis (feed state) went", "Redis (feed state) is back"]
    assert newsroom.broker.titles == [FIRST.title, SECOND.title]


async def test_a_stop_lets_polls_end_and_gives_the_rest_back(
    newsroom: Newsroom, outlet: OutletStub
) -> None:
    feeds = [feed(outlet, name, every_s=60) for name in ("hangs", "slow")]
    outlet.serve("hangs", rss(FIRST), delay_s=60)
    outlet.serve("slow", rss(FIRST), delay_s=0.1)
    async with newsroom.polling(*feeds, warm=True):
        await until(lambda: held_by(newsroom, 2))
    assert newsroom.polls.outcomes == [Polled.CHANGED]
    found = await newsroom.leases(*feeds).next()
    assert isinstance(found, list)
    assert found[0].feed.id == "hangs"


async def held_by(newsroom: Newsroom, n: int) -> bool:
    return await newsroom.held() >= n


@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.002, 0.004, 0.008, 0.02])
async def test_a_stop_at_any_moment_leaves_no_lease(
    newsroom: Newsroom, outlet: OutletStub, after_s: float
) -> None:
    feeds = [feed(outlet, name, every_s=60) for name in "abcdefgh"]
    for each in feeds:
        outlet.serve(each.id, rss(FIRST), delay_s=60)
    async with newsroom.polling(*feeds):
        await asyncio.sleep(after_s)
    leases = newsroom.leases(*feeds)
    found = [await leases.next() for _ in range(len(feeds) + 1)]
    assert len([each for each in found if isinstance(each, list)]) >= len(feeds)


async def test_a_long_poll_keeps_its_lease(newsroom: Newsroom, outlet: OutletStub) -> None:
    slow = feed(outlet, every_s=60)
    outlet.serve("a", rss(FIRST), delay_s=2)
    async with newsroom.polling(slow, lease_s=0.6):
        other = newsroom.leases(slow, lease_s=0.6)
        await until(lambda: held_by(newsroom, 1))
        while not newsroom.broker.items:
            assert isinstance(await other.next(), Idle)
            await asyncio.sleep(0.05)
    assert len(outlet.requests) == 1


async def test_a_poll_whose_lease_is_lost_publishes_nothing(
    newsroom: Newsroom, outlet: OutletStub, caplog: pytest.LogCaptureFixture
) -> None:
    slow = feed(outlet, every_s=60)
    outlet.serve("a", rss(FIRST), delay_s=2)
    async with newsroom.polling(slow, lease_s=0.6):
        await until(lambda: held_by(newsroom, 1))
        [due] = await newsroom.client.keys(f"ww:{{{newsroom.desk}}}:due:*")
        await newsroom.client.hset(f"ww:{{{newsroom.desk}}}:feed:a", "until", 1)
        await newsroom.client.zadd(due, {(await newsroom.client.zrange(due, 0, 0))[0]: 1})
        taken = await newsroom.leases(slow, lease_s=60).next()
        assert isinstance(taken, list)
        await until(lambda: any("its lease ran out" in r.message for r in caplog.records))
        await until(lambda: outlet.requests)
    assert newsroom.broker.items == []
    assert await newsroom.leases(slow).settle(taken[0], wait_s=9)


async def test_so_many_polls_at_once_and_no_more(newsroom: Newsroom, outlet: OutletStub) -> None:
    feeds = [feed(outlet, f"f{n}", every_s=0.1) for n in range(POLLS_AT_ONCE + 10)]
    for each in feeds:
        outlet.serve(each.id, rss(FIRST), delay_s=60)
    async with newsroom.polling(*feeds):
        await until(lambda: held_by(newsroom, POLLS_AT_ONCE))
        assert await newsroom.held() == POLLS_AT_ONCE
        found = [await newsroom.leases(*feeds).next() for _ in range(10)]
        await until(lambda: held_by(newsroom, POLLS_AT_ONCE + 10))
        assert all(isinstance(each, list) for each in found)


async def test_a_failing_feed_is_one_line_and_waits_longer_and_longer(
    newsroom: Newsroom, outlet: OutletStub, caplog: pytest.LogCaptureFixture
) -> None:
    async with newsroom.polling(feed(outlet)):
        await until(lambda: newsroom.polls.outcomes.count(Polled.FAILED) >= 3)
    outlet.serve("a", rss(FIRST))
    async with newsroom.polling(feed(outlet)):  # another process: the count is in Redis
        await until(lambda: newsroom.broker.items)
    said = [r.message for r in caplog.records if r.message.startswith("feed a ")]
    [went, back] = [line for line in said if "published" not in line]
    assert went == "feed a fails, asked again later: HTTP 404 Not Found"
    assert back.startswith("feed a is back after ")
    assert int(back.split()[5]) >= 3
    assert (await newsroom.stored("a"))["failures"] == "0"


async def test_what_happened_to_a_feed_is_owed_while_decisions_are_refused(
    newsroom: Newsroom, outlet: OutletStub, caplog: pytest.LogCaptureFixture
) -> None:
    newsroom.broker.refuses_decisions = True
    outlet.serve("a", "", status=410)
    outlet.serve("good", rss(FIRST))
    async with newsroom.polling(feed(outlet), feed(outlet, "good")):
        await until(lambda: newsroom.polls.outcomes.count(Polled.LATER) >= 3)
        await until(lambda: newsroom.broker.items)  # news goes on
        assert newsroom.polls.decisions == []
        newsroom.broker.refuses_decisions = False
        await until(lambda: newsroom.polls.decisions)
        await until(no_owing(newsroom, "a"))
    assert [each.reason for each in newsroom.polls.decisions] == [Reason.FEED_GONE]
    assert len(outlet.wait_for("a", 1, 1)) == 1
    stored = await newsroom.stored("a")
    assert stored["failures"] == "1"
    week_s = read_state(stored["state"]).owed.wait_s(outlet.url("a"), time.time())
    assert week_s > 6 * 86_400
    said = [r.message for r in caplog.records if r.message.startswith("feed a")]
    assert said == [
        "feed a: what happened to it waits for Kafka: not taken",
        "feed a fails, asked again later: HTTP 410 Gone",
        "feed a: feed_gone: the server says that it is gone for good (410); asked again in a week",
    ]


def no_owing(newsroom: Newsroom, name: str) -> Callable[[], Awaitable[bool]]:
    async def settled() -> bool:
        return not read_state((await newsroom.stored(name))["state"]).owed.events

    return settled


async def test_a_feed_that_is_gone_is_one_line(
    newsroom: Newsroom, outlet: OutletStub, caplog: pytest.LogCaptureFixture
) -> None:
    outlet.serve("a", "", status=410)
    async with newsroom.polling(feed(outlet)):
        await until(lambda: newsroom.polls.outcomes)
    assert [r.message for r in caplog.records if r.message.startswith("feed a")] == [
        "feed a: feed_gone: the server says that it is gone for good (410); asked again in a week"
    ]


async def test_what_nobody_foresaw_is_a_failure_of_that_feed_alone(
    newsroom: Newsroom, outlet: OutletStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(round_module, "POLL_MOST_S", 0.3)
    outlet.serve("hangs", rss(FIRST), delay_s=60)
    outlet.serve("good", rss(FIRST))
    feeds = [feed(outlet, name) for name in ("hangs", "good")]
    async with newsroom.polling(*feeds):
        await until(lambda: newsroom.polls.outcomes.count(Polled.FAILED) >= 1)
        await until(lambda: newsroom.broker.items)
    assert int((await newsroom.stored("hangs"))["failures"]) >= 1


def outages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said of outages, in order: the service, and whether it went or is back."""
    said = [r.message for r in caplog.records if r.name == "wirewatch.outage"]
    return [re.split(r" (?=does|is )", line)[0] + went_or_back(line) for line in said]


def went_or_back(line: str) -> str:
    return " is back" if " is back" in line else " went"
