"""A feed's windows, polled one after another, and what was found news."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.feeds.feed import Feed
from monitor.feeds.state.changes import Changes, find_changes
from monitor.feeds.state.known import Known, known_value, read_known
from monitor.feeds.state.overlap import WindowFacts
from streams.item import Clock, Item, Kind, iso_utc
from streams.text import digest

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FEED = Feed(id="f", url="https://a.example/rss")


def clock(ago_s: float) -> Clock:
    return Clock(at=iso_utc(NOW - timedelta(seconds=ago_s)))


def item(
    n: int, title: str = "", *, ago_s: float | None = 60.0, guid: str = "g", **more: Any
) -> Item:
    published = None if ago_s is None else clock(ago_s)
    made = Item(
        id=f"f/{guid}{n}",
        feed="f",
        title=title or f"Headline number {n}",
        canonical_url=f"https://a.example/{n}",
        published=published,
        **more,
    )
    return replace(made, payload_hash=digest(made.title, made.summary, str(published)))


@dataclass
class Memory:
    """A feed's known items, polled with one window after another."""

    feed: Feed = FEED
    known: dict[str, Known] = field(default_factory=dict)
    polls: int = 0

    def poll(self, window: Sequence[Item], *, again: bool = False, **facts: Any) -> Changes:
        about = WindowFacts(first_poll=not self.polls, total=len(window), **facts)
        changes = find_changes(
            window, self.known, feed=self.feed, now=NOW, facts=about, again=again
        )
        self.polls += 1
        stored = {i: known_value(k, self.polls) for i, k in {**self.known, **changes.known}.items()}
        self.known = read_known(stored)
        return changes


def told(changes: Changes) -> list[tuple[str, Kind, int, bool]]:
    return [(i.id, i.kind, i.rev, i.baseline) for i in changes.publish]


HOUR, DAY = 3_600.0, 86_400.0
