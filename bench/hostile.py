"""Part hostile: milliseconds per item of rules and items made to be slow; 50 is the limit."""

import time
from typing import Any

from stubs.hostile import hostile

from streams.rules.book import Book, Rule
from streams.rules.matching.matcher import Matcher

SIZE = 20_000
"""Words or so of each item: as many as `MAX_ITEM_CHARS` leaves room for."""

ROUNDS = 3


def measure() -> dict[str, Any]:
    """For each case the best of some rounds, judged anew; and the worst case of all."""
    figures: dict[str, float] = {}
    for case in hostile(SIZE):
        matcher = Matcher(Book((Rule(id="r", wanted=case.wanted),)))
        taken = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            matcher.match(case.item)
            taken.append((time.perf_counter() - start) * 1_000)
        figures[f"{case.name} ms"] = min(taken)
    return {"ratios": {}, "figures": figures | {"worst ms": max(figures.values())}}
