"""WebSub over real sockets: a stub hub, a real Valkey, a clock that tests turn."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from io import BytesIO

import aiohttp
import pytest
import redis.asyncio as redis
from stubs.hub import HubStub, push, verify

from monitor.desk.settings import resolve
from monitor.exits import ExitCode, Quit
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.websub import callback as callback_module
from monitor.feeds.websub.callback import MAX_BODY_BYTES, Callback
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
from monitor.feeds.websub.subscriptions import Subscriptions
from monitor.program.push import pushed_to

TOPIC = "https://outlet.example/rss"
FEED = Feed(id="a", url=TOPIC, allow_private=True)
DAY_S = 86_400.0


class Desk:
    """One desk's subscriber and callback; `now_s` stands still until a test turns it."""

    def __init__(self, client: "redis.Redis", name: str, hub: HubStub, fetcher: Fetcher) -> None:
        self.now_s = 1_700_000_000.0
        self.hub, self.fetcher = hub, fetcher
        self.subscriptions = Subscriptions(client, name)
        self.pushed: list[tuple[str, bytes, str]] = []
        self.pushes = dict.fromkeys(Pushed, 0)
        self.callback = Callback(
            self.subscriptions, self.push, self.pushes, clock=lambda: self.now_s
        )
        self.listener = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/wires/"
        self.subscriber = Subscriber(self.subscriptions, fetcher, url)

    async def poll(self, feed: Feed = FEED, topic: str = TOPIC, hub: str = "") -> bool:
        """What happens after a poll."""
        advertised = Advertised(hub or self.hub.url, topic)
        return await self.subscriber.look_after(feed, advertised, self.now_s)

    async def subscribed(self) -> dict[str, str]:
        """The form of a subscription that stands."""
        assert not await self.poll()
        assert await verify(self.hub.asked[-1]) == (200, "c-1")
        return self.hub.asked[-1]

    async def push(self, feed: str, body: bytes, content_type: str) -> None:
        self.pushed.append((feed, body, content_type))


@pytest.fixture
def hub() -> Iterator[HubStub]:
    with HubStub() as stub:
        yield stub


@pytest.fixture
async def desk(valkey_url: str, desk_name: str, hub: HubStub) -> AsyncIterator[Desk]:
    async with opened(valkey_url, desk_name, hub) as desk, desk.callback.listening(desk.listener):
        yield desk


@asynccontextmanager
async def opened(url: str, name: str, hub: HubStub) -> AsyncIterator[Desk]:
    client = redis.Redis.from_url(url, decode_responses=True, socket_timeout=0.5, retry=None)
    async with Fetcher() as fetcher:
        desk = Desk(client, name, hub, fetcher)
        yield desk
        desk.listener.close()
    await client.aclose()


async def test_a_hub_is_asked_confirmed_and_heard(desk: Desk) -> None:
    form = await desk.subscribed()
    assert form["hub.mode"] == "subscribe"
    assert form["hub.topic"] == TOPIC
    assert "/wires/websub/a/" in form["hub.callback"]
    assert len(form["hub.callback"].rpartition("/")[2]) >= 43
    assert 43 <= len(form["hub.secret"]) <= 200
    assert await desk.poll()
    assert await push(form, b"<rss/>") == 202
    assert desk.pushed == [("a", b"<rss/>", "application/rss+xml")]
    assert len(desk.hub.asked) == 1
    assert desk.pushes[Pushed.TAKEN] == 1


async def test_another_process_may_hear_what_this_one_asked(
    desk: Desk, valkey_url: str, desk_name: str, hub: HubStub
) -> None:
    async with opened(valkey_url, desk_name, hub) as other:
        assert not await other.poll()
        form = dict(hub.asked[-1])
        path = form["hub.callback"].partition("/wires/")[2]
        form["hub.callback"] = (
            f"http://127.0.0.1:{desk.listener.getsockname()[1]}/{path}"  # no prefix: a proxy cut it
        )
        assert await verify(form) == (200, "c-1")
        assert await push(form, b"x") == 202
        assert await other.poll()
    assert [feed for feed, *_ in desk.pushed] == ["a"]


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
async def test_only_what_was_asked_for_is_confirmed(desk: Desk, changed: dict[str, str]) -> None:
    await desk.poll()
    assert await verify(desk.hub.asked[0], **changed) == (404, "")
    assert not await desk.poll()


