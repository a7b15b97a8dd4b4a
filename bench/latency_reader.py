"""`python bench/latency_reader.py BOOTSTRAP SESSION_S FETCH_WAIT_MS`: matches as they come.

Out: one JSON line per record of `wire.matches`: the item's id and the monotonic time of its intake.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from streams.broker.connection import Connection
from streams.broker.faust_app import make_app, running, subscribe
from streams.match import Match
from streams.records import Source
from streams.topics import MATCHES, decode


async def main(bootstrap: str, session_s: str, fetch_wait_ms: str) -> None:
    """Reads until it is ended."""
    with tempfile.TemporaryDirectory() as data:
        connection = Connection(
            bootstrap=bootstrap,
            session_timeout_s=float(session_s),
            fetch_wait_ms=int(fetch_wait_ms),
            data=Path(data),
        )
        app = make_app("bench.latency", connection)

        async def work(sources: Sequence[Source]) -> bool:
            at = time.monotonic()
            for source in sources:
                match = decode(Match, source.value)
                print(json.dumps({"id": match.item.id, "at": at}), flush=True)
            return True

        subscribe(app, MATCHES.name, work, most=1)
        async with running(app):
            print("ready", flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
