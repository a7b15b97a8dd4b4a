"""When a feed is asked next, and what comes to light of feeds on the way."""

import json
from dataclasses import replace
from math import inf, log, nan
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.events import FeedEvent
from monitor.feeds.feed import Feed, Priority
from monitor.feeds.fetching.answers import Trouble
from monitor.feeds.fetching.hints import RETRY_AFTER_MOST_S
from monitor.feeds.pacing.failing import KEEP_OFF, WEEK_S
from monitor.feeds.pacing.moved import STAYS, Moving, asked_at, follow, lost
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
from monitor.feeds.pacing.validators import (
    PROBE_S,
    UNLIKELY,
    Body,
    Trust,
    modified,
    not_modified,
    probed,
    unconditional,
)
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


OLD, HOME = "https://www.outlet.example/rss", "https://feeds.outlet.example/world.xml"


def redirected(
    target: str = HOME,
    *,
    statuses: tuple[int, ...] = (301, 308),
    same_site: bool = True,
    overlap: bool = True,
    hours: int = 80,
) -> list[tuple[Moving, FeedEvent | None]]:
    """Hourly polls of a feed that redirects."""
    moving, seen = STAYS, []
    for n in range(hours):
        moving, event = follow(
            moving,
            OLD,
            statuses,
            target,
            NOW + n * 3_600,
            same_site=same_site,
            overlap=overlap,
            shown=target,
        )
        seen.append((moving, event))
    return seen


def test_a_move_is_believed_after_three_days_and_said_once() -> None:
    seen = redirected()
    [said] = [n for n, (_, event) in enumerate(seen) if event]
    assert said == 72
    assert asked_at(seen[71][0], OLD) == OLD
    assert asked_at(seen[72][0], OLD) == asked_at(seen[-1][0], OLD) == HOME
    event = seen[72][1]
    assert event is not None
    assert (event.reason, f"write url: {HOME} in feeds.yaml" in event.detail) == (
        Reason.FEED_MOVED,
        True,
    )


@pytest.mark.parametrize(
    ("target", "same_site", "overlap", "why"),
    [
        (HOME, False, True, "another site"),
        (HOME, True, False, "none of the entries"),
        ("https://www.outlet.example/login?next=/rss", True, True, "login"),
        ("https://consent.outlet.example/", True, True, "consent"),
    ],
)
def test_what_may_not_be_believed_is_proposed_once(
    target: str, same_site: bool, overlap: bool, why: str
) -> None:
    seen = redirected(target, same_site=same_site, overlap=overlap)
    [event] = [event for _, event in seen if event]
    assert why in event.detail
    assert f"write url: {target}" in event.detail
    assert asked_at(seen[-1][0], OLD) == OLD


def test_a_temporary_hop_or_another_target_begins_anew() -> None:
    assert not [event for _, event in redirected(statuses=(301, 302)) if event]
    assert not [event for _, event in redirected(statuses=()) if event]
    moving = redirected(hours=70)[-1][0]
    other, event = follow(
        moving, OLD, [301], f"{HOME}2", NOW + 73 * 3_600, same_site=True, overlap=True, shown=""
    )
    assert (other.polls, event) == (1, None)
    rare = replace(STAYS, target=HOME, since_s=NOW, polls=1)  # one poll before a long pause
    _, event = follow(
        rare, OLD, [301], HOME, NOW + 9 * DAY, same_site=True, overlap=True, shown=HOME
    )
    assert event is None


def test_a_feed_with_two_addresses_that_fails_is_asked_at_the_other() -> None:
    moved = redirected()[-1][0]
    back = lost(moved)
    assert [asked_at(m, OLD) for m in (moved, back, lost(back))] == [HOME, OLD, HOME]
    again, event = follow(
        back, OLD, [301], HOME, NOW + 99 * 3_600, same_site=True, overlap=True, shown=HOME
    )
    assert (asked_at(again, OLD), event) == (HOME, None)
    home, _ = follow(back, OLD, [], OLD, NOW, same_site=True, overlap=True, shown=OLD)
    assert home == STAYS
    undecided = redirected(hours=10)[-1][0]
    assert lost(undecided) == undecided


A, B = Body(etag='"1"', digest="a"), Body(etag='"1"', digest="b")