async def test_a_challenge_is_echoed_once_and_as_plain_text(desk: Desk) -> None:
    await desk.poll()
    [form] = desk.hub.asked
    assert await verify(form, challenge="<script>") == (200, "<script>")
    assert await verify(form) == (404, "")
    assert await verify(form, mode="unsubscribe") == (404, "")
    assert await desk.poll()


async def test_a_confirmation_that_comes_late_counts_for_nothing(desk: Desk) -> None:
    await desk.poll()
    desk.now_s += PENDING_S + 1
    assert (await verify(desk.hub.asked[0]))[0] == 404


async def test_a_path_that_nobody_was_given_tells_nothing(desk: Desk) -> None:
    form = await desk.subscribed()
    base, _, token = form["hub.callback"].rpartition("/")
    for path in (f"{base}/{token}x", f"{base}/", base, f"{base[:-1]}b/{token}", f"{base}/%ff%00"):
        wrong = form | {"hub.callback": path}
        assert await verify(wrong) == (404, "")
        assert await push(wrong, b"<rss/>") == 410
    assert desk.pushed == []


async def test_a_lease_is_renewed_at_four_fifths_under_the_same_address(desk: Desk) -> None:
    form = await desk.subscribed()
    desk.now_s += 0.79 * LEASE_S
    assert await desk.poll()
    assert len(desk.hub.asked) == 1
    desk.now_s += 0.02 * LEASE_S
    assert await desk.subscriber.look_after(FEED, None, desk.now_s)  # after a 304 too
    assert desk.hub.asked[1] == form
    assert await verify(form, lease_seconds="864000") == (200, "c-1")
    desk.now_s += 0.79 * 10 * DAY_S
    assert await desk.poll()
    assert len(desk.hub.asked) == 2


async def test_a_lease_that_is_not_renewed_ends(desk: Desk) -> None:
    await desk.subscribed()
    desk.hub.status = 500
    desk.now_s += LEASE_S - 1
    assert await desk.poll()
    desk.now_s += 2
    assert not await desk.poll()


