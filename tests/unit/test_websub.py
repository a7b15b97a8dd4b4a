"""WebSub over real sockets: what hubs are asked, and whom they may answer."""

import socket
import time
from contextlib import AbstractAsyncContextManager

import aiohttp
import pytest
from stubs.hub import HubStub, push, verify
from stubs.push_desk import DAY_S, FEED, TOPIC, PushDesk, opened, said

from monitor.desk.settings import resolve
from monitor.exits import ExitCode, Quit
from monitor.feeds.feed import Feed
from monitor.feeds.websub.protocol import (
    BACKOFF_FIRST_S,
    BACKOFF_MOST_S,
    DENIED_S,
    LEASE_S,
    PENDING_S,
    Advertised,
    Pushed,
)
from monitor.feeds.websub.subscriber import Subscriber
from monitor.program.push import pushed_to


async def test_a_hub_is_asked_confirmed_and_heard(push_desk: PushDesk) -> None:
    form = await push_desk.subscribed()
    assert form["hub.mode"] == "subscribe"
    assert form["hub.topic"] == TOPIC
    assert "/wires/websub/a/" in form["hub.callback"]
    assert len(form["hub.callback"].rpartition("/")[2]) >= 43
    assert 43 <= len(form["hub.secret"]) <= 200
    assert await push_desk.poll()
    assert await push(form, b"<rss/>") == 202
    assert push_desk.pushed == [("a", b"<rss/>", "application/rss+xml")]
    assert len(push_desk.hub.asked) == 1
    assert push_desk.pushes[Pushed.TAKEN] == 1


async def test_another_process_may_hear_what_this_one_asked(
    push_desk: PushDesk, valkey_url: str, desk_name: str, hub: HubStub
) -> None:
    async with opened(valkey_url, desk_name, hub) as other:
        assert not await other.poll()
        form = dict(hub.asked[-1])
        path = form["hub.callback"].partition("/wires/")[2]
        port = push_desk.listener.getsockname()[1]
        form["hub.callback"] = f"http://127.0.0.1:{port}/{path}"  # no prefix: a proxy cut it
        assert await verify(form) == (200, "c-1")
        assert await push(form, b"x") == 202
        assert await other.poll()
    assert [feed for feed, *_ in push_desk.pushed] == ["a"]


@pytest.mark.parametrize(
    "changed",
    [
        {"topic": "https://outlet.example/other"},
        {"topic": ""},
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"challenge": ""},
        {"challenge": "c" * 2_000},
    ],
)
async def test_only_what_was_asked_for_is_confirmed(
    push_desk: PushDesk, changed: dict[str, str]
) -> None:
    await push_desk.poll()
    assert await verify(push_desk.hub.asked[0], **changed) == (404, "")
    assert not await push_desk.poll()


async def test_a_challenge_is_echoed_once_and_as_plain_text(push_desk: PushDesk) -> None:
    await push_desk.poll()
    [form] = push_desk.hub.asked
    assert await verify(form, challenge="<script>") == (200, "<script>")
    assert await verify(form) == (404, "")
    assert await verify(form, mode="unsubscribe") == (404, "")
    assert await push_desk.poll()


async def test_a_confirmation_that_comes_late_counts_for_nothing(push_desk: PushDesk) -> None:
    await push_desk.poll()
    push_desk.now_s += PENDING_S + 1
    assert (await verify(push_desk.hub.asked[0]))[0] == 404


async def test_a_path_that_nobody_was_given_tells_nothing(push_desk: PushDesk) -> None:
    form = await push_desk.subscribed()
    base, _, token = form["hub.callback"].rpartition("/")
    for path in (f"{base}/{token}x", f"{base}/", base, f"{base[:-1]}b/{token}", f"{base}/%ff%00"):
        wrong = form | {"hub.callback": path}
        assert await verify(wrong) == (404, "")
        assert await push(wrong, b"<rss/>") == 410
    assert push_desk.pushed == []


async def test_a_lease_is_renewed_at_four_fifths_under_the_same_address(
    push_desk: PushDesk,
) -> None:
    form = await push_desk.subscribed()
    push_desk.now_s += 0.79 * LEASE_S
    assert await push_desk.poll()
    assert len(push_desk.hub.asked) == 1
    push_desk.now_s += 0.02 * LEASE_S
    assert await push_desk.subscriber.look_after(FEED, None, push_desk.now_s)  # after a 304 too
    assert push_desk.hub.asked[1] == form
    assert await verify(form, lease_seconds="864000") == (200, "c-1")
    push_desk.now_s += 0.79 * 10 * DAY_S
    assert await push_desk.poll()
    assert len(push_desk.hub.asked) == 2


async def test_a_lease_that_is_not_renewed_ends(push_desk: PushDesk) -> None:
    await push_desk.subscribed()
    push_desk.hub.status = 500
    push_desk.now_s += LEASE_S - 1
    assert await push_desk.poll()
    push_desk.now_s += 2
    assert not await push_desk.poll()


