"""Newsroom: bundled wires as outlets serve them; loopback HTTP with ETags.

In: `wires/*.xml`.  Out: feeds whose content moves with time: one item is corrected, a ticker adds
headlines.  Invariant: what a feed shows depends on the seconds since its first poll, nothing else.
"""

import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import blake2b
from importlib.resources import files

from aiohttp import web

CORRECTED_AFTER_S = 2.0
"""The correction comes when the story has been told and can be watched."""

TICK_EVERY_S = 3.0
"""Between two headlines of the ticker."""

_ITEM = re.compile(r"  <item>.*?</item>\n", re.DOTALL)

WIRES = {
    "hindustan-wire": "Hindustan Wire",
    "khaleej-desk": "Khaleej Desk",
    "capital-courier": "Capital Courier",
    "valley-post": "Valley Post",
    "night-ticker": "Night Ticker",
}


def page(wire: str, age_s: float) -> str:
    """What `wire` shows `age_s` seconds after its first poll."""
    if wire == "khaleej-desk" and age_s >= CORRECTED_AFTER_S:
        return _file("khaleej-desk.corrected")
    text = _file(wire)
    if wire != "night-ticker":
        return text
    items = _ITEM.findall(text)
    shown = items[: 1 + int(age_s / TICK_EVERY_S)]
    return _ITEM.sub("", text).replace("</channel>", "".join(reversed(shown)) + "</channel>")


def _file(name: str) -> str:
    return files("monitor").joinpath("demo", "wires", f"{name}.xml").read_text(encoding="utf-8")


@asynccontextmanager
async def newsroom(listener: socket.socket, clock: Callable[[], float]) -> AsyncIterator[None]:
    """Serves the wires as `/<wire>.xml` on `listener`; `clock` gives seconds."""
    app = web.Application()
    app.router.add_get("/{wire}.xml", _server(clock))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()


def _server(clock: Callable[[], float]) -> Callable[[web.Request], Awaitable[web.Response]]:
    first_polled: dict[str, float] = {}

    async def serve(request: web.Request) -> web.Response:
        wire = request.match_info["wire"]
        if wire not in WIRES:
            raise web.HTTPNotFound
        now = clock()
        body = page(wire, now - first_polled.setdefault(wire, now)).encode()
        etag = blake2b(body, digest_size=8).hexdigest()
        if request.headers.get("If-None-Match") == f'"{etag}"':
            return web.Response(status=304)
        response = web.Response(body=body, content_type="application/rss+xml", charset="utf-8")
        response.etag = etag
        return response

    return serve
