"""The whole schedule against a virtual clock: 10,000 feeds for a day; and what it is worth."""

import heapq
import random
import statistics
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from monitor.feeds.feed import Feed, Priority
from monitor.feeds.pacing.next_poll import next_poll
from monitor.feeds.pacing.outcomes import (
    Failure,
    Hints,
    Later,
    News,
    Nothing,
    Outcome,
)
from monitor.feeds.pacing.pace import BOUNDS, Bounds, Pace, bounds_of

HOUR, DAY = 3_600.0, 86_400.0
FEEDS = 10_000
SHARES = {Priority.WIRE: 0.001, Priority.HIGH: 0.03, Priority.NORMAL: 0.3, Priority.LOW: 0.669}


@dataclass(slots=True)
class Simulated:
    """One feed: when it publishes and when it fails; and how it was polled."""

    feed: Feed
    news_s: list[float]
    fails_s: tuple[float, float] = (0.0, 0.0)
    trouble: str = "soft"
    hints: Hints = field(default_factory=Hints)
    pace: Pace = field(default_factory=Pace)
    asked_s: float = 0.0
    polls: int = 0
    found: int = 0
    bounds: Bounds = field(init=False)

    def __post_init__(self) -> None:
        self.bounds = bounds_of(self.feed)

    def poll(self, now_s: float, dice: random.Random) -> Outcome:
        self.polls += 1
        if self.fails_s[0] <= now_s < self.fails_s[1]:
            return Failure(trouble=self.trouble, retry_after_s=dice.choice([0.0, 0.0, 600.0]))
        if dice.random() < 0.001:
            return Later(2.0)
        came = bisect_left(self.news_s, now_s) - bisect_left(self.news_s, self.asked_s)
        self.asked_s = now_s
        self.found += bool(came)
        return News() if came else Nothing()


def some_feeds(dice: random.Random) -> list[Simulated]:
    priorities = dice.choices(list(SHARES), list(SHARES.values()), k=FEEDS)
    return [one_feed(n, priority, dice) for n, priority in enumerate(priorities)]


def one_feed(n: int, priority: Priority, dice: random.Random) -> Simulated:
    begins_s = dice.uniform(0, DAY) if dice.random() < 0.2 else DAY
    every_s = 600.0 if dice.random() < 0.02 else 0.0
    return Simulated(
        Feed(id=f"f{n}", priority=priority, every_s=every_s),
        sorted(dice.uniform(0, DAY) for _ in range(int(dice.paretovariate(1.1)) % 200)),
        (begins_s, begins_s + dice.expovariate(1 / HOUR)),
        dice.choice(["soft", "dns", "hard", "busy"]),
        Hints(max_age_s=dice.choice([None, None, 60, 300, 1e9]), ttl_s=dice.choice([None, 3_600])),
    )


def test_ten_thousand_feeds_keep_their_schedule() -> None:
    dice = random.Random(5)
    feeds = some_feeds(dice)
    due = [(dice.uniform(0, 200.0), n) for n in range(FEEDS)]
    heapq.heapify(due)
    per_minute = Counter[int]()
    while due[0][0] < DAY:
        now_s, n = due[0]
        each = feeds[n]
        per_minute[int(now_s // 60)] += 1
        outcome = each.poll(now_s, dice)
        planned = next_poll(each.feed, each.pace, outcome, each.hints, now_s, dice.random())
        check(outcome, planned.wait_s, each.bounds)
        each.pace = planned.pace
        heapq.heapreplace(due, (now_s + planned.wait_s, n))
    for each in feeds:
        assert least_polls(each) <= each.polls <= most_polls(each), each.feed
    later = [polls for minute, polls in per_minute.items() if minute >= 60]
    assert max(later) < 1.5 * statistics.mean(later)  # they do not come in waves


def check(outcome: Outcome, wait_s: float, bounds: Bounds) -> None:
    if isinstance(outcome, Later):
        assert 2.0 <= wait_s < 3.0
    elif isinstance(outcome, Failure):
        assert bounds.shortest_s <= wait_s <= 6 * HOUR * 1.5
    else:
        assert bounds.shortest_s * 0.9 <= wait_s <= bounds.longest_s * 1.1


def least_polls(each: Simulated) -> float:
    down_s = min(each.fails_s[1], DAY) - min(each.fails_s[0], DAY)
    return (DAY - 4 * down_s - 2 * HOUR) / (each.bounds.longest_s * 1.05)


def most_polls(each: Simulated) -> float:
    """Those of a feed without news, and five for each time it had some: 1.2^4 undoes a half.

    Beside them a new feed's way to its longest interval, a feed's failures and busy hosts.
    """
    bounds = each.bounds
    return DAY / (bounds.longest_s * 0.99) + 5 * each.found + 50 + 0.003 * each.polls


def published(dice: random.Random) -> list[float]:
    """Five days of a newsroom: by day more than by night, and in bursts; seconds."""
    per_day, burst = dice.lognormvariate(2.3, 1.1), dice.choice([1, 1, 2, 5])
    times: list[float] = []
    for _ in range(int(5 * per_day / burst) + 1):
        at_s = dice.randrange(5) * DAY + (dice.gauss(13, 4) % 24) * HOUR
        times += [at_s + dice.expovariate(1 / 600.0) for _ in range(burst)]
    return sorted(times)


def replay(
    times: list[float], wait_s: Callable[[bool], float], begun_s: float
) -> tuple[int, float]:
    """Polls, and the delays of all items together."""
    polls, delays_s, now_s, seen = 0, 0.0, begun_s, 0
    while now_s < 5 * DAY + HOUR:
        came = bisect_left(times, now_s)
        delays_s += sum(now_s - at_s for at_s in times[seen:came])
        polls, new, seen = polls + 1, came > seen, came
        now_s += wait_s(new)
    return polls, delays_s


def test_it_finds_news_sooner_than_a_uniform_schedule_of_equal_cost() -> None:
    """On 51 real feeds 9 to 17 % sooner in the mean; here on times made alike, at least 5 %."""
    dice = random.Random(7)
    newsroom = [published(dice) for _ in range(200)]
    items = sum(map(len, newsroom))

    def adaptive(times: list[float]) -> tuple[int, float]:
        feed, pace = Feed(id="f"), Pace()

        def wait_s(new: bool) -> float:
            nonlocal pace
            planned = next_poll(
                feed, pace, News() if new else Nothing(), Hints(), 0.0, dice.random()
            )
            pace = planned.pace
            return planned.wait_s

        return replay(times, wait_s, dice.uniform(0, 300))

    ours = [adaptive(times) for times in newsroom]
    uniform_s = len(newsroom) * (5 * DAY + HOUR) / sum(polls for polls, _ in ours)
    theirs = [replay(times, lambda _: uniform_s, dice.uniform(0, uniform_s)) for times in newsroom]
    costs = [sum(polls for polls, _ in side) for side in (ours, theirs)]
    delays = [sum(delay for _, delay in side) / items for side in (ours, theirs)]
    assert abs(costs[0] / costs[1] - 1) < 0.02
    assert BOUNDS[Priority.NORMAL].shortest_s < uniform_s < BOUNDS[Priority.NORMAL].longest_s
    assert delays[0] < 0.95 * delays[1]
