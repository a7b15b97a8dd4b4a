"""Part `soak`: memory of the match and alert roles over five minutes at 500 items/s.

Work: items of the corpus (or generated ones) sent at an even pace to a broker (Apache Kafka where
Java and Maven are there, else Tansu); a book of 50 rules that tells a few percent of them; `run
match` and `run alert` as processes of their own, Valkey as memory, alerts printed.  Figures:
resident memory after the first minute and at the end, and what was still unread at the end.
`WIREWATCH_SOAK_S` shortens it.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import stream
import texts
from aiokafka import AIOKafkaProducer

from monitor.embedded.services import Serves, start_service, stop_service
from streams.broker.admin import ensure_topics
from streams.broker.connection import Connection
from streams.topics import ITEMS, TOPICS, encode

PER_SECOND = 500
PARTITIONS = 8
RULES = 50
TURN_S = 0.02
WIREWATCH = Path(sys.executable).with_name("wirewatch")


def measure() -> dict[str, Any]:
    """Figures of this machine."""
    seconds = float(os.environ.get("WIREWATCH_SOAK_S", "300"))
    with tempfile.TemporaryDirectory(prefix="wirewatch-bench-") as folder:
        memory = asyncio.run(start_service(Serves.MEMORY, Path(folder)))
        try:
            with stream.broker(Path(folder)) as bootstrap:
                figures = _measure(Path(folder) / "desk", bootstrap, memory.address, seconds)
        finally:
            asyncio.run(stop_service(memory))
    return {"ratios": {}, "figures": figures}


def _measure(desk: Path, bootstrap: str, memory: str, seconds: float) -> dict[str, float]:
    found = texts.items(int(PER_SECOND * seconds))
    texts.write_desk(desk, found, RULES)
    where = Connection(bootstrap=bootstrap)
    asyncio.run(ensure_topics(where, TOPICS, PARTITIONS, replication=1))
    environment = os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "REDIS_URL": f"redis://{memory}/0",
        "WIREWATCH_DATA": str(desk / "data"),
    }
    stream.push_rules(desk, environment)
    roles = {role: _start(role, desk, environment) for role in ("match", "alert")}
    try:
        early = asyncio.run(_feed(where, found, seconds, roles))
        late = {role: _rss_mb(process.pid) for role, process in roles.items()}
    finally:
        for process in roles.values():
            process.terminate()
            process.wait()
    figures = {f"{role}_rss_mb_first_minute": early[role] for role in roles}
    return figures | {f"{role}_rss_mb_end": late[role] for role in roles} | {"seconds": seconds}


def _start(role: str, desk: Path, environment: dict[str, str]) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [WIREWATCH, "run", role, "--desk", desk, "--json"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    for line in process.stderr:
        if "ready:" in line:
            break
    threading.Thread(target=process.stderr.read, daemon=True).start()
    return process


async def _feed(
    where: Connection, found: list[Any], seconds: float, roles: dict[str, Any]
) -> dict[str, float]:
    """Sends all of them evenly; answers the memory a minute (or a fifth) after the start."""
    producer = AIOKafkaProducer(bootstrap_servers=where.bootstrap, linger_ms=5)
    await producer.start()
    early: dict[str, float] = {}
    start, sent = time.monotonic(), 0
    while sent < len(found):
        due = min(len(found), int((time.monotonic() - start) * PER_SECOND))
        for item in found[sent:due]:
            await producer.send(ITEMS.name, encode(item), key=item.id.encode())
        sent = max(sent, due)
        if not early and time.monotonic() - start > min(60.0, seconds / 5):
            early = {role: _rss_mb(process.pid) for role, process in roles.items()}
        await asyncio.sleep(TURN_S)
    await producer.stop()
    return early


def _rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return round(int(line.split()[1]) / 1024, 1)