async def test_a_hub_that_is_away_is_asked_less_and_less_often(
    push_desk: PushDesk, caplog: pytest.LogCaptureFixture
) -> None:
    push_desk.hub.status = 503
    asked = []
    for _ in range(24 * 6):
        await push_desk.poll()
        asked.append(len(push_desk.hub.asked))
        push_desk.now_s += 600
    assert asked[0] == 1
    assert 6 <= asked[-1] <= 10
    assert [r.message for r in caplog.records if r.name == "wirewatch.websub"] == [
        "feed a: its hub 127.0.0.1 cannot be asked, polling: HTTP 503 Service Unavailable"
    ]
    assert (await verify(push_desk.hub.asked[-1]))[0] == 404  # nobody waits for it
    push_desk.hub.status = 202
    push_desk.now_s += BACKOFF_MOST_S
    await push_desk.poll()
    assert (await verify(push_desk.hub.asked[-1]))[0] == 200
    assert caplog.records[-1].message == "feed a: its hub tells of its news"


async def test_a_hub_that_is_gone_or_redirects_is_none(push_desk: PushDesk) -> None:
    await push_desk.poll(hub="http://127.0.0.1:9/hub")
    push_desk.now_s += BACKOFF_FIRST_S
    push_desk.hub.status = 307
    await push_desk.poll()
    assert len(push_desk.hub.asked) == 1
    assert (await verify(push_desk.hub.asked[0]))[0] == 404


async def test_a_hub_on_a_private_address_is_refused(
    push_desk: PushDesk, caplog: pytest.LogCaptureFixture
) -> None:
    public = Feed(id="p", url=TOPIC)
    for hub in (push_desk.hub.url, push_desk.hub.url.replace("127.0.0.1", "localhost")):
        assert not await push_desk.poll(public, hub=hub)
        push_desk.now_s += DAY_S
    assert push_desk.hub.asked == []
    assert "cannot be asked" in said(caplog)[0]


async def test_a_feed_cannot_have_one_hub_after_the_other_asked(push_desk: PushDesk) -> None:
    for number in range(20):
        await push_desk.poll(topic=f"{TOPIC}/{number}")
        push_desk.now_s += 10
    assert len(push_desk.hub.asked) == 1
    push_desk.now_s += BACKOFF_FIRST_S
    await push_desk.poll(topic=f"{TOPIC}/20")
    first, second = push_desk.hub.asked
    assert first["hub.callback"] != second["hub.callback"]
    assert first["hub.secret"] != second["hub.secret"]
    assert (await verify(first))[0] == 404


async def test_a_hub_that_says_no_is_asked_again_a_day_later(push_desk: PushDesk) -> None:
    form = await push_desk.subscribed()
    assert await verify(form, mode="denied") == (200, "")
    assert not await push_desk.poll()
    push_desk.now_s += DENIED_S - 60
    await push_desk.poll()
    assert len(push_desk.hub.asked) == 1
    push_desk.now_s += 61
    await push_desk.poll()
    assert len(push_desk.hub.asked) == 2


async def test_without_a_public_address_no_hub_is_asked(push_desk: PushDesk) -> None:
    async with settled(push_desk, {}) as subscriber:
        assert subscriber is None


async def test_with_one_the_settings_say_where_hubs_are_answered(push_desk: PushDesk) -> None:
    free = socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{free.getsockname()[1]}"
    free.close()
    given = {"WIREWATCH_WEBSUB_URL": f"http://{address}", "WIREWATCH_WEBSUB_LISTEN": address}
    async with settled(push_desk, given) as subscriber:
        assert subscriber
        await subscriber.look_after(FEED, Advertised(push_desk.hub.url, TOPIC), time.time())
        assert await verify(push_desk.hub.asked[0]) == (200, "c-1")
        assert await push(push_desk.hub.asked[0], b"x") == 202
    assert push_desk.pushes[Pushed.TAKEN] == 1
    with pytest.raises(aiohttp.ClientConnectorError):
        await push(push_desk.hub.asked[0], b"x")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"URL": "wires.example.com"}, '"wires.example.com" is no public base URL, as https://'),
        ({"URL": "https://a.example/?x=1"}, "is no public base URL"),
        ({"URL": "https://[a.example/"}, "is no public base URL"),
        ({"LISTEN": "127.0.0.1:0"}, "is where nobody is told to call: set WIREWATCH_WEBSUB_URL"),
        ({"URL": "https://a.example", "LISTEN": "8470"}, '"8470" is no host:port'),
    ],
)
async def test_a_wrong_setting_ends_the_start(
    push_desk: PushDesk, given: dict[str, str], said: str
) -> None:
    with pytest.raises(Quit) as error:
        async with settled(push_desk, {f"WIREWATCH_WEBSUB_{k}": v for k, v in given.items()}):
            pass
    assert error.value.code is ExitCode.USAGE
    assert said in error.value.message


def settled(
    push_desk: PushDesk, environment: dict[str, str]
) -> AbstractAsyncContextManager[Subscriber | None]:
    return pushed_to(
        resolve(environment),
        push_desk.subscriptions,
        push_desk.fetcher,
        push_desk.push,
        push_desk.pushes,
    )
