"""Failing: when a feed that does not answer is asked again, and when that is said; pure.

In: the pace, a failure.  Out: seconds and the pace after it.  Invariants: a feed is never given up;
what is said of an outage is said once, then once a week.
"""

from dataclasses import replace
from math import pow

from monitor.feeds.events import FeedEvent
from monitor.feeds.fetching.answers import Trouble
from monitor.feeds.fetching.hints import RETRY_AFTER_MOST_S
from monitor.feeds.pacing.outcomes import Failure
from monitor.feeds.pacing.pace import Bounds, Muted, Pace
from streams.decision import Reason

WEIGHTS = {Trouble.DNS: 0.25, Trouble.SOFT: 0.5}
"""Of a failure, 1 where not listed: what passes by itself counts for less (so MediaCloud)."""

DOUBLINGS_MOST = 24.0
"""2 to the power of it is above any wait; `errors` grows no further."""

KEEP_OFF = frozenset({Trouble.BUSY, Trouble.CHALLENGED})
"""The host wants fewer requests."""

KEEP_OFF_FIRST_S = 600.0
"""Where it does not say for how long: NetNewsWire's choice; doubles."""

KEEP_OFF_SPREAD = 0.5
"""Of the wait, at random on top: hosts are busy because all come at once."""

MATTERS_ERRORS = 3.0
"""Three hard failures, six timeouts: a restart of the outlet's server is not worth a line."""

MATTERS_WAIT_S = 3_600.0
"""Nor waits the desk so long for a feed without a word."""

WEEK_S = 7 * 86_400.0
"""Between two polls of a muted feed, and between two reminders of an outage."""

JITTER = 0.1
"""Of a wait, on top: feeds that failed together do not come back together."""

_MUTED = {Muted.GONE: Reason.FEED_GONE, Muted.QUARANTINED: Reason.FEED_QUARANTINED}


def failed(
    pace: Pace, failure: Failure, bounds: Bounds, now_s: float, random: float
) -> tuple[float, Pace, tuple[FeedEvent, ...]]:
    """Wait, pace and events after a failure; `random` in [0, 1).

    Doubles from the shortest interval on, so that a feed is asked again about as soon as its outage
    has lasted.  A muted feed stays muted until it answers.
    """
    errors = min(pace.errors + WEIGHTS.get(failure.trouble, 1.0), DOUBLINGS_MOST)
    wait_s = _wait_s(pace, errors, failure, bounds, random)
    since_s = min(pace.failing_since_s or now_s, now_s)
    matters = pace.said or errors >= MATTERS_ERRORS or wait_s >= MATTERS_WAIT_S
    say = matters and not (pace.said and 0 <= now_s - pace.said_s < WEEK_S)
    after = replace(
        pace,
        errors=errors,
        failing_since_s=since_s,
        said_s=now_s if say else pace.said_s,
    )
    return wait_s, after, (_failing(failure, max(0.0, now_s - since_s), wait_s),) if say else ()


def muted(
    pace: Pace, why: Muted, detail: str, now_s: float, random: float
) -> tuple[float, Pace, tuple[FeedEvent, ...]]:
    """A week's wait; each weekly poll that changes nothing is a reminder."""
    since_s = min(pace.failing_since_s or now_s, now_s)
    after = replace(pace, muted=why, failing_since_s=since_s, said_s=now_s)
    return WEEK_S * (1 + JITTER * random), after, (FeedEvent(reason=_MUTED[why], detail=detail),)


def _wait_s(pace: Pace, errors: float, failure: Failure, bounds: Bounds, random: float) -> float:
    asked = min(max(0.0, failure.retry_after_s), RETRY_AFTER_MOST_S)
    keep_off = failure.trouble in KEEP_OFF and not asked
    first, spread = (KEEP_OFF_FIRST_S / 2, KEEP_OFF_SPREAD) if keep_off else (0.0, JITTER)
    doubled = max(first, bounds.shortest_s) * pow(2.0, errors)
    backed_off = bounds.backoff_s if pace.muted else min(doubled, bounds.backoff_s)
    return max(backed_off, bounds.shortest_s, asked) * (1 + spread * random)


def _failing(failure: Failure, lasted_s: float, wait_s: float) -> FeedEvent:
    said = failure.why or f"{failure.trouble} {failure.status or ''}".strip()
    detail = f"{said}; failing for {shown_span(lasted_s)}, asked again in {shown_span(wait_s)}"
    return FeedEvent(reason=Reason.FEED_FAILING, detail=detail)


def shown_span(seconds: float) -> str:
    """As people say it: `40 s`, `12 min`, `6 h`, `9 days`."""
    for unit, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"
