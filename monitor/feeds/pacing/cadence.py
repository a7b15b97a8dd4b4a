"""Cadence: how much news a feed brings in which hour of the week, and when too little; pure.

In: whether each poll found news, and when.  Out: `feed_quiet`, once until news comes
again.  Invariant: only hours in which the feed was seen to answer are learned from, so an outage is
not mistaken for the feed's habit.

The statistic: how often news is expected in a silence, by the rates of its hours of the week.  For
a feed that keeps to its week, chance leaves 6 expected times out in 1 silence of 400 (e^-6).  Times
are counted, not entries, for these come in lumps.  Outlets take holidays, so a silence alarms only
above `SILENCE_LEAST` + a working day of this feed, and above `LONGEST_TIMES` of the longest silence
it has had before, measured the same way.
"""

from dataclasses import dataclass, replace

from monitor.feeds.events import FeedEvent
from streams.decision import Reason

HOUR_S = 3_600.0
WEEK_HOURS = 168

SILENCE_LEAST = 6.0
"""Expected times of news none of which came."""

WORKING_DAYS = 5
DAY_MOST = 24.0
"""Allowed for a holiday, in expected times: a fifth of a week; but who has news more than once an
hour has some on holidays too."""

LONGEST_TIMES = 1.5
LONGEST_KEEPS = 0.9
"""Of the longest silence: so much above it, and so much of it is kept each week."""

SILENCE_LEAST_S = 2 * HOUR_S
"""A busy wire may take a break."""

WEEKS_LEAST = 2
NEWS_LEAST = 20.0
"""Before that, nothing is said of a feed."""

WEEKS_KEPT = 8
"""An hour's rate is the mean of about as many weeks: seasons change."""

UNSEEN_MOST_S = 6 * HOUR_S
"""Between two polls that were answered; of hours in a longer gap nobody knows."""

RATE_MOST = 10**9
"""Thousandths per hour: nobody polls a million times an hour."""

MILLI = 1_000
"""Rates are kept in thousandths per hour: whole numbers, 1 kB in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """What was learned of one feed.

    `rates` are thousandths per hour for each hour of the week, from Thursday 0:00 UTC on (as Unix
    time has it), none before the first hour is over.  `hours` were learned from, `count` polls
    found news in the one that ends next, `seen_s` (Unix) is the last poll that was answered.
    `longest` is the longest silence before, in expected times; `quiet` says that `feed_quiet` is on
    record.
    """

    rates: tuple[int, ...] = ()
    hours: int = 0
    count: int = 0
    seen_s: float = 0.0
    longest: float = 0.0
    quiet: bool = False


UNLEARNED = Cadence()
"""Of a feed that was never polled."""


def sound(cadence: Cadence) -> Cadence:
    """The cadence as it is stored; one that `watch` cannot have made is as if never learned."""
    rates_are = all(0 <= rate <= RATE_MOST for rate in cadence.rates)
    sound = len(cadence.rates) in {0, WEEK_HOURS} and rates_are and cadence.hours >= 0
    return cadence if sound else UNLEARNED


def watch(
    cadence: Cadence, *, news: bool, last_new_s: float, now_s: float
) -> tuple[Cadence, FeedEvent | None]:
    """After a poll at `now_s` that was answered, with `news` or without.

    `last_new_s` (Unix) is when some was found before this poll.  What comes at a feed's first poll
    is no news, it came when nobody looked.
    """
    learned = _learn(cadence, news, now_s)
    if news:
        return _spoke(learned, last_new_s, now_s), None
    said = None if cadence.quiet else gone_quiet(learned, last_new_s, now_s)
    if said is None:
        return learned, None
    return replace(learned, quiet=True), FeedEvent(reason=Reason.FEED_QUIET, detail=said)


def gone_quiet(cadence: Cadence, last_new_s: float, now_s: float) -> str | None:
    """What to say of a silence that is too long, else None."""
    if not _known(cadence) or not last_new_s or now_s - last_new_s < SILENCE_LEAST_S:
        return None
    missed = expected(cadence, last_new_s, now_s)
    if missed < allowed(cadence):
        return None
    hours = (now_s - last_new_s) / HOUR_S
    return f"nothing new for {hours:.0f} h, in which it usually has news {missed:.0f} times"


def expected(cadence: Cadence, start_s: float, end_s: float) -> float:
    """How often news usually comes between two Unix times."""
    if not cadence.rates or end_s <= start_s:
        return 0.0
    weeks, rest_s = divmod(end_s - start_s, WEEK_HOURS * HOUR_S)
    total, at_s, until_s = weeks * sum(cadence.rates), start_s, start_s + rest_s
    while at_s < until_s:
        next_s = min((at_s // HOUR_S + 1) * HOUR_S, until_s)
        total += cadence.rates[_hour(at_s) % WEEK_HOURS] * (next_s - at_s) / HOUR_S
        at_s = next_s
    return total / MILLI


def allowed(cadence: Cadence) -> float:
    """The longest silence without an alarm, in expected times."""
    day = sum(cadence.rates) / MILLI / WORKING_DAYS
    return max(SILENCE_LEAST + min(day, DAY_MOST), LONGEST_TIMES * cadence.longest)


def _known(cadence: Cadence) -> bool:
    weeks = min(cadence.hours / WEEK_HOURS, WEEKS_KEPT)
    return weeks >= WEEKS_LEAST and weeks * sum(cadence.rates) / MILLI >= NEWS_LEAST


def _spoke(cadence: Cadence, last_new_s: float, now_s: float) -> Cadence:
    """News ends a silence, which is remembered as far as it was still allowed."""
    silence = expected(cadence, last_new_s, now_s) if last_new_s and _known(cadence) else 0.0
    longest = max(cadence.longest, min(silence, allowed(cadence)))
    return replace(cadence, longest=round(longest, 3), quiet=False)


def _learn(cadence: Cadence, news: bool, now_s: float) -> Cadence:
    """With the hours that are over; none of a gap, nor of a silence that is on record."""
    then, now = _hour(cadence.seen_s), _hour(now_s)
    gap = abs(now_s - cadence.seen_s) > UNSEEN_MOST_S  # of polls, or of a clock that went back
    if now <= then and not gap:
        return replace(cadence, count=cadence.count + news, seen_s=max(now_s, cadence.seen_s))
    if gap or cadence.quiet:
        return replace(cadence, count=int(news), seen_s=now_s)
    rates, hours = list(cadence.rates or [0] * WEEK_HOURS), cadence.hours
    for hour in range(then, now):
        kept = min(hours // WEEK_HOURS + 1, WEEKS_KEPT)
        bucket, count = hour % WEEK_HOURS, cadence.count if hour == then else 0
        rates[bucket] = int(rates[bucket] + (count * MILLI - rates[bucket]) / kept)
        hours += 1
    weeks = hours // WEEK_HOURS - cadence.hours // WEEK_HOURS
    longest = round(cadence.longest * LONGEST_KEEPS**weeks, 3)
    return replace(
        cadence, rates=tuple(rates), hours=hours, count=int(news), seen_s=now_s, longest=longest
    )


def _hour(moment_s: float) -> int:
    return int(moment_s // HOUR_S)
