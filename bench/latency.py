"""Part `latency`: from produce to the alert role's intake, at 20 items/s arriving at random times.

Work: 600 items that all match, sent one by one at exponential intervals by aiokafka; `wirewatch run
match` and a reader of `wire.matches` in the alert role's own way (record batches on Faust) in
processes of their own.  Measured: from just before the send until the match is in the reader's
hands.  Once on the embedded broker (fetch wait 20 ms), once on Apache Kafka (500 ms) where Java and
Maven are there.  Figures only: a latency has no peer.
"""

import asyncio
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import stream
from aiokafka import AIOKafkaProducer

from monitor.embedded.services import Serves, start_service, stop_service
from streams.broker.admin import ensure_topics
from streams.broker.connection import Connection
from streams.item import Item
from streams.topics import ITEMS, TOPICS, encode

ITEMS_MEASURED = 600
WARM_UP = 40
PER_SECOND = 20.0
PARTITIONS = 8
WITHIN_S = 120.0
WIREWATCH = Path(sys.executable).with_name("wirewatch")
READER = Path(__file__).with_name("latency_reader.py")


def measure() -> dict[str, Any]:
    """Figures of this machine."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="wirewatch-bench-") as folder:
        service = asyncio.run(start_service(Serves.BROKER, Path(folder)))
        try:
            figures |= _named("embedded", _measure(Path(folder) / "e", service.address, 2.0, 20))
        finally:
            asyncio.run(stop_service(service))
        with _apache(Path(folder)) as bootstrap:
            if bootstrap:
                figures |= _named("apache", _measure(Path(folder) / "a", bootstrap, 6.0, 500))
    return {"ratios": {}, "figures": figures}


@contextlib.contextmanager
def _apache(folder: Path) -> Iterator[str]:
    if not stream.has_kafka():
        yield ""
        return
    with stream.ApacheKafka(folder / "kafka", short_lived=False) as kafka:
        yield kafka.bootstrap


def _named(broker: str, delays_ms: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(delays_ms, n=100)
    return {
        f"{broker}_p50_ms": round(cuts[49], 1),
        f"{broker}_p99_ms": round(cuts[98], 1),
        f"{broker}_most_ms": round(max(delays_ms), 1),
    }


def _measure(folder: Path, bootstrap: str, session_s: float, fetch_wait_ms: int) -> list[float]:
    """Milliseconds of each item after the warm-up."""
    (folder / "rules").mkdir(parents=True)
    (folder / "rules" / "all.yaml").write_text("all: {all: [sanctions], to: '#bench'}\n")
    (folder / "desk.yaml").write_text("name: bench\n")
    where = Connection(bootstrap=bootstrap)
    asyncio.run(ensure_topics(where, TOPICS, PARTITIONS, replication=1))
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "WIREWATCH_DATA": str(folder / "data"),
        "WIREWATCH_SESSION_TIMEOUT_S": str(session_s),
        "WIREWATCH_FETCH_WAIT_MS": str(fetch_wait_ms),
    }
    stream.push_rules(folder, environment)
    match = subprocess.Popen(
        [WIREWATCH, "run", "match", "--desk", folder],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    reader = subprocess.Popen(
        [sys.executable, READER, bootstrap, str(session_s), str(fetch_wait_ms)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        _until(match.stderr, "ready")
        _until(reader.stdout, "ready")
        sent = asyncio.run(_produce(where))
        assert reader.stdout
        seen = [json.loads(reader.stdout.readline()) for _ in range(len(sent))]
    finally:
        for child in (match, reader):
            child.terminate()
            child.wait()
    delays = {line["id"]: 1000 * (line["at"] - sent[line["id"]]) for line in seen}
    return [delays[f"latency/{n}"] for n in range(WARM_UP, ITEMS_MEASURED + WARM_UP)]


def _until(lines: Any, word: str) -> None:
    for line in lines:
        if word in line:
            return
    raise RuntimeError("a process ended before it was ready")


async def _produce(where: Connection) -> dict[str, float]:
    """When each item was sent (monotonic, seconds), by id."""
    chance, sent = random.Random(5), {}
    producer = AIOKafkaProducer(bootstrap_servers=where.bootstrap, linger_ms=0)
    await producer.start()
    for number in range(ITEMS_MEASURED + WARM_UP):
        item = Item(id=f"latency/{number}", title=f"US imposes sanctions, number {number}")
        sent[item.id] = time.monotonic()
        await producer.send(ITEMS.name, encode(item), key=item.id.encode())
        await asyncio.sleep(chance.expovariate(PER_SECOND))
    await producer.stop()
    return sent