async def test_a_hub_that_is_away_is_asked_less_and_less_often(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.hub.status = 503
    asked = []
    for _ in range(24 * 6):
        await desk.poll()
        asked.append(len(desk.hub.asked))
        desk.now_s += 600
    assert asked[0] == 1
    assert 6 <= asked[-1] <= 10
    assert [r.message for r in caplog.records if r.name == "wirewatch.websub"] == [
        "feed a: its hub 127.0.0.1 cannot be asked, polling: HTTP 503 Service Unavailable"
    ]
    assert (await verify(desk.hub.asked[-1]))[0] == 404  # nobody waits for it
    desk.hub.status = 202
    desk.now_s += BACKOFF_MOST_S
    await desk.poll()
    assert (await verify(desk.hub.asked[-1]))[0] == 200
    assert caplog.records[-1].message == "feed a: its hub tells of its news"


async def test_a_hub_that_is_gone_or_redirects_is_none(desk: Desk) -> None:
    await desk.poll(hub="http://127.0.0.1:9/hub")
    desk.now_s += BACKOFF_FIRST_S
    desk.hub.status = 307
    await desk.poll()
    assert len(desk.hub.asked) == 1
    assert (await verify(desk.hub.asked[0]))[0] == 404


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the program logged, libraries apart."""
    return [r.message for r in caplog.records if r.name.startswith("wirewatch")]


async def test_a_hub_on_a_private_address_is_refused(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    public = Feed(id="p", url=TOPIC)
    for hub in (desk.hub.url, desk.hub.url.replace("127.0.0.1", "localhost")):
        assert not await desk.poll(public, hub=hub)
        desk.now_s += DAY_S
    assert desk.hub.asked == []
    assert "cannot be asked" in said(caplog)[0]


async def test_a_feed_cannot_have_one_hub_after_the_other_asked(desk: Desk) -> None:
    for number in range(20):
        await desk.poll(topic=f"{TOPIC}/{number}")
        desk.now_s += 10
    assert len(desk.hub.asked) == 1
    desk.now_s += BACKOFF_FIRST_S
    await desk.poll(topic=f"{TOPIC}/20")
    first, second = desk.hub.asked
    assert first["hub.callback"] != second["hub.callback"]
    assert first["hub.secret"] != second["hub.secret"]
    assert (await verify(first))[0] == 404


async def test_a_hub_that_says_no_is_asked_again_a_day_later(desk: Desk) -> None:
    form = await desk.subscribed()
    assert await verify(form, mode="denied") == (200, "")
    assert not await desk.poll()
    desk.now_s += DENIED_S - 60
    await desk.poll()
    assert len(desk.hub.asked) == 1
    desk.now_s += 61
    await desk.poll()
    assert len(desk.hub.asked) == 2


async def test_a_forged_push_is_answered_alike_and_ignored(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    form = await desk.subscribed()
    for secret in ("guessed", "again"):
        assert await push(form, b"<rss/>", secret=secret) == 202
    async with (
        aiohttp.ClientSession() as session,
        session.post(form["hub.callback"], data=b"<rss/>") as response,
    ):
        assert response.status == 202
    assert desk.pushed == []
    assert desk.pushes[Pushed.FORGED] == 3
    assert said(caplog) == ["feed a: a push that its hub has not signed, ignored"]


async def test_a_body_too_large_is_not_read(desk: Desk) -> None:
    form = await desk.subscribed()

    async def unending() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 2**20 + 1):
            yield b"x" * 2**20

    for body in (BytesIO(b"x" * (MAX_BODY_BYTES + 1)), unending()):
        async with aiohttp.ClientSession() as session:
            try:
                async with session.post(form["hub.callback"], data=body) as response:
                    assert response.status == 413
            except aiohttp.ClientConnectionError:
                pass  # hung up on while sending
    assert desk.pushes[Pushed.TOO_LARGE] == 2
    assert desk.pushed == []


async def test_a_body_that_drips_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback_module, "BODY_MOST_S", 0.3)
    form = await desk.subscribed()
    hangs = asyncio.Event()

    async def dripping() -> AsyncIterator[bytes]:
        yield b"<"
        await hangs.wait()

    async with aiohttp.ClientSession() as session:
        async with session.post(form["hub.callback"], data=dripping()) as response:
            assert response.status == 503
            assert response.headers["Retry-After"]
        hangs.set()
    assert desk.pushes[Pushed.LATER] == 1


async def test_without_redis_a_hub_is_told_to_come_again(
    desk: Desk, hub: HubStub, desk_name: str
) -> None:
    form = await desk.subscribed()
    path = form["hub.callback"].partition("/wires/")[2]
    async with (
        opened("redis://127.0.0.1:9/0", desk_name, hub) as cut,
        cut.callback.listening(cut.listener),
    ):
        base = f"http://127.0.0.1:{cut.listener.getsockname()[1]}/"
        form = form | {"hub.callback": base + path}
        assert (await verify(form))[0] == 503
        assert await push(form, b"<rss/>") == 503


async def test_without_a_public_address_no_hub_is_asked(desk: Desk) -> None:
    async with settled(desk, {}) as subscriber:
        assert subscriber is None


async def test_with_one_the_settings_say_where_hubs_are_answered(desk: Desk) -> None:
    free = socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{free.getsockname()[1]}"
    free.close()
    given = {"WIREWATCH_WEBSUB_URL": f"http://{address}", "WIREWATCH_WEBSUB_LISTEN": address}
    async with settled(desk, given) as subscriber:
        assert subscriber
        await subscriber.look_after(FEED, Advertised(desk.hub.url, TOPIC), time.time())
        assert await verify(desk.hub.asked[0]) == (200, "c-1")
        assert await push(desk.hub.asked[0], b"x") == 202
    assert desk.pushes[Pushed.TAKEN] == 1
    with pytest.raises(aiohttp.ClientConnectorError):
        await push(desk.hub.asked[0], b"x")


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
async def test_a_wrong_setting_ends_the_start(desk: Desk, given: dict[str, str], said: str) -> None:
    with pytest.raises(Quit) as error:
        async with settled(desk, {f"WIREWATCH_WEBSUB_{k}": v for k, v in given.items()}):
            pass
    assert error.value.code is ExitCode.USAGE
    assert said in error.value.message


def settled(
    desk: Desk, environment: dict[str, str]
) -> AbstractAsyncContextManager[Subscriber | None]:
    return pushed_to(resolve(environment), desk.subscriptions, desk.fetcher, desk.push, desk.pushes)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_every_hash_of_the_standard_is_taken(desk: Desk, method: str) -> None:
    assert await push(await desk.subscribed(), b"x", method=method) == 202
    assert len(desk.pushed) == 1
