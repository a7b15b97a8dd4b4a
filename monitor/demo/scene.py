"""Scene: the demo's plan; always embedded, console only, state in a scratch folder of its own.

Invariant: nothing of production is touched: Kafka, Redis and Slack settings are not even read.
"""

import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alerts.sink import Sink
from monitor.desk.config import load_desk
from monitor.desk.settings import resolve
from monitor.desk.write import write_desk
from monitor.feeds.feed import BACKFILL_ALL_S, Feed
from monitor.program.plan import ALL_ROLES, Plan

POLL_EVERY_S = 0.5
"""Nobody wants to wait for a demo; real outlets are asked once a minute."""


@contextmanager
def demo_plan(
    folder: Path, environment: dict[str, str], for_s: float, make_sink: Callable[[], Sink]
) -> Iterator[Plan]:
    """The plan on the desk in `folder`, which is written once; its state ends with it."""
    write_desk(folder, name="demo")
    desk = load_desk(folder)
    ignored = ("KAFKA_", "REDIS_", "SLACK_", "WIREWATCH_DATA")
    own = {k: v for k, v in environment.items() if not k.startswith(ignored)}
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        tempfile.TemporaryDirectory(prefix="wirewatch-demo-", ignore_cleanup_errors=True) as data,
    ):
        from monitor.demo.newsroom import WIRES, newsroom

        port = listener.getsockname()[1]
        yield Plan(
            desk=desk.name,
            default_to=desk.to,
            feeds=tuple(
                Feed(
                    id=wire,
                    url=f"http://127.0.0.1:{port}/{wire}.xml",
                    outlet=outlet,
                    every_s=POLL_EVERY_S,
                    allow_private=True,
                    backfill_s=BACKFILL_ALL_S,
                )
                for wire, outlet in WIRES.items()
            ),
            rules=desk.rules,
            data=Path(data).resolve(),
            settings=resolve(own),
            roles=ALL_ROLES,
            make_sink=make_sink,
            for_s=for_s,
            beside=lambda: newsroom(listener, time.monotonic),
        )
