"""Pace: how often one feed is asked, as far as is known by now; a value, stored as JSON.

In: a feed's `priority` and `every` of feeds.yaml.  Out: the `Bounds` its interval moves between.
Invariant: `longest_s` is the only promise made of a feed that answers; the news moves the rest.
Times are Unix seconds, 0 where it never was.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import pow

from monitor.feeds.feed import Feed, Priority

BACKOFF_MOST_S = 6 * 3_600.0
"""404 feeds do come back; four polls a day harm nobody."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The shortest and the longest interval of a feed that answers, seconds.

    `backoff_s` is the longest between two tries of one that fails.
    """

    shortest_s: float
    longest_s: float
    backoff_s: float = BACKOFF_MOST_S

    def first_s(self, random: float) -> float:
        """Where a new feed begins: anywhere, so that feeds added together never come in waves."""
        return self.shortest_s * pow(self.longest_s / self.shortest_s, random)

    def within(self, interval_s: float) -> float:
        """The interval, or the bound it is beyond."""
        return min(max(interval_s, self.shortest_s), self.longest_s)


BOUNDS = {
    # An agency's own wire, several items a minute, and by agreement: seen within a minute at worst.
    Priority.WIRE: Bounds(5.0, 60.0),
    # 51 real feeds: 339 polls a day, found after 1.9 minutes in the mean, 4.9 in the worst percent.
    Priority.HIGH: Bounds(60.0, 300.0),
    # The same feeds: 168 polls a day, 3.5 minutes and 13.4; uniform, it costs a sixth more.
    Priority.NORMAL: Bounds(60.0, 900.0),
    # Blogs, agencies' archives: nobody waits for them, 24 polls a day while nothing comes.
    Priority.LOW: Bounds(300.0, 3_600.0),
}


FOLDER_EVERY_S = 1.0
"""Between two looks into a folder: one costs a listing."""

FOLDER_BACKOFF_S = 60.0
"""Nobody is bothered by a look, and what lies in a folder that is back is news."""


def bounds_of(feed: Feed) -> Bounds:
    """Those of its priority; with `every`, and for a folder, both are one interval."""
    fixed = feed.every_s or (FOLDER_EVERY_S if feed.folder else 0.0)
    if feed.folder:
        return Bounds(fixed, fixed, FOLDER_BACKOFF_S)
    return Bounds(fixed, fixed) if fixed else BOUNDS[feed.priority]


class Muted(StrEnum):
    """Why a feed is asked once a week only."""

    NO = ""
    GONE = "gone"
    """The server said 410."""
    QUARANTINED = "quarantined"
    """It harmed its parser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What `next_poll` keeps of one feed.

    `interval_s` is 0 before the first poll.  `errors` is the weighted sum of failures in a row
    (`failing.WEIGHTS`), `failing_since_s` the first of them, `said_s` when that was last said:
    above 0 from then on until the feed answers.  `last_new_s` is when news was last found,
    `waits_since_s` when its host first turned it away, 0 since it was last asked.
    """

    interval_s: float = 0.0
    errors: float = 0.0
    failing_since_s: float = 0.0
    said_s: float = 0.0
    muted: Muted = Muted.NO
    last_new_s: float = 0.0
    waits_since_s: float = 0.0

    @property
    def said(self) -> bool:
        """True while an outage of the feed is on record; the poll that ends it makes it False."""
        return self.said_s > 0


NEW = Pace()
"""Of a feed that was never polled."""

TIME_MOST_S = 1e11
"""Unix seconds: the year 5138."""


def sound(pace: Pace) -> Pace:
    """The pace as it is stored; one with what can be no time is as if of a new feed."""
    times = (pace.interval_s, pace.failing_since_s, pace.said_s, pace.last_new_s)
    return pace if all(0 <= time <= TIME_MOST_S for time in times) and pace.errors >= 0 else NEW
