"""`matcher_worker.py ENGINE FOLDER`: ours or a peer written in Python, as a contender on one core.

FOLDER has `rules.pickle` and `NAME.pickle` (items).  Beside `pass` and `hits` it answers `match`
(as `pass`, with evidence and status; ours only) and `memory` (MB grown since the rules were read).
Every engine is built as match workers build a book: the collector passes over it from then on.
"""

import gc
import json
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matcher_peers

from streams.item import Item
from streams.rules.book import Book, Rule
from streams.rules.heap import built_aside
from streams.rules.matching.matcher import Matcher

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

Judge = Callable[[Item], Any]


def main() -> None:
    """Builds the engine, then answers until stdin ends."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {0})
    engine, folder = sys.argv[1], Path(sys.argv[2])
    rules = _load(folder, "rules")
    items = {name: _load(folder, name) for name in ("short", "long")}
    gc.collect()
    before = _memory_mb()
    start = time.perf_counter()
    with built_aside():
        asked = _built(engine, rules)
    build_s = time.perf_counter() - start
    cold_ns = _pass(asked["pass"], items["short"][:1])[0]
    _say({"build_s": build_s, "cold_us": cold_ns / 1e3})
    for line in sys.stdin:
        what, *which = line.split()
        if what == "memory":
            _say({"mb": _memory_mb() - before})
            continue
        name, count = which
        chosen = items[name][: int(count)]
        if what == "hits":
            _say({"hits": [sorted(asked["pass"](item)) for item in chosen]})
        else:
            _say({"ns": _pass(asked[what], chosen)})


def _built(engine: str, rules: tuple[Rule, ...]) -> dict[str, Judge]:
    if engine == "ours":
        matcher = Matcher(Book(rules))
        return {"pass": matcher.hits, "match": matcher.match}
    return {"pass": matcher_peers.PEERS[engine](rules)}


def _pass(judge: Judge, chosen: Iterable[Item]) -> list[int]:
    clock = time.perf_counter_ns
    spent = []
    for item in chosen:
        start = clock()
        judge(item)
        spent.append(clock() - start)
    return spent


def _load(folder: Path, name: str) -> Any:
    return pickle.loads((folder / f"{name}.pickle").read_bytes())


def _memory_mb() -> float:
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * PAGE_BYTES / 1e6 if statm.exists() else 0.0


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
