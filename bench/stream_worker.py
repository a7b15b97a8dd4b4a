"""`python bench/stream_worker.py MODE`: one reader of a backlog, a process of its own.

In: a job as JSON on stdin (`bootstrap`, `topic`, `count`, `rules`, `cpu`, `group`, `share`: begin
together with others once this many partitions are assigned).  Out: on stdout,
JSON: records read, and seconds from the first record to the last.  Modes: `ours` (record batches on
Faust), `stock` (Faust's `async for`), `aiokafka` (bare `getmany`), `confluent` (librdkafka).  Each
decodes every record with msgspec to an Item; with `rules` each also matches it.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from streams.item import Item
from streams.records import Source
from streams.rules.load import load_book
from streams.rules.matching.matcher import Matcher
from streams.topics import decode

WITHIN_S = 300.0
SESSION_S = 6.0
CHUNK_MOST = 500


class Tally:
    """Counts records and notes when the first and the last came."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.first = self.last = 0.0
        self.all = asyncio.Event()

    def add(self, records: int) -> None:
        self.last = time.perf_counter()
        self.left -= records
        if self.left <= 0:
            self.all.set()

    def begin(self) -> None:
        self.first = self.first or time.perf_counter()


Judge = Callable[[bytes], Any]


def judge(rules: str) -> Judge:
    """What is done with each value: decoded, and matched where there are rules."""
    if not rules:
        return lambda value: decode(Item, value)
    matcher = Matcher(load_book(Path(rules)))
    return lambda value: matcher.match(decode(Item, value))


async def ours(job: dict[str, Any], tally: Tally, do: Judge) -> None:
    from streams.broker.connection import Connection
    from streams.broker.faust_app import make_app, progress, running, subscribe

    gate = asyncio.Event()
    with tempfile.TemporaryDirectory() as data:
        app = make_app(job["group"], _connection(Connection, job, Path(data)))

        async def work(sources: Sequence[Source]) -> bool:
            await gate.wait()
            tally.begin()
            for source in sources:
                do(source.value)
            tally.add(len(sources))
            await asyncio.sleep(0)
            return True

        subscribe(app, job["topic"], work, most=CHUNK_MOST)
        async with running(app):
            await _together(lambda: len(progress(app)), job["share"])
            gate.set()
            await tally.all.wait()


async def _together(partitions: Callable[[], int], share: int) -> None:
    """Until this worker has its share of the partitions and all are told to begin; 0: at once."""
    if share:
        while partitions() != share:
            await asyncio.sleep(0.05)
        print("joined", flush=True)
        await asyncio.to_thread(sys.stdin.readline)


def _connection(kind: Any, job: dict[str, Any], data: Path) -> Any:
    return kind(bootstrap=job["bootstrap"], session_timeout_s=SESSION_S, data=data)


async def stock(job: dict[str, Any], tally: Tally, do: Judge) -> None:
    import faust
    from faust.contrib.asgi import faust_app_running

    with tempfile.TemporaryDirectory() as data:
        app = faust.App(
            job["group"],
            broker=f"kafka://{job['bootstrap']}",
            datadir=data,
            web_enabled=False,
            topic_disable_leader=True,
            topic_allow_declare=False,
            worker_redirect_stdouts=False,
            broker_session_timeout=SESSION_S,
            consumer_auto_offset_reset="earliest",
            stream_wait_empty=False,
        )
        topic = app.topic(job["topic"], key_serializer="raw", value_serializer="raw")

        async def agent(stream: Any) -> None:
            async for value in stream:
                tally.begin()
                do(value)
                tally.add(1)

        app.agent(topic)(agent)
        async with faust_app_running(app):
            await tally.all.wait()


async def aiokafka(job: dict[str, Any], tally: Tally, do: Judge) -> None:
    from aiokafka import AIOKafkaConsumer

    consumer = AIOKafkaConsumer(
        job["topic"],
        bootstrap_servers=job["bootstrap"],
        group_id=job["group"],
        session_timeout_ms=int(SESSION_S * 1000),
        heartbeat_interval_ms=1_000,
        auto_offset_reset="earliest",
        enable_auto_commit=True,
        auto_commit_interval_ms=500,
    )
    await consumer.start()
    try:
        while tally.left > 0:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                tally.begin()
                for record in records:
                    do(record.value)
                tally.add(len(records))
    finally:
        await consumer.stop()


async def confluent(job: dict[str, Any], tally: Tally, do: Judge) -> None:
    from confluent_kafka import Consumer

    consumer = Consumer(
        {
            "bootstrap.servers": job["bootstrap"],
            "group.id": job["group"],
            "auto.offset.reset": "earliest",
            "session.timeout.ms": int(SESSION_S * 1000),
            "auto.commit.interval.ms": 500,
        }
    )
    consumer.subscribe([job["topic"]])
    try:
        while tally.left > 0:
            records = consumer.consume(CHUNK_MOST, 0.2)
            if records:
                tally.begin()
                for record in records:
                    do(record.value())
                tally.add(len(records))
    finally:
        consumer.close()


MODES = {"ours": ours, "stock": stock, "aiokafka": aiokafka, "confluent": confluent}


async def main() -> None:
    """One run of one mode."""
    job = json.loads(sys.stdin.readline())
    if job.get("cpu") is not None:
        os.sched_setaffinity(0, {job["cpu"]})
    tally, do = Tally(job["count"]), judge(job["rules"])
    print("loaded", flush=True)
    sys.stdin.readline()
    async with asyncio.timeout(WITHIN_S):
        await MODES[sys.argv[1]](job, tally, do)
    print(json.dumps({"first": tally.first, "last": tally.last, "left": tally.left}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
    sys.stdout.flush()
    os._exit(0)
