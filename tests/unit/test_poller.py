"""The poller on a real Valkey and a stub outlet; only the broker is a stand-in of a few lines."""

import asyncio
import itertools
from dataclasses import replace

import pytest
from stubs.newsroom import FIRST, Newsroom, feed, outages, until
from stubs.outlet import AUTO, Entry, OutletStub, rss

from monitor.feeds.polling.poller import POLLS_AT_ONCE
from monitor.feeds.polling.polls import Polled
from monitor.feeds.state.feed_state import read_state
from monitor.feeds.state.leases import Idle

SECOND = Entry("Sanctions lifted", "g-2", "https://a.example/2")


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
