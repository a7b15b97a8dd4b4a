"""monitor.feeds.pacing.next_poll: when a feed is asked next, and that it is never given up."""

from dataclasses import replace
from math import inf, nan

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.feed import Feed, Priority
from monitor.feeds.fetching.answers import Trouble
from monitor.feeds.fetching.hints import RETRY_AFTER_MOST_S
from monitor.feeds.pacing.failing import KEEP_OFF, WEEK_S
from monitor.feeds.pacing.next_poll import Planned, next_poll
from monitor.feeds.pacing.outcomes import (
    NO_HINTS,
    Failure,
    Held,
    Hints,
    Later,
    News,
    Nothing,
    Outcome,
    Quarantined,
)
from monitor.feeds.pacing.pace import BACKOFF_MOST_S, BOUNDS, Muted, Pace, bounds_of
from streams.decision import Reason

NOW = 1_790_000_000.0
DAY = 86_400.0
FEED = Feed(id="f", url="https://f.example/")
TROUBLES = [trouble for trouble in Trouble if trouble is not Trouble.GONE]


def plan(
    outcome: Outcome, pace: Pace | None = None, feed: Feed = FEED, hints: Hints = NO_HINTS
) -> Planned:
    begun = Pace(interval_s=bounds_of(feed).first_s(0.5))
    return next_poll(feed, pace or begun, outcome, hints, NOW, 0.5)


def repeat(outcome: Outcome, times: int, feed: Feed = FEED) -> list[Planned]:
    """The plans of a feed whose polls all end so, each asked when the one before says."""
    planned, now_s, pace = [], NOW, Pace()
    for _ in range(times):
        planned.append(next_poll(feed, pace, outcome, NO_HINTS, now_s, 0.5))
        pace, now_s = planned[-1].pace, now_s + planned[-1].wait_s
    return planned


@pytest.mark.parametrize("priority", Priority)
def test_news_makes_it_faster_silence_slower_within_bounds(priority: Priority) -> None:
    feed, bounds = replace(FEED, priority=priority), BOUNDS[priority]
    quick, slow = repeat(News(), 20, feed), repeat(Nothing(), 20, feed)
    assert quick[0].pace.interval_s == pytest.approx(bounds.first_s(0.5) / 2)
    assert slow[0].pace.interval_s == pytest.approx(bounds.first_s(0.5) * 1.2)
    assert (quick[-1].wait_s, slow[-1].wait_s) == (bounds.shortest_s, bounds.longest_s)


def test_every_is_a_fixed_interval_whatever_the_server_asks() -> None:
    feed = replace(FEED, every_s=7.0)
    hints = Hints(max_age_s=600, ttl_s=60)
    assert [plan(o, feed=feed, hints=hints).wait_s for o in (News(), Nothing())] == [7.0, 7.0]


@pytest.mark.parametrize(
    ("hints", "priority", "wait_s"),
    [
        (Hints(max_age_s=300), Priority.NORMAL, 300 * 1.05),
        (Hints(ttl_s=400, max_age_s=300), Priority.NORMAL, 400 * 1.05),
        (Hints(max_age_s=16 * 365 * DAY), Priority.NORMAL, 900 * 1.05),
        (Hints(max_age_s=inf), Priority.LOW, 3_600 * 1.05),
        (Hints(max_age_s=600), Priority.HIGH, 300 * 1.05),
        (Hints(max_age_s=600, ttl_s=3_600), Priority.WIRE, 8.660),
        (Hints(max_age_s=nan, ttl_s=-5), Priority.NORMAL, 116.190),
        (Hints(max_age_s=0), Priority.NORMAL, 116.190),
        (Hints(pushed=True), Priority.NORMAL, 3_600 * 1.05),
        (Hints(pushed=True), Priority.WIRE, 240 * 1.05),
    ],
)
def test_hints_are_capped(hints: Hints, priority: Priority, wait_s: float) -> None:
    feed = replace(FEED, priority=priority)
    assert plan(News(), feed=feed, hints=hints).wait_s == pytest.approx(wait_s, abs=1e-3)


def test_the_broker_and_the_host_are_no_fault_of_the_feed() -> None:
    pace = Pace(interval_s=300.0, errors=2.0, failing_since_s=NOW - 60, last_new_s=5.0)
    assert plan(Held(), pace) == Planned(5.0, pace)
    waits = replace(pace, waits_since_s=NOW)
    assert plan(Later(40.0), pace) == Planned(40.0, waits)  # its turn: neither sooner nor later
    assert plan(Later(40.0), replace(pace, waits_since_s=5.0)).pace.waits_since_s == 5.0
    assert plan(Held(), waits) == Planned(5.0, pace)
    assert plan(Failure(trouble=Trouble.SOFT), waits).pace.waits_since_s == 0
    assert plan(Later(9 * DAY), pace).wait_s == RETRY_AFTER_MOST_S
    assert plan(News(), pace).pace == Pace(interval_s=150.0, last_new_s=NOW)
    assert plan(Nothing(), pace).pace == Pace(interval_s=360.0, last_new_s=5.0)


