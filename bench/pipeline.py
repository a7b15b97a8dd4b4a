"""Part `pipeline`: items per second through the match role.

Work: a backlog of 10,000 items (the corpus's agency headlines with summaries, or generated ones) on
an embedded broker, a book of 100 rules.  Ours: `wirewatch run match`, backlog to last acknowledged
match.  Peer: a bare loop on the same topic: aiokafka consumer, msgspec, the same matcher, aiokafka
producer, nothing acknowledged one by one.  Best of two passes each, interleaved.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import stream
import texts
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from monitor.embedded.services import Serves, start_service, stop_service
from streams.broker.admin import ensure_topics
from streams.broker.connection import Connection
from streams.broker.producer import Publisher
from streams.item import Item
from streams.match import Match
from streams.rules.load import load_book
from streams.rules.matching.matcher import Matcher
from streams.topics import ITEMS, MATCHES, TOPICS, decode, encode

ITEMS_MEASURED = 10_000
RULES = 100
PASSES = 2
PASS_MOST_S = 120.0
PARTITIONS = 4


def measure() -> dict[str, dict[str, float]]:
    """Ratios and figures of this machine."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, dict[str, float]]:
    items = texts.items(ITEMS_MEASURED)
    ours, bare = [], []
    with tempfile.TemporaryDirectory(prefix="wirewatch-bench-") as folder:
        desk = Path(folder)
        texts.write_desk(desk, items, RULES)
        matcher = Matcher(load_book(desk / "rules"))
        expected = sum(bool(matcher.match(item).hits) for item in items)
        for number in range(PASSES):
            bare.append(await _pass(desk / f"bare{number}", items, expected, _bare(matcher)))
            ours.append(await _pass(desk / f"ours{number}", items, expected, _ours(desk)))
    best, peer = max(ours), max(bare)
    return {
        "ratios": {"vs_bare_aiokafka": round(best / peer, 3)},
        "figures": {
            "items_per_s": round(best, 1),
            "bare_items_per_s": round(peer, 1),
            "items": len(items),
            "matched": expected,
        },
    }


async def _pass(data: Path, items: list[Item], expected: int, run: Any) -> float:
    """Items per second of one way through a fresh backlog."""
    data.mkdir()
    broker = await start_service(Serves.BROKER, data)
    try:
        where = Connection(bootstrap=broker.address)
        await ensure_topics(where, TOPICS, PARTITIONS, replication=1)
        publisher = Publisher(where)
        for start in range(0, len(items), 1_000):
            batch = [(item.id, encode(item)) for item in items[start : start + 1_000]]
            await publisher.publish(ITEMS, batch)
        await publisher.close()
        return len(items) / await run(broker.address, data, expected)
    finally:
        await stop_service(broker)


def _ours(desk: Path) -> Any:
    async def run(address: str, data: Path, expected: int) -> float:
        environment = os.environ | {
            "KAFKA_BOOTSTRAP_SERVERS": address,
            "WIREWATCH_DATA": str(data),
            "WIREWATCH_SESSION_TIMEOUT_S": "2",
            "WIREWATCH_FETCH_WAIT_MS": "20",
        }
        stream.push_rules(desk, environment)
        command = [Path(sys.executable).with_name("wirewatch"), "run", "match", "--desk", str(desk)]
        worker = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        try:
            await asyncio.to_thread(_until_ready, worker)
            return await _until_matched(address, expected)
        finally:
            worker.terminate()
            worker.wait()

    return run


def _until_ready(worker: "subprocess.Popen[str]") -> None:
    assert worker.stderr
    for line in worker.stderr:
        if "ready" in line:
            return
    raise RuntimeError("the match role did not start")


def _bare(matcher: Matcher) -> Any:
    async def run(address: str, _: Path, expected: int) -> float:
        loop = asyncio.create_task(_bare_loop(address, matcher))
        try:
            return await _until_matched(address, expected)
        finally:
            loop.cancel()

    return run


async def _bare_loop(address: str, matcher: Matcher) -> None:
    consumer = AIOKafkaConsumer(
        ITEMS.name, bootstrap_servers=address, auto_offset_reset="earliest", fetch_max_wait_ms=20
    )
    producer = AIOKafkaProducer(bootstrap_servers=address, linger_ms=2)
    await consumer.start()
    await producer.start()
    try:
        async for record in consumer:
            item = decode(Item, record.value)
            verdict = matcher.match(item)
            if verdict.hits:
                match = Match(item=item, hits=verdict.hits, book=matcher.book.hash)
                await producer.send(MATCHES.name, encode(match), key=record.key)
    finally:
        await consumer.stop()
        await producer.stop()


async def _until_matched(address: str, expected: int) -> float:
    """Seconds from the first to the last of the `expected` matches, as a reader sees them."""
    consumer = AIOKafkaConsumer(
        MATCHES.name, bootstrap_servers=address, auto_offset_reset="earliest", fetch_max_wait_ms=20
    )
    start, seen = time.perf_counter(), 0
    await consumer.start()
    try:
        async with asyncio.timeout(PASS_MOST_S):
            async for _ in consumer:
                if not seen:
                    start = time.perf_counter()
                seen += 1
                if seen == expected:
                    return time.perf_counter() - start
    finally:
        await consumer.stop()
    raise RuntimeError("the matches ended early")
