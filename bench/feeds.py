"""Part `feeds`: polls per second of the poll role, beside feedparser on every body.

Work: 600 feeds of 30 items (18 kB, gzip) on 50 loopback addresses of one stub, always due.  Modes:
`304` (validators hold), `same_body` (200 without validators, nothing new), `one_in_ten` (a poll in
ten finds 1 new item of 30), `all_new` (each does), `everything_new` (all 30 are, each time).  Ours:
the poll role's own coroutine with leases on Valkey, acknowledged by Tansu.  Peer, one process: GET
without validators, `feedparser.parse(BytesIO(body))`, what it has not seen by kafka-python to the
same broker; beside it, in the figures, the same peer with validators.
Interleaved, the best of three passes (the peer with validators: one) of 3 s after a warm-up.
Figures: also how late a 5 ms tick comes on our loop, CPU per poll of each polling process
(`cpu_us`: it tells on a busy machine too) and of our parsers, memory of the largest of them.
`WIREWATCH_FEEDS_MODES` measures some modes only, comma separated; `WIREWATCH_FEEDS_PROFILE` writes
cProfile's figures of our passes to files whose names begin so.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from contender import Contender, running

from monitor.embedded.services import Serves, start_service, stop_service
from streams.broker.admin import ensure_topics
from streams.broker.connection import Connection
from streams.topics import TOPICS

FEEDS = 600
PASSES = 3
PASS_S = 3
PARTITIONS = 8
FAILED_MOST = 0.01
"""Of our polls in a pass; with more of them it is not the work that is measured."""

MODES = ("all_304", "one_in_ten", "all_new", "everything_new", "same_body")
"""In this order: `same_body` leaves no validators behind."""

HERE = Path(__file__).parent
SCRIPTS = {"ours": "feeds_ours.py", "feedparser": "feeds_peer.py", "validating": "feeds_peer.py"}

Found = dict[tuple[str, str], list[dict[str, float]]]
"""The passes of each mode and reader."""


def measure() -> dict[str, dict[str, float]]:
    """Ratios and figures of this machine."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="wirewatch-bench-"))
        broker, memory = stack.enter_context(_services(Path(folder)))
        stub = stack.enter_context(_script("feeds_stub.py", {}))
        job = {"bases": stub.started["bases"], "feeds": FEEDS, "broker": broker, "memory": memory}
        job |= {"data": folder, "profile": os.environ.get("WIREWATCH_FEEDS_PROFILE", "")}
        readers = {
            name: stack.enter_context(_script(script, job | {"validators": name == "validating"}))
            for name, script in SCRIPTS.items()
        }
        return _told(_measure(stub, readers))


@contextlib.contextmanager
def _services(folder: Path) -> Iterator[tuple[str, str]]:
    """The addresses of a broker with topics and of a memory."""
    broker = asyncio.run(start_service(Serves.BROKER, folder))
    memory = asyncio.run(start_service(Serves.MEMORY, folder))
    try:
        where = Connection(bootstrap=broker.address)
        asyncio.run(ensure_topics(where, TOPICS, PARTITIONS, replication=1))
        yield broker.address, memory.address
    finally:
        asyncio.run(stop_service(memory))
        asyncio.run(stop_service(broker))


def _script(name: str, job: dict[str, Any]) -> contextlib.AbstractContextManager[Contender]:
    return running([sys.executable, str(HERE / name), json.dumps(job)])


def _measure(stub: Contender, readers: dict[str, Contender]) -> Found:
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda reader: reader.ask("learn"), readers.values()))
    wanted = os.environ.get("WIREWATCH_FEEDS_MODES", "")
    modes = [mode for mode in MODES if not wanted or mode in wanted.split(",")]
    found: Found = {}
    for number in range(PASSES):
        for mode in modes:
            for name, reader in readers.items():
                if name != "validating" or number == 0:
                    stub.ask(mode, name)
                    found.setdefault((mode, name), []).append(_pass(mode, name, reader))
    return found


def _pass(mode: str, name: str, reader: Contender) -> dict[str, float]:
    answer: dict[str, float] = reader.ask("pass", count=PASS_S)
    if answer["failed"] > FAILED_MOST * answer["polls"]:
        raise RuntimeError(f"{name}: {answer['failed']} of {answer['polls']} polls failed")
    said = "  ".join(f"{what} {value:,.0f}" for what, value in answer.items())
    sys.stderr.write(f"{mode:<16} {name:<12} {said}\n")
    return answer


def _told(found: Found) -> dict[str, dict[str, float]]:
    best = {key: max(each, key=lambda a: a["polls_per_s"]) for key, each in found.items()}
    ratios, figures = {}, {}
    for mode in dict.fromkeys(mode for mode, _ in found):
        ours, name = best[mode, "ours"], mode.removeprefix("all_") if mode == "all_304" else mode
        for reader in SCRIPTS:
            figures[f"{name}_{reader}_polls_per_s"] = round(best[mode, reader]["polls_per_s"])
            figures[f"{name}_{reader}_cpu_us"] = round(best[mode, reader]["cpu_us"])
        figures[f"{name}_items_per_s"] = round(ours["items_per_s"])
        ratio = ours["polls_per_s"] / best[mode, "feedparser"]["polls_per_s"]
        ratios[f"vs_feedparser_{name}"] = round(ratio, 2)
        for what in ("lag_p50_ms", "lag_p99_ms", "lag_most_ms", "workers_cpu_us", "workers_mb"):
            figures[f"{name}_{what}"] = round(ours[what], 1)
    return {"ratios": ratios, "figures": figures}
