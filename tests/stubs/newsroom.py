"""A newsroom's pollers on a real Valkey; the broker is a stand-in of a few lines."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
import redis.asyncio as redis
from stubs.outlet import Entry, OutletStub, rss

from monitor.feeds.feed import BACKFILL_ALL_S, Feed
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.parsers.frames import Job
from monitor.feeds.parsers.pool import Parsers
from monitor.feeds.polling.poller import Poller, Tools
from monitor.feeds.polling.polls import Polled
from monitor.feeds.state.leases import Leases
from streams.broker.producer import NotPublished
from streams.decision import Decision
from streams.item import Item
from streams.outage import Outages
from streams.topics import DECISIONS, ITEMS, Topic, decode

FIRST = Entry("Sanctions on Pakistan", "g-1", "https://a.example/1")
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
    ) -> AsyncIterator[Parsers]:
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
                yield parsers
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


def outages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said of outages, in order: the service, and whether it went or is back."""
    said = [r.message for r in caplog.records if r.name == "wirewatch.outage"]
    return [re.split(r" (?=does|is )", line)[0] + went_or_back(line) for line in said]


def went_or_back(line: str) -> str:
    return " is back" if " is back" in line else " went"
