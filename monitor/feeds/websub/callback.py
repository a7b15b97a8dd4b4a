"""Callback: where hubs confirm subscriptions and deliver news.

In: GET and POST on `…/websub/FEED/TOKEN`.  Out: a hub's challenge, echoed once; a genuine body,
handed to `on_push`.  Invariants: a stranger learns nothing but 404; what is not signed with the
subscription's secret is answered like what is, counted and forgotten; no address is logged, for
its token is a secret; bodies and connections are bounded in size, number and time.
"""

import asyncio
import hmac
import logging
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, closing

from aiohttp import web

from monitor.feeds.fetching.answers import MAX_BODY_BYTES
from monitor.feeds.fetching.hints import content_type
from monitor.feeds.state.leases import StateUnreachable
from monitor.feeds.websub.protocol import (
    CHALLENGE_MOST_CHARS,
    Pushed,
    Subscription,
    genuine,
    granted_s,
)
from monitor.feeds.websub.subscriptions import Subscriptions

log = logging.getLogger("wirewatch.websub")

CHUNK_BYTES = 65_536
BODY_MOST_S = 30.0
"""For all of a body; a hub that drips is cut off."""

AT_ONCE = 16
"""Bodies being read: 128 MB at worst; more are told to come again."""

MAX_LINE_BYTES = 8_190
CONNECTIONS_MOST = 256
"""Open at once: each is a descriptor that outlets, Kafka and Redis need, too."""

CONNECTION_MOST_S = 60.0
"""After as long again at most one is closed; aiohttp waits for a first request for ever."""

CLOSE_S = 0.5
AGAIN_S = "30"


OnPush = Callable[[str, bytes, str], Awaitable[bool]]
"""Takes a feed's id, a body and its content type; False where it is not kept.  May raise
`StateUnreachable`."""


class Callback:
    """Answers hubs.

    `pushes` counts what became of deliveries, and has a count for each; `clock` tells seconds since
    1970.
    """

    def __init__(
        self,
        subscriptions: Subscriptions,
        on_push: OnPush,
        pushes: MutableMapping[Pushed, int],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._pushes = pushes
        self._subscriptions = subscriptions
        self._on_push = on_push
        self._clock = clock
        self._reading = 0
        self._suspected: set[str] = set()

    @asynccontextmanager
    async def listening(self, listener: socket.socket) -> AsyncIterator[None]:
        """Answers on a listening socket."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self._confirm, allow_head=False)
        app.router.add_post("/{path:.*}", self._deliver)
        runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=CLOSE_S,
            max_line_size=MAX_LINE_BYTES,
            max_field_size=MAX_LINE_BYTES,
        )
        await runner.setup()
        server = runner.server
        assert server is not None  # noqa: S101  # as of its setup
        loop, closing_old = asyncio.get_running_loop(), asyncio.create_task(_close_old(server))
        try:
            with closing(await loop.create_server(lambda: _admit(server), sock=listener)):
                yield
        finally:
            closing_old.cancel()
            await runner.cleanup()

    async def _confirm(self, request: web.Request) -> web.Response:
        """A hub asks whether it was this desk that subscribed, or says that it will not tell."""
        try:
            feed, known = await self._asked(request)
            if known is None or request.query.get("hub.topic") != known.topic:
                return _nothing()
            return await self._answered(request, feed, known)
        except StateUnreachable:
            return _later()

    async def _answered(self, request: web.Request, feed: str, known: Subscription) -> web.Response:
        now_s, challenge = self._clock(), request.query.get("hub.challenge", "")
        match request.query.get("hub.mode"):
            case "denied":
                log.warning("feed %s: its hub tells it to nobody here, polling", feed)
                await self._subscriptions.denied(feed, now_s=now_s)
                return web.Response()
            case "subscribe" if now_s < known.pending_until_s:
                lease_s = granted_s(request.query.get("hub.lease_seconds", ""))
                fits = 0 < len(challenge) <= CHALLENGE_MOST_CHARS
                if fits and await self._subscriptions.verified(feed, lease_s=lease_s, now_s=now_s):
                    _say_confirmed(feed, known)
                    return _plain(challenge)
        return _nothing()  # this desk never unsubscribes: leases run out

    async def _deliver(self, request: web.Request) -> web.Response:
        pushed = Pushed.LATER
        if self._reading < AT_ONCE:
            self._reading += 1
            try:
                async with asyncio.timeout(BODY_MOST_S):
                    pushed = await self._pushed(request)
            except (StateUnreachable, TimeoutError, web.RequestPayloadError):
                pushed = Pushed.LATER
            finally:
                self._reading -= 1
        self._pushes[pushed] += 1
        match pushed:
            case Pushed.TAKEN | Pushed.FORGED:
                return web.Response(status=202)
            case Pushed.TOO_LARGE:
                return web.Response(status=413)
            case Pushed.UNKNOWN:
                return web.Response(status=410)  # a hub may then forget the subscription
            case Pushed.LATER:
                return _later()

    async def _pushed(self, request: web.Request) -> Pushed:
        """What becomes of a delivery."""
        feed, known = await self._asked(request)
        if known is None:
            return Pushed.UNKNOWN
        body = await _read(request)
        if body is None:
            return Pushed.TOO_LARGE
        if not genuine(request.headers.get("X-Hub-Signature", ""), body, known.secret):
            if feed not in self._suspected:
                log.warning("feed %s: a push that its hub has not signed, ignored", feed)
            self._suspected.add(feed)
            return Pushed.FORGED
        told = content_type(request.headers.get("Content-Type", ""))
        kept = await self._on_push(feed, body, told)
        return Pushed.TAKEN if kept else Pushed.LATER

    async def _asked(self, request: web.Request) -> tuple[str, Subscription | None]:
        """The feed a path names, and its subscription if the path has its token."""
        *_, room, feed, token = ("", "", *request.path.split("/"))
        if room != "websub" or not feed:
            return "", None
        known = await self._subscriptions.of(feed)
        if known is None or not hmac.compare_digest(known.token.encode(), token.encode()):
            return "", None
        return feed, known


class _Full(asyncio.Protocol):
    """Nobody is let in."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hangs up."""
        transport.close()


def _admit(server: web.Server) -> asyncio.BaseProtocol:
    return server() if len(server.connections) < CONNECTIONS_MOST else _Full()


async def _close_old(server: web.Server) -> None:
    """Closes what is open for longer than a delivery takes."""
    old: list[web.RequestHandler] = []
    while True:
        await asyncio.sleep(CONNECTION_MOST_S)
        for connection in old:
            connection.force_close()
        old = list(server.connections)


async def _read(request: web.Request) -> bytes | None:
    """The body; None where it is too large."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return None
    body = bytearray()
    async for chunk in request.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


def _say_confirmed(feed: str, known: Subscription) -> None:
    level = logging.WARNING if known.failures > 1 else logging.INFO
    log.log(level, "feed %s: its hub tells of its news", feed)


def _plain(text: str) -> web.Response:
    """Never markup: the challenge is whatever a stranger wrote into an address."""
    return web.Response(text=text, headers={"X-Content-Type-Options": "nosniff"})


def _nothing() -> web.Response:
    return web.Response(status=404)


def _later() -> web.Response:
    return web.Response(status=503, headers={"Retry-After": AGAIN_S})
