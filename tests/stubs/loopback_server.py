"""A real HTTP server in a thread: an aiohttp application in, an address on loopback out.

It has a loop of its own, so synchronous tests, asynchronous tests and other processes can all
talk to it, and a test that blocks its own loop does not block the server.
"""

import asyncio
import threading
from abc import ABC, abstractmethod
from concurrent.futures import Future
from typing import Self

from aiohttp import web

START_S = 10.0
"""Seconds the thread may take to listen."""

STOP_S = 10.0
"""Seconds the thread may take to end."""

DRAIN_S = 0.05
"""Seconds a request still open at the stop may go on; hanging ones are then cancelled."""

MAX_REQUEST_BYTES = 4 << 20
"""Largest request body taken."""


class LoopbackServer(ABC):
    """Serves every method and path with one coroutine, from `__enter__` to `__exit__`."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self.port = port
        self.host = host
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leave: asyncio.Event | None = None

    @abstractmethod
    async def answer(self, request: web.Request) -> web.StreamResponse:
        """What the server says."""

    def start(self) -> None:
        """Listen; the port stays the same over `stop()` and `start()`."""
        ready: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        self.port = ready.result(START_S)

    def stop(self) -> None:
        """Close the port and every connection."""
        if self._thread is None or self._loop is None or self._leave is None:
            return
        self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join(STOP_S)
        self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, ready: "Future[int]") -> None:
        try:
            asyncio.run(self._serve(ready))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    async def _serve(self, ready: "Future[int]") -> None:
        self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
        application = web.Application(client_max_size=MAX_REQUEST_BYTES)
        application.router.add_route("*", "/{path:.*}", self.answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=DRAIN_S)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self.port, reuse_address=True).start()
            ready.set_result(runner.addresses[0][1])
            await self._leave.wait()
        finally:
            await runner.cleanup()
