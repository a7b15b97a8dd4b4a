"""Turns of feeds that share a site, played through with a clock that a test sets."""

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from stubs.turns import Clock

from monitor.feeds.feed import Feed, Priority
from monitor.feeds.fetching import hosts as hosts_module
from monitor.feeds.fetching.answers import Later
from monitor.feeds.fetching.hosts import Asker, Hosts
from monitor.feeds.pacing import outcomes
from monitor.feeds.pacing.next_poll import next_poll
from monitor.feeds.pacing.outcomes import NO_HINTS
from monitor.feeds.pacing.pace import NEW, Pace
from monitor.feeds.polling.poll import asker_of

SITE = "outlet.example"
HOUR_S = 3_600.0


@dataclass
class Played:
    """Feeds of one site, asked by so many pollers, each with turns of its own, for some hours.

    `takes_s` is how long an answer takes; `gone` are fetched by nobody once they were turned away.
    """

    feeds: Sequence[Feed]
    hours: float = 4.0
    pollers: int = 1
    takes_s: float = 0.3
    gone: frozenset[str] = frozenset()
    seed: int = 1
    asked: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    turned_away: int = 0

    def play(self) -> "Played":
        clock, draw = Clock(), Random(self.seed)
        hosts = [Hosts(clock=clock, draw=draw.random) for _ in range(self.pollers)]
        begun = clock.now
        due = [(begun + 60 * draw.random(), n, -1) for n in range(len(self.feeds))]
        paces: dict[int, Pace] = dict.fromkeys(range(len(self.feeds)), NEW)
        heapq.heapify(due)
        while due and due[0][0] < begun + self.hours * HOUR_S:
            clock.now, n, asking = heapq.heappop(due)
            feed, outcome = self.feeds[n], outcomes.Nothing()
            if asking < 0:
                poller = draw.randrange(self.pollers)
                wait = hosts[poller].reserve(SITE, asker_of(feed, paces[n], clock.now))
                if not isinstance(wait, Later):
                    heapq.heappush(due, (clock.now + wait + self.takes_s, n, poller))
                    continue
                self.turned_away += 1
                if feed.id in self.gone:
                    continue
                outcome = outcomes.Later(wait.wait_s)
            else:
                hosts[asking].end(SITE)
                self.asked[feed.id].append(clock.now - begun)
            planned = next_poll(feed, paces[n], outcome, NO_HINTS, clock.now, draw.random())
            paces[n] = planned.pace
            heapq.heappush(due, (clock.now + planned.wait_s + 0.05 * draw.random(), n, -1))
        return self

    def worst_gap_s(self, feed: str) -> float:
        """From the beginning to the first answer, between two, and from the last one to the end."""
        times = [0.0, *self.asked[feed], self.hours * HOUR_S]
        return max(b - a for a, b in pairwise(times))

    def unluckiest_s(self) -> float:
        return max(self.worst_gap_s(feed.id) for feed in self.feeds if feed.id not in self.gone)


def feeds(n: int, **options: Any) -> list[Feed]:
    """So many of one site, each once a minute."""
    one = replace(Feed(id="", url=f"https://{SITE}/"), every_s=60.0, **options)
    return [replace(one, id=f"{one.priority}{i}") for i in range(n)]


@pytest.mark.parametrize(("n", "hours"), [(50, 1), (100, 4), (300, 4), (1_000, 3)])
def test_feeds_of_one_site_share_its_turns(n: int, hours: float) -> None:
    played = Played(feeds(n), hours).play()
    assert played.unluckiest_s() <= 1.5 * max(60, n)
    asked = sum(map(len, played.asked.values()))
    assert asked >= 0.9 * hours * HOUR_S / max(1, 60 / n)
    assert played.turned_away <= 3 * asked


def test_two_pollers_that_lease_by_chance_are_as_fair() -> None:
    """A feed that one has turned away is known to the other by how long it has waited."""
    played = Played(feeds(300), pollers=2).play()
    assert played.unluckiest_s() <= 300


def test_a_slow_site_is_shared_too() -> None:
    played = Played(feeds(50), takes_s=8).play()
    assert played.unluckiest_s() <= 1.5 * 50 * 8 / 2


def test_who_does_not_come_again_holds_up_nobody() -> None:
    listed = feeds(200)
    gone = frozenset(feed.id for feed in listed[::2])
    played = Played(listed, gone=gone).play()
    assert played.unluckiest_s() <= 1.1 * 200  # once
    settled = (
        t for feed in listed if feed.id not in gone for t in pairwise(played.asked[feed.id][2:])
    )
    assert max(b - a for a, b in settled) <= 1.1 * 100


def test_a_wire_goes_before_the_rest_which_still_has_its_turns() -> None:
    wires = [
        replace(f, id=f"w{n}", every_s=0.0) for n, f in enumerate(feeds(2, priority=Priority.WIRE))
    ]
    low = feeds(300, priority=Priority.LOW)
    played = Played([*wires, *low]).play()
    assert max(played.worst_gap_s(wire.id) for wire in wires) <= 66 * 1.5  # its longest interval
    assert max(played.worst_gap_s(feed.id) for feed in low) <= 300 * 1.5


def test_the_order_is_by_priority_then_by_who_was_turned_away_first() -> None:
    hosts = Hosts(clock=Clock(), draw=lambda: 0.0)

    def told(name: str, priority: Priority, since_s: float = 0.0) -> float:
        feed = Feed(id=name, priority=priority)
        later = hosts.reserve(SITE, asker_of(feed, Pace(waits_since_s=since_s), 10_000.0))
        return later.wait_s if isinstance(later, Later) else later

    assert [told(str(n), Priority.LOW) for n in range(100)][-1] == 99
    assert told("normal", Priority.NORMAL) == 2
    assert told("wire", Priority.WIRE) == 2
    assert told("another wire", Priority.WIRE) == 3
    assert told("high", Priority.HIGH) == 4
    assert told("low", Priority.LOW) == 104
    assert told("low for an hour", Priority.LOW, since_s=10_000 - 3_550) == 2
    assert told("normal", Priority.NORMAL) == 6


def test_places_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts_module, "PLACES_MOST", 5)
    hosts = Hosts(clock=Clock(), draw=lambda: 0.0)
    waits = [hosts.reserve(SITE, Asker(name=str(n))) for n in range(50)]
    told = [wait.wait_s for wait in waits if isinstance(wait, Later)]
    assert told == [2.0, 3.0, 4.0, 5.0, 6.0, *[7.0] * 43]