def test_failures_double_up_to_six_hours_by_their_weight() -> None:
    def waits(trouble: Trouble, n: int) -> list[int]:
        return [round(p.wait_s / 1.05) for p in repeat(Failure(trouble=trouble), n)]

    assert waits(Trouble.HARD, 11)[:4] == [120, 240, 480, 960]
    assert waits(Trouble.HARD, 11)[-2:] == [BACKOFF_MOST_S] * 2
    assert waits(Trouble.SOFT, 4) == [85, 120, 170, 240]
    assert waits(Trouble.DNS, 4)[-1] == 120
    assert repeat(Failure(trouble=Trouble.BUSY), 2)[0].wait_s == 600 * 1.25


def test_a_folder_that_is_back_is_seen_within_a_minute() -> None:
    planned = repeat(Failure(trouble=Trouble.SOFT), 30, Feed(id="d", folder="/in"))
    assert planned[-1].wait_s < 70


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_feed_is_never_given_up_and_said_once_then_weekly(trouble: Trouble) -> None:
    planned = repeat(Failure(trouble=trouble, why="no answer"), 150)
    assert all(p.wait_s <= BACKOFF_MOST_S * 1.5 for p in planned)
    lasts = sum(p.wait_s for p in planned)
    events = [event for p in planned for event in p.events]
    assert {e.reason for e in events} == {Reason.FEED_FAILING}
    assert 1 + lasts // (WEEK_S + DAY) <= len(events) <= 1 + lasts // WEEK_S + 1
    assert "no answer; failing for" in events[0].detail
    first = next(n for n, p in enumerate(planned) if p.events)
    assert 0 < first <= 12 or trouble in KEEP_OFF
    assert not planned[first - 1].pace.said or first == 0
    after = next_poll(FEED, planned[-1].pace, Nothing(), NO_HINTS, NOW, 0.5).pace
    assert (after.said, after.errors, after.failing_since_s) == (False, 0.0, 0.0)


@pytest.mark.parametrize(
    ("trouble", "asked_s", "wait_s"),
    [
        (Trouble.BUSY, 30, 120),
        (Trouble.BUSY, 7_200, 7_200),
        (Trouble.SOFT, 7_200, 7_200),
        (Trouble.BUSY, inf, 86_400),
        (Trouble.HARD, nan, 120),
    ],
)
def test_retry_after_is_honoured_up_to_a_day(
    trouble: Trouble, asked_s: float, wait_s: float
) -> None:
    planned = plan(Failure(trouble=trouble, retry_after_s=asked_s, status=429))
    assert planned.wait_s == wait_s * 1.05
    assert bool(planned.events) == (planned.wait_s > 3_600)  # nobody waits so long unsaid


@pytest.mark.parametrize(
    ("outcome", "muted", "reason"),
    [
        (Failure(trouble=Trouble.GONE, status=410), Muted.GONE, Reason.FEED_GONE),
        (Quarantined("took 10 s"), Muted.QUARANTINED, Reason.FEED_QUARANTINED),
    ],
)
def test_what_is_gone_or_harmful_is_asked_weekly(
    outcome: Outcome, muted: Muted, reason: Reason
) -> None:
    for planned in repeat(outcome, 3):
        assert (planned.wait_s, planned.pace.muted) == (WEEK_S * 1.05, muted)
        assert [event.reason for event in planned.events] == [reason]
    failed = plan(Failure(trouble=Trouble.SOFT), planned.pace)
    assert (failed.pace.muted, failed.wait_s) == (muted, BACKOFF_MOST_S * 1.05)
    assert plan(News(), failed.pace).pace.muted is Muted.NO
    assert plan(Nothing(), planned.pace).pace == Pace(interval_s=pytest.approx(279, 0.01))


OUTCOMES = st.one_of(
    st.builds(News),
    st.builds(Nothing),
    st.builds(Held),
    st.builds(Later, st.floats(allow_nan=True)),
    st.builds(Failure, trouble=st.sampled_from(Trouble), retry_after_s=st.floats()),
    st.builds(Quarantined),
)
HINTS = st.builds(
    Hints,
    max_age_s=st.none() | st.floats(),
    ttl_s=st.none() | st.floats(),
    pushed=st.booleans(),
)


@given(
    st.lists(st.tuples(OUTCOMES, HINTS, st.floats(0, 1, exclude_max=True)), max_size=40),
    st.sampled_from(Priority),
    st.sampled_from([0.0, 0.1, 60.0, DAY]),
)
def test_whatever_happens_the_feed_is_asked_again(
    polls: list[tuple[Outcome, Hints, float]], priority: Priority, every_s: float
) -> None:
    feed = replace(FEED, priority=priority, every_s=every_s)
    bounds, pace, now_s = bounds_of(feed), Pace(), NOW
    for outcome, hints, random in polls:
        planned = next_poll(feed, pace, outcome, hints, now_s, random)
        pace, now_s = planned.pace, now_s + planned.wait_s
        assert 0 <= planned.wait_s <= WEEK_S * 1.1
        assert bounds.shortest_s <= pace.interval_s <= bounds.longest_s
        if isinstance(outcome, News | Nothing):
            most = bounds.longest_s * (4 if hints.pushed else 1)
            assert bounds.shortest_s * 0.9 <= planned.wait_s <= most * 1.1
            assert (pace.errors, pace.muted, pace.said) == (0.0, Muted.NO, False)
    stored = msgspec.json.encode(pace)
    assert msgspec.json.decode(stored, type=Pace) == pace
    assert len(stored) < 200
