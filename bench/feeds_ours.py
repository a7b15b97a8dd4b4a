"""`python bench/feeds_ours.py JOB`: the poll role as it is, on feeds that are always due again.

In: a job as JSON (`bases`, `feeds`, `broker`, `memory`, `data`, `profile`); on stdin `learn _ 0`:
each feed polled once, `pass _ SECONDS`: polled that long, then measured.  Out: JSON lines.
Invariant: it is the role's own coroutine, with its leases, guards and acknowledgements; between
two passes it stands still, as after a stop.
"""

import asyncio
import cProfile
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import feeds_window
from feeds_stub import addresses_of
from feeds_window import Done

from alerts.connection import RedisConnection
from monitor.desk.settings import resolve
from monitor.feeds.feed import BACKFILL_ALL_S, Feed
from monitor.feeds.polling.polls import Polled
from monitor.program.plan import Plan, Role
from monitor.program.process import end_process, run_loop
from monitor.program.progress import LoggedProgress
from monitor.program.roles import Context, serve_poll
from monitor.vitals.counts import Counts
from monitor.vitals.watched import Watched
from streams.broker.connection import Connection
from streams.outage import Outages
from streams.records import Stop
from streams.rules.current import Current
from streams.topics import ITEMS

EVERY_S = 0.1
"""So many feeds at this interval are more than any poller can do: some are always due."""

WARM_S = 1.5
"""The role starts anew for each pass, its parsers too."""

STOP_MOST_S = 7.0


class Ours:
    """The role, started for each pass."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._profile = job["profile"]
        urls = addresses_of(job["bases"], "ours", job["feeds"])
        self._feeds = tuple(
            Feed(
                id=f"f{number}",
                url=url,
                every_s=EVERY_S,
                allow_private=True,
                backfill_s=BACKFILL_ALL_S,
            )
            for number, url in enumerate(urls)
        )
        self._counts = Counts([feed.id for feed in self._feeds])
        self._connection = Connection(bootstrap=job["broker"])
        self._memory = RedisConnection(url=f"redis://{job['memory']}/0")
        self._plan = Plan(
            desk="bench",
            default_to=("#bench",),
            feeds=self._feeds,
            rules=Path(job["data"]),
            data=Path(job["data"]),
            settings=resolve({}),
            roles=(Role.POLL,),
            make_sink=_no_sink,
        )

    async def work(self, what: str, seconds: float) -> dict[str, Any]:
        """One line's work."""
        stop, ready = Stop(), asyncio.Event()
        serving = asyncio.create_task(serve_poll(self._context(stop), ready))
        try:
            await ready.wait()
            if what == "learn":
                await feeds_window.until_polled(len(self._feeds), self._learned)
                return {}
            await asyncio.sleep(WARM_S)
            return await self._measured(seconds)
        finally:
            stop.set()
            await asyncio.wait({serving}, timeout=STOP_MOST_S)
            serving.cancel()

    async def _measured(self, seconds: float) -> dict[str, Any]:
        profile = cProfile.Profile() if self._profile else None
        if profile:
            profile.enable()
        found = await feeds_window.measure(seconds, self._done, _acknowledged)
        if profile:
            profile.disable()
            profile.dump_stats(f"{self._profile}-{time.time():.0f}")
        return found

    def _learned(self) -> Done:
        """A poll for each feed that has answered: some are polled again before others begin."""
        return Done(sum(at > 0 for at in self._counts.polled_at.values()))

    def _done(self) -> Done:
        polls = self._counts.polls
        failed = polls[Polled.FAILED] + polls[Polled.HELD]
        return Done(sum(polls.values()), self._counts.published[ITEMS.name], failed)

    def _context(self, stop: Stop) -> Context:
        outages = Outages()
        return Context(
            plan=self._plan,
            connection=self._connection,
            memory=self._memory,
            ledger=self._counts,
            counts=self._counts,
            watched=Watched((Role.POLL,), outages, time.monotonic),
            progress=LoggedProgress(),
            stop=stop,
            outages=outages,
            current=Current(),
        )


async def _acknowledged() -> None:
    """Ours counts a poll only then."""


def _no_sink() -> Any:
    raise NotImplementedError


async def main() -> None:
    """Serves until stdin ends."""
    job = json.loads(sys.argv[1])
    await feeds_window.serve(Ours(job).work)


if __name__ == "__main__":
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    run_loop(main())
    end_process(0)
