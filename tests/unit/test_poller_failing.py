"""Feeds that fail, as pollers treat and ops hear of them."""

import re
import time
from collections.abc import Awaitable, Callable

import pytest
from stubs.newsroom import FIRST, Newsroom, feed, until
from stubs.outlet import OutletStub, rss

from monitor.feeds.polling import round as round_module
from monitor.feeds.polling.polls import Polled
from monitor.feeds.state.feed_state import read_state
from streams.decision import Reason

GONE = "feed a: feed_gone: the server says that it is gone for good (410); asked again in a week"


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
    assert went == "feed a fails, asked again in 0 s: HTTP 404 Not Found"
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
    waits, fails, gone = (r.message for r in caplog.records if r.message.startswith("feed a"))
    assert waits == "feed a: what happened to it waits for Kafka: not taken"
    assert re.fullmatch("feed a fails, asked again in [78] days: HTTP 410 Gone", fails)
    assert gone == GONE


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
    assert [r.message for r in caplog.records if r.message.startswith("feed a")] == [GONE]


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