@pytest.mark.parametrize(
    ("before", "after", "brought", "lies"),
    [
        (A, B, True, True),
        (A, B, False, False),  # a date or a counter
        (A, A, False, False),
        (A, replace(B, etag='"2"'), True, False),
        (replace(A, etag=""), replace(B, etag=""), True, False),  # nothing was promised
        (replace(A, last_modified="x"), replace(B, last_modified="y"), True, True),
        (Body(last_modified="x", digest="a"), Body(last_modified="x", digest="b"), True, True),
    ],
)
def test_a_liar_is_asked_unconditionally(
    before: Body, after: Body, brought: bool, lies: bool
) -> None:
    trust, event = probed(Trust(), before, after, brought=brought, now_s=NOW, random=0.25)
    assert (trust.lies, event is not None) == (lies, lies)
    assert not event or event.reason is Reason.VALIDATOR_LIES
    assert unconditional(trust, NOW + 1) == lies
    assert unconditional(trust, NOW + PROBE_S)
    assert probed(Trust(lies=True), A, B, brought=True, now_s=NOW, random=0) == (
        Trust(lies=True),
        None,
    )


def watched(
    rate_per_s: float, every_s: float, days: float, *, honest: bool, seed: int = 1
) -> tuple[int, FeedEvent | None]:
    """Probes with news until its server is called a liar, and that; entries come by chance."""
    chance, trust, now_s, probes = Random(seed), Trust(), NOW, 0
    shown = found = Body(etag='"0"')
    next_s = now_s + chance.expovariate(rate_per_s)
    while now_s < NOW + days * DAY:
        now_s += every_s * (0.95 + 0.1 * chance.random())
        while next_s <= now_s:
            shown = Body(etag=f'"{next_s}"', digest=str(next_s))
            next_s += chance.expovariate(rate_per_s)
        news = shown != found
        if unconditional(trust, now_s):
            before, found, probes = found, shown, probes + news
            trust, event = probed(
                trust, before, shown, brought=news, now_s=now_s, random=chance.random()
            )
            if event:
                return probes, event
        elif news and honest:
            trust, found = modified(trust), shown
        else:
            trust = not_modified(trust)
    return probes, None


@pytest.mark.parametrize("every_s", [60.0, 300.0, 900.0, 3_600.0])
@pytest.mark.parametrize("a_day", [0.5, 4, 24, 200])
def test_who_says_not_changed_to_whatever_is_asked_is_found(a_day: float, every_s: float) -> None:
    probes, event = watched(a_day / DAY, every_s, 30, honest=False)
    assert event is not None
    assert "whatever it is asked" in event.detail
    polls_at_least = 0.9 * PROBE_S / every_s - 2
    assert probes <= 2 + -log(UNLIKELY) / log(1 + polls_at_least)


@pytest.mark.parametrize("every_s", [60.0, 900.0, 3_600.0, 4 * 3_600.0])
@pytest.mark.parametrize("a_day", [1, 4, 24, 200])
def test_who_has_news_between_a_poll_and_a_probe_is_not_blamed(
    a_day: float, every_s: float
) -> None:
    for seed in range(3):
        assert watched(a_day / DAY, every_s, 60, honest=True, seed=seed)[1] is None


def test_one_answer_to_a_condition_takes_all_doubt_away() -> None:
    doubted = Trust(probe_at_s=NOW, unchanged=9, doubt=10.0)
    assert modified(doubted) == Trust(probe_at_s=NOW)
    assert not_modified(doubted) == replace(doubted, unchanged=10)
    fresh, _ = probed(doubted, A, replace(B, etag='"2"'), brought=True, now_s=NOW, random=0.5)
    assert (fresh.unchanged, fresh.doubt) == (0, pytest.approx(10 + log(10)))
    quiet, _ = probed(doubted, A, A, brought=False, now_s=NOW, random=0.5)
    assert (quiet.unchanged, quiet.doubt) == (0, 10.0)
    known = Trust(lies=True)
    assert (modified(known), not_modified(known)) == (known, known)


def test_what_is_kept_of_a_feed_is_small_json() -> None:
    moving, trust = redirected()[-1][0], Trust(probe_at_s=NOW)
    for kept in (moving, trust):
        stored = msgspec.json.encode(kept)
        assert msgspec.json.decode(stored, type=type(kept)) == kept
        assert len(json.dumps(msgspec.to_builtins(kept))) < 200
