"""Vitals: everything one process says of itself, from before its start until after its stop.

In: settings, roles, and what these put into `watched` and `counts`.  Out: a health file and an HTTP
address, while the process lives.  Invariant: the address is held before anything else starts.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from monitor.desk.settings import Settings
from monitor.vitals.address import listen, reached_at
from monitor.vitals.counts import Counts
from monitor.vitals.health_file import WRITE_EVERY_S, HealthFile
from monitor.vitals.watched import Watched
from streams.outage import Outages

log = logging.getLogger("wirewatch.health")


class Vitals:
    """One process's; `uptime` gives seconds since it started, `feeds` are the ids it polls.

    Raises:
        Quit: `WIREWATCH_HTTP` is no address, or in use.
    """

    def __init__(
        self,
        settings: Settings,
        data: Path,
        *,
        roles: Sequence[str],
        feeds: Iterable[str],
        outages: Outages,
        uptime: Callable[[], float],
    ) -> None:
        self.counts = Counts(feeds)
        self.watched = Watched(roles, outages, uptime)
        self._listener = listen(settings)
        http = reached_at(self._listener) if self._listener else ""
        self._file = HealthFile(data, roles, http)

    def open(self, stack: AsyncExitStack) -> None:
        """From here on the health file is kept; `stack` takes it away."""
        stack.callback(self._file.remove)
        stack.push_async_callback(_cancel, asyncio.create_task(self._keep_telling()))
        if self._listener:
            stack.callback(self._listener.close)

    async def serve(self, stack: AsyncExitStack) -> None:
        """From here on the address answers; `stack` ends it."""
        if self._listener:
            # takes 0.1 s to load: the children are started first
            from monitor.vitals.serve import serve_http  # noqa: PLC0415

            await serve_http(self._listener, self.counts, self.watched, stack)

    async def _keep_telling(self) -> None:
        try:
            while True:
                self._file.write(self.watched.state())
                await asyncio.sleep(WRITE_EVERY_S)
        except Exception:
            log.exception("the health file is not written any more")


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait({task})
