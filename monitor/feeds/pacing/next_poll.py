"""Next poll: how a poll ended in, when the next one is out; pure.

In: the feed, its pace, the outcome, the server's hints, the time, a random number.  Out: seconds,
the pace after it, what ops should know.  Invariants: a feed that answers is asked at least every
`longest_s` + 10 %, four times that where a hub brings its news, and no sooner than `shortest_s` -
10 %; no feed is ever given up.
"""

from dataclasses import dataclass, replace

from monitor.feeds.events import FeedEvent
from monitor.feeds.feed import Feed, Priority
from monitor.feeds.fetching.answers import Trouble
from monitor.feeds.fetching.hints import RETRY_AFTER_MOST_S
from monitor.feeds.pacing.failing import JITTER, failed, muted
from monitor.feeds.pacing.outcomes import (
    Failure,
    Held,
    Hints,
    Later,
    News,
    Nothing,
    Outcome,
    Quarantined,
)
from monitor.feeds.pacing.pace import Bounds, Muted, Pace, bounds_of

FASTER, SLOWER = 0.5, 1.2
"""Times the interval, after a poll with and without news: at rest one poll in five brings some."""

HINT_MOST_S = 3_600.0
"""Servers ask for more without thinking: a `max-age` of 16 years was seen."""

PUSHED_SLOWER = 4.0
PUSHED_MOST_S = 3_600.0
"""Of the longest interval, between polls of a feed whose hub brings its news: hubs die silently."""

HELD_S = 5.0
"""What the broker did not take is fetched again, not more often than this."""


@dataclass(frozen=True, slots=True)
class Planned:
    """When a feed is asked next, in seconds, its pace until then, and what came to light."""

    wait_s: float
    pace: Pace
    events: tuple[FeedEvent, ...] = ()


def next_poll(
    feed: Feed, pace: Pace, outcome: Outcome, hints: Hints, now_s: float, random: float
) -> Planned:
    """Plans the poll after one that ended at `now_s` with `outcome`; `random` in [0, 1)."""
    bounds = bounds_of(feed)
    interval_s = bounds.within(pace.interval_s or bounds.first_s(random))
    if isinstance(outcome, News | Nothing):
        news = isinstance(outcome, News)
        last_new_s = now_s if news else min(pace.last_new_s, now_s)  # clocks go back
        interval_s = bounds.within(interval_s * (FASTER if news else SLOWER))
        after = Pace(interval_s=interval_s, last_new_s=last_new_s)
        wait_s = _wait_s(feed, bounds, interval_s, hints, random)
        if not pace.interval_s:
            wait_s = _anywhere(bounds.shortest_s, wait_s, random)
        return Planned(wait_s, after)
    if isinstance(outcome, Later):
        waits = replace(pace, interval_s=interval_s, waits_since_s=pace.waits_since_s or now_s)
        return Planned(min(max(0.0, outcome.wait_s), RETRY_AFTER_MOST_S), waits)
    begun = replace(pace, interval_s=interval_s, waits_since_s=0.0)
    match outcome:
        case Held():
            return Planned(min(HELD_S, bounds.shortest_s), begun)
        case Failure(trouble=Trouble.GONE):
            detail = "the server says that it is gone for good (410); asked again in a week"
            return Planned(*muted(begun, Muted.GONE, detail, now_s, random))
        case Quarantined(why):
            detail = f"{why or 'it harmed its parser'}; asked again in a week"
            return Planned(*muted(begun, Muted.QUARANTINED, detail, now_s, random))
        case Failure():
            return Planned(*failed(begun, outcome, bounds, now_s, random))


def _wait_s(feed: Feed, bounds: Bounds, interval_s: float, hints: Hints, random: float) -> float:
    floor = min(_asked_s(feed, hints), bounds.longest_s)
    if hints.pushed:
        floor = min(PUSHED_SLOWER * bounds.longest_s, PUSHED_MOST_S)
    return max(interval_s * (1 + JITTER * (random - 0.5)), floor * (1 + JITTER * random))


def _anywhere(shortest_s: float, wait_s: float, random: float) -> float:
    """A first wait: once sooner than the server asks, so that a long list comes in no waves."""
    return min(shortest_s, wait_s) + max(0.0, wait_s - shortest_s) * random


def _asked_s(feed: Feed, hints: Hints) -> float:
    """What the server asks for; a wire is read by agreement, `every` is the desk's own word."""
    if feed.every_s or feed.priority is Priority.WIRE:
        return 0.0
    return min(max(0.0, hints.max_age_s or 0.0, hints.ttl_s or 0.0), HINT_MOST_S)
