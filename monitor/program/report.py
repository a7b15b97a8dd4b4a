"""Report: what a run did, as people or scripts want it.

In: every item, decision and dead letter of this process.  Out: with `--json` one line per
decision on a channel and a summary at the end, else short lines below the cards.  Invariant: each
judged line counts once, as told, folded or dropped.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from streams.decision import Decision, Reason
from streams.item import Item
from streams.topics import DeadLetter

DISTINCT_ITEMS_MOST = 50_000
"""(id, rev) pairs kept to count distinct items; beyond, repeats of old ones count again."""

_SAID = {
    Reason.SAME_STORY: ("≡", "same story, not told again"),
    Reason.ALREADY_TOLD: ("=", "already told"),
    Reason.BASELINE: ("·", "older than the watch, remembered"),
    Reason.EXCLUDED: ("✗", "held back"),
    Reason.UNDELIVERABLE: ("!", "cannot be delivered"),
}


def process_started() -> float:
    """When this process started, on `time.monotonic`'s clock (Linux: from the kernel)."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        return time.monotonic()
    return time.monotonic() - age


class Report:
    """Counts and shows; a `streams.ledger.Ledger`."""

    def __init__(
        self, console: Console, *, as_json: bool, broken: Callable[[], None], started: float
    ) -> None:
        self._console = console
        self._as_json = as_json
        self._broken = broken
        self._started = started
        self._items: dict[tuple[str, int], None] = {}
        self._distinct = self._matches = self._told = self._folded = self._dropped = 0
        self._dead = 0
        self._ready: float | None = None
        self._first_alert: float | None = None

    def elapsed_s(self) -> float:
        """Seconds since the process started."""
        return time.monotonic() - self._started

    def ready(self) -> None:
        """Broker, memory and both assignments stand."""
        self._ready = self.elapsed_s()

    def item(self, item: Item, matches: int) -> None:
        """Counts an item and its matches, once per version."""
        version = (item.id, item.rev)
        if version in self._items:
            return
        if len(self._items) >= DISTINCT_ITEMS_MOST:
            del self._items[next(iter(self._items))]
        self._items[version] = None
        self._distinct += 1
        self._matches += matches

    def decided(self, decision: Decision) -> None:
        """Counts and shows a decision."""
        if decision.told:
            self._told += 1
            if self._first_alert is None:
                self._first_alert = self.elapsed_s()
        elif decision.dropped:
            self._dropped += 1
        else:
            self._folded += 1
        if self._as_json:
            self._print(json.dumps(self._line(decision), ensure_ascii=False))
        elif decision.reason in _SAID:
            mark, said = _SAID[decision.reason]
            tail = f" ({decision.detail})" if decision.detail else ""
            outlet = f"  {decision.outlet}" if decision.outlet else ""
            self._show(f"  {mark} {said}: “{decision.title}”{outlet}{tail}")

    def dead(self, letter: DeadLetter) -> None:
        """Counts and shows a dead letter."""
        self._dead += 1
        if not self._as_json:
            where = f"{letter.topic}-{letter.partition}@{letter.offset}"
            self._show(f"  ! unusable record {where}, kept on wire.deadletter: {letter.error}")

    def chunk(self, items: int, seconds: float) -> None:
        """How long it took is for the metrics."""

    def end(self, *, show: bool) -> None:
        """The summary, last."""
        summary = self.summary()
        if self._as_json:
            self._print(json.dumps({"summary": summary}))
        elif show:
            told, folded, dropped = summary["told"], summary["folded"], summary["dropped"]
            self._show(
                f"\n{summary['items']} items, {summary['matches']} matches: "
                f"{told} told, {folded} folded, {dropped} held back"
            )

    def summary(self) -> dict[str, float | int | None]:
        """Counts so far, and how fast it came up (seconds)."""
        ready, first = self._ready, self._first_alert
        since_ready = None if ready is None or first is None else max(0.0, first - ready)
        return {
            "ready_s": None if ready is None else round(ready, 3),
            "first_alert_s": None if since_ready is None else round(since_ready, 3),
            "items": self._distinct,
            "matches": self._matches,
            "told": self._told,
            "folded": self._folded,
            "dropped": self._dropped,
            "deadletter": self._dead,
        }

    def _line(self, decision: Decision) -> dict[str, object]:
        return {
            "t": round(self.elapsed_s(), 3),
            "reason": decision.reason,
            "effect": decision.effect,
            "told": decision.told,
            "rules": list(decision.rules),
            "channel": decision.channel,
            "item": decision.item,
            "title": decision.title,
            "outlet": decision.outlet,
            "story": decision.story or None,
        }

    def _print(self, line: str) -> None:
        try:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            self._broken()

    def _show(self, line: str) -> None:
        try:
            self._console.print(Text(line, style="dim"))
        except BrokenPipeError:
            self._broken()
