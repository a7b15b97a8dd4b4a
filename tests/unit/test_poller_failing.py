"""Feeds that fail, as pollers treat and ops hear of them."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterable

import pytest
from stubs.bodies import SLOW
from stubs.newsroom import FIRST, Newsroom, feed, outages, until
from stubs.outlet import OutletStub, rss

from monitor.feeds.pacing.pace import Muted
from monitor.feeds.polling import round as round_module
from monitor.feeds.polling.polls import Polled
from monitor.feeds.state.feed_state import read_state
from monitor.feeds.state.leases import Lease, Leases
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


async def test_what_nobody_foresaw_after_a_poll_is_a_failure_too(
    newsroom: Newsroom, outlet: OutletStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlet.serve("a", rss(FIRST))

    def unforeseen(*_: object, **__: object) -> None:
        raise LookupError("odd")

    with monkeypatch.context() as patched:
        patched.setattr(round_module, "after", unforeseen)
        async with newsroom.polling(feed(outlet), lease_s=0.5):
            await until(lambda: newsroom.polls.outcomes == [Polled.FAILED])
    stored = await newsroom.stored("a")
    assert (stored["failures"], stored.get("until")) == ("1", None)
    due_in_s = int(stored["due"]) / 1000 - time.time()
    assert round_module.UNSETTLED_S / 2 < due_in_s <= round_module.UNSETTLED_S


async def test_leases_are_extended_after_an_odd_moment(
    newsroom: Newsroom, outlet: OutletStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlet.serve("a", rss(FIRST), delay_s=3)
    odd = iter([LookupError("odd")])
    extend = Leases.extend

    async def extended(self: Leases, held: Iterable[Lease]) -> frozenset[Lease]:
        for error in odd:
            raise error
        return await extend(self, held)

    monkeypatch.setattr(Leases, "extend", extended)
    async with newsroom.polling(feed(outlet), lease_s=1.5):
        await until(lambda: newsroom.polls.outcomes == [Polled.CHANGED])


async def test_without_a_parser_no_feed_fails_and_no_outlet_is_asked(
    newsroom: Newsroom,
    outlet: OutletStub,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    feeds = [feed(outlet, name) for name in ("a", "b")]
    for each in feeds:
        outlet.serve(each.id, rss(FIRST))
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", "/bin/false")
        async with newsroom.polling(*feeds):
            await until(lambda: outages(caplog))
            assert not newsroom.broker.items
            patched.undo()
            await until(lambda: len(newsroom.broker.items) == 2)
    assert outages(caplog) == ["the parser went", "the parser is back"]
    assert Polled.FAILED not in newsroom.polls.outcomes
    assert not newsroom.polls.decisions


async def test_a_parser_killed_by_others_puts_no_feed_in_quarantine(
    newsroom: Newsroom, outlet: OutletStub
) -> None:
    outlet.serve("a", SLOW)
    async with newsroom.polling(feed(outlet)) as parsers:
        killed: set[int] = set()
        while Polled.FAILED not in newsroom.polls.outcomes:
            for pid in {*parsers.pids} - killed if outlet.requests else ():
                await asyncio.sleep(0.1)  # it is at work on the only job by then, or soon
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
            await asyncio.sleep(0.01)
        outlet.serve("a", rss(FIRST))
        assert len(killed) >= 4
        stored = await newsroom.stored("a")
        state = read_state(stored["state"])
    assert state.pace.muted is Muted.NO
    assert stored["failures"] == "1"
