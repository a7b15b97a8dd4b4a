"""Part `stream`: records per second through the consumer, beside its peers.

Work: a backlog of 200,000 items (corpus headlines with summaries, or generated ones) in 4
partitions, on Apache Kafka where Java and Maven are there, else on Tansu.  Each mode of
`stream_worker.py` reads it whole, one process pinned to one core, the broker on the other; every
record is decoded by msgspec.  `_rules`: 1,000 rules are matched as well, over the first 40,000.
Peers: stock Faust `async for`, bare aiokafka `getmany`, confluent-kafka.  Interleaved, best of
three passes (stock: two).  `two_workers`: two of ours with rules against one, unpinned; the broker
shares the two cores.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import texts
from aiokafka import AIOKafkaProducer

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from stubs.apache_kafka import ApacheKafka, missing_parts

from monitor.embedded.services import Serves, start_service, stop_service
from streams.broker.admin import ensure_topics
from streams.broker.connection import Connection
from streams.topics import Topic, encode

BACKLOG = 200_000
BACKLOG_RULES = 40_000
RULES = 1_000
PARTITIONS = 4
PASSES = 3
WORKER = Path(__file__).with_name("stream_worker.py")
ALL = Topic(name="bench.all", key="item id", retention_days=1, purpose="bench")
FEW = Topic(name="bench.few", key="item id", retention_days=1, purpose="bench")


def measure() -> dict[str, dict[str, float]]:
    """Ratios and figures of this machine."""
    found = texts.items(BACKLOG)
    with tempfile.TemporaryDirectory(prefix="wirewatch-bench-") as folder:
        texts.write_desk(Path(folder), found, RULES)
        with broker(Path(folder)) as bootstrap:
            asyncio.run(_fill(Connection(bootstrap=bootstrap), found))
            return _measure(bootstrap, str(Path(folder) / "rules"))


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[str]:
    """A broker on the second core."""
    if not has_kafka():
        service = asyncio.run(start_service(Serves.BROKER, folder))
        yield service.address
        asyncio.run(stop_service(service))
        return
    with ApacheKafka(folder / "kafka", heap_mb=1024, short_lived=False) as kafka:
        yield kafka.bootstrap


def has_kafka() -> bool:
    """True where Apache Kafka can be started; it does not need Redis."""
    return all(part.startswith("Redis") for part in missing_parts())


def push_rules(desk: Path, environment: Mapping[str, str]) -> None:
    """Publishes the desk's book, which `run match` waits for."""
    command = [Path(sys.executable).with_name("wirewatch"), "rules", "push", "--desk", desk]
    subprocess.run(command, env=dict(environment), stdout=subprocess.DEVNULL, check=True)


async def _fill(connection: Connection, found: list[Any]) -> None:
    await ensure_topics(connection, [ALL, FEW], PARTITIONS, replication=1)
    producer = AIOKafkaProducer(
        bootstrap_servers=connection.bootstrap, linger_ms=20, max_batch_size=1 << 18
    )
    await producer.start()
    for number, item in enumerate(found):
        value, partition = encode(item), number % PARTITIONS
        await producer.send(ALL.name, value, key=item.id.encode(), partition=partition)
        if number < BACKLOG_RULES:
            await producer.send(FEW.name, value, key=item.id.encode(), partition=partition)
    await producer.stop()


def _measure(bootstrap: str, rules: str) -> dict[str, dict[str, float]]:
    best: dict[str, float] = {}
    for number in range(PASSES):
        for mode in ("ours", "aiokafka", "stock", "confluent"):
            if mode != "stock" or number < 2:
                _keep(best, mode, _pass(bootstrap, [mode], ALL, BACKLOG, ""))
        for mode in ("ours", "aiokafka"):
            _keep(best, f"{mode}_rules", _pass(bootstrap, [mode], FEW, BACKLOG_RULES, rules))
        for name, workers in (("one", 1), ("two", 2)):
            together = _pass(bootstrap, ["ours"] * workers, FEW, BACKLOG_RULES, rules, share=True)
            _keep(best, name, together)
    return {
        "ratios": {
            "vs_stock_faust": round(best["ours"] / best["stock"], 2),
            "vs_aiokafka": round(best["ours"] / best["aiokafka"], 3),
            "vs_aiokafka_rules": round(best["ours_rules"] / best["aiokafka_rules"], 3),
            "vs_confluent": round(best["ours"] / best["confluent"], 3),
            "two_workers": round(best["two"] / best["one"], 2),
        },
        "figures": {f"{mode}_items_per_s": round(value) for mode, value in best.items()},
    }


def _keep(best: dict[str, float], mode: str, value: float) -> None:
    best[mode] = max(value, best.get(mode, 0.0))
    sys.stderr.write(f"{mode:<16} {value:>12,.0f} items/s\n")


def _pass(
    bootstrap: str, modes: list[str], topic: Topic, count: int, rules: str, *, share: bool = False
) -> float:
    """Items per second of all `modes` together over the whole topic, in a new group."""
    job: dict[str, Any] = {"bootstrap": bootstrap, "topic": topic.name, "rules": rules}
    job |= {"group": f"bench-{uuid.uuid4().hex[:8]}", "count": count // len(modes)}
    job |= {"cpu": None if share else 0, "share": PARTITIONS // len(modes) if share else 0}
    workers = [_start(mode, job) for mode in modes]
    try:
        for worker in workers:
            _say(worker, "go")
        for worker in workers if share else ():
            _hear(worker)
        for worker in workers if share else ():
            _say(worker, "go")
        answers = [json.loads(_hear(worker)) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    first, last = min(a["first"] for a in answers), max(a["last"] for a in answers)
    return (count - sum(a["left"] for a in answers)) / (last - first)


def _start(mode: str, job: dict[str, Any]) -> "subprocess.Popen[str]":
    worker = subprocess.Popen(
        [sys.executable, str(WORKER), mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    _say(worker, json.dumps(job))
    _hear(worker)
    return worker


def _hear(worker: "subprocess.Popen[str]") -> str:
    assert worker.stdout
    line = worker.stdout.readline()
    if not line:
        raise RuntimeError(f"a worker ended with {worker.wait()}")
    return line


def _say(worker: "subprocess.Popen[str]", text: str) -> None:
    assert worker.stdin
    worker.stdin.write(text + "\n")
    worker.stdin.flush()
