"""Serve: `/metrics`, `/-/healthy` and `/-/ready` of one process, over HTTP.

In: a listening socket, and what to look at.  Out: answers until the program stops.  Invariants:
GET and HEAD of these paths only, nothing read from disk, no secret; served on the program's own
loop, so a hung program does not answer.
"""

import json
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import Any

from aiohttp import web

from monitor.vitals.counts import Counts
from monitor.vitals.exposition import CONTENT_TYPE, make_registry, metrics_text
from monitor.vitals.watched import State, Watched

log = logging.getLogger("wirewatch.http")

MAX_LINE_BYTES = 2_048
"""Of a request's first line and of each header: ours are short."""

IDLE_S = 75.0
"""A connection kept open that long without a request is closed; scrapers come every 15 to 60 s."""

CLOSE_S = 0.2
"""For an answer under way when the program stops."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def serve_http(
    listener: socket.socket, counts: Counts, watched: Watched, stack: AsyncExitStack
) -> None:
    """Answers on `listener` until `stack` ends it."""
    runner = web.AppRunner(
        _application(counts, watched),
        access_log=None,
        handle_signals=False,
        shutdown_timeout=CLOSE_S,
        keepalive_timeout=IDLE_S,
        max_line_size=MAX_LINE_BYTES,
        max_field_size=MAX_LINE_BYTES,
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.SockSite(runner, listener).start()


def _application(counts: Counts, watched: Watched) -> web.Application:
    registry = make_registry(counts, watched)

    async def metrics(_: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE}
        return web.Response(body=metrics_text(registry), headers=headers)

    async def healthy(_: web.Request) -> web.Response:
        state = watched.state()
        return _answer(state, well=state.healthy)

    async def ready(_: web.Request) -> web.Response:
        state = watched.state()
        return _answer(state, well=state.ready)

    app = web.Application(middlewares=[_say_errors], client_max_size=1)
    app.on_response_prepare.append(_head)
    app.add_routes(
        [
            web.get("/metrics", metrics),
            web.get("/-/healthy", healthy),
            web.get("/-/ready", ready),
        ]
    )
    return app


@web.middleware
async def _say_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """An answer that cannot be given is a line of ours; aiohttp itself is not heard."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:
        log.exception("%s cannot be answered", request.path)
        raise web.HTTPInternalServerError from error


async def _head(_: web.Request, response: web.StreamResponse) -> None:
    """Every answer is of this moment; which libraries give it is nobody's business."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Server"] = "wirewatch"


def _answer(state: State, *, well: bool) -> web.Response:
    body = json.dumps(state_body(state), ensure_ascii=False) + "\n"
    return web.Response(text=body, status=200 if well else 503, content_type="application/json")


def state_body(state: State) -> dict[str, Any]:
    """The state as it is told over HTTP."""
    partitions = [
        {"group": group} | asdict(part) | {"lag": part.lag}
        for group, parts in state.partitions.items()
        for part in parts
    ]
    told = {"healthy": state.healthy, "ready": state.ready, "says": state.says}
    return told | asdict(state) | {"partitions": partitions}
