"""Window: some seconds of polling, measured from within the polling process.

In: what the process has done so far, and its own loop.  Out: polls and items per second, loop lag,
CPU per poll of this process and of its children, memory of the largest of them.  Invariant: only
what happened between start and stop counts.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TICK_S = 0.005
LEARN_MOST_S = 90.0


@dataclass(slots=True)
class Done:
    """What was done since the process started."""

    polls: int = 0
    items: int = 0
    failed: int = 0


async def measure(
    seconds: float, done: Callable[[], Done], settled: Callable[[], Awaitable[None]]
) -> dict[str, float]:
    """What happens in so many seconds; `settled` returns once the broker has it all."""
    before, start = done(), time.perf_counter()
    cpu, workers = time.process_time(), sum(map(_cpu_s, children()))
    lags = await _ticks(seconds)
    after, cpu = done(), time.process_time() - cpu
    workers = max(0.0, sum(map(_cpu_s, children())) - workers)
    await settled()
    took = time.perf_counter() - start
    polls = after.polls - before.polls
    return {
        "polls": polls,
        "polls_per_s": polls / took,
        "items_per_s": (after.items - before.items) / took,
        "failed": after.failed - before.failed,
        "lag_p50_ms": lags[len(lags) // 2] * 1e3,
        "lag_p99_ms": lags[int(len(lags) * 0.99)] * 1e3,
        "lag_most_ms": lags[-1] * 1e3,
        "cpu_us": 1e6 * cpu / max(polls, 1),
        "workers_cpu_us": 1e6 * workers / max(polls, 1),
        "workers_mb": max(map(_rss_mb, children()), default=0.0),
    }


async def _ticks(seconds: float) -> list[float]:
    """By how many seconds each tick came late, least first."""
    clock, lags = time.perf_counter, []
    end = clock() + seconds
    while (before := clock()) < end:
        await asyncio.sleep(TICK_S)
        lags.append(max(0.0, clock() - before - TICK_S))
    return sorted(lags)


async def until_polled(feeds: int, done: Callable[[], Done]) -> None:
    """Until so many polls are done."""
    async with asyncio.timeout(LEARN_MOST_S):
        while done().polls < feeds:
            await asyncio.sleep(0.02)


async def serve(work: Callable[[str, float], Awaitable[dict[str, Any]]]) -> None:
    """Answers `WHAT _ SECONDS` on stdin by what `work(WHAT, SECONDS)` finds, until stdin ends."""
    print(json.dumps({"ready": True}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        what, *_, seconds = line.split()
        print(json.dumps(await work(what, float(seconds))), flush=True)


def children() -> list[int]:
    """The process ids of this process's children, whichever thread started them."""
    found = Path("/proc/self/task").glob("*/children")
    return [int(pid) for each in found for pid in each.read_text().split()]


def _cpu_s(pid: int) -> float:
    stat = Path(f"/proc/{pid}/stat")
    # the command stands in parentheses and may hold anything
    fields = stat.read_text().rpartition(")")[2].split() if stat.exists() else []
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def _rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return max((int(x.split()[1]) / 1024 for x in lines if x.startswith("VmRSS:")), default=0.0)
