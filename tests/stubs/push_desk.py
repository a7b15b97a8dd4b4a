"""One desk that hubs push to, on a real Valkey and real sockets, by a clock that tests turn."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import redis.asyncio as redis
from stubs.hub import HubStub, verify

from monitor.feeds.feed import Feed
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.websub.callback import Callback
from monitor.feeds.websub.protocol import Advertised, Pushed
from monitor.feeds.websub.subscriber import Subscriber
from monitor.feeds.websub.subscriptions import Subscriptions

TOPIC = "https://outlet.example/rss"
FEED = Feed(id="a", url=TOPIC, allow_private=True)
DAY_S = 86_400.0


class PushDesk:
    """One desk's subscriber and callback; `now_s` stands still until a test turns it."""

    def __init__(self, client: "redis.Redis", name: str, hub: HubStub, fetcher: Fetcher) -> None:
        self.now_s = 1_700_000_000.0
        self.hub, self.fetcher = hub, fetcher
        self.subscriptions = Subscriptions(client, name)
        self.pushed: list[tuple[str, bytes, str]] = []
        self.keeps = True
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

    async def push(self, feed: str, body: bytes, content_type: str) -> bool:
        if self.keeps:
            self.pushed.append((feed, body, content_type))
        return self.keeps


@asynccontextmanager
async def opened(url: str, name: str, hub: HubStub) -> AsyncIterator[PushDesk]:
    client = redis.Redis.from_url(url, decode_responses=True, socket_timeout=0.5, retry=None)
    async with Fetcher() as fetcher:
        desk = PushDesk(client, name, hub, fetcher)
        yield desk
        desk.listener.close()
    await client.aclose()


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the program logged, libraries apart."""
    return [r.message for r in caplog.records if r.name.startswith("wirewatch")]
