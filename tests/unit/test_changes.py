"""monitor.feeds.state.changes: what of a window is news, against a slow obvious oracle."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stubs.windows import DAY, FEED, HOUR, Memory, clock, item, told

from monitor.feeds.feed import BACKFILL_ALL_S
from monitor.feeds.state.changes import JUMP_S, MAX_REVS, RESURFACED_AFTER_S, Changes
from monitor.feeds.state.feed_state import FeedState
from monitor.feeds.state.known import Known, known_value, read_known
from monitor.feeds.state.overlap import WINDOW_MOST, WindowFacts, pack_window, read_window
from streams.decision import Reason
from streams.item import Clock, Kind, Precision
from streams.story import version


def test_the_first_poll_is_a_baseline_and_stays_one_on_a_new_broker() -> None:
    window = [item(1, ago_s=60), item(2, ago_s=3 * HOUR), item(3, ago_s=None)]
    memory = Memory()
    first = memory.poll(window)
    assert [i.baseline for i in first.publish] == [False, True, True]
    assert {i.kind for i in first.publish} == {Kind.NEW}
    assert memory.poll(window).publish == ()
    assert told(memory.poll(window, again=True)) == told(first)
    assert [i.baseline for i in memory.poll([item(4, ago_s=3 * HOUR)]).publish] == [False]


def test_all_is_news_where_the_feed_says_so() -> None:
    memory = Memory(feed=replace(FEED, backfill_s=BACKFILL_ALL_S))
    old = item(2, ago_s=90 * DAY)
    assert [(i.baseline, i.kind) for i in memory.poll([item(1, ago_s=None), old]).publish] == [
        (False, Kind.NEW),
        (False, Kind.RESURFACED),
    ]


@pytest.mark.parametrize(
    ("ago_s", "baseline"), [(60.0, False), (None, False), (3 * HOUR, True), (9 * DAY, True)]
)
def test_a_baseline_items_new_words_are_news_unless_its_clock_says_otherwise(
    ago_s: float | None, baseline: bool
) -> None:
    memory = Memory()
    memory.poll([item(1, ago_s=10 * DAY)])
    changed = replace(item(1, "Other words", ago_s=10 * DAY), published=None)
    [update] = memory.poll(
        [replace(changed, updated=None if ago_s is None else clock(ago_s))]
    ).publish
    assert (update.kind, update.rev, update.baseline) == (Kind.UPDATE, 2, baseline)


def test_revisions_end_and_cancellations_do_not() -> None:
    memory = Memory()
    for minute in range(MAX_REVS):
        assert memory.poll([item(1, f"It is {minute} past")]).publish
    last = memory.poll([item(1, "It is late")])
    assert last.publish == ()
    assert [(d.item.title, d.reason) for d in last.dropped] == [
        ("It is late", Reason.REVISED_TOO_OFTEN)
    ]
    assert memory.poll([item(1, "It is late")]) == Changes((), {})
    [killed] = memory.poll([item(1, "It is late", pub_status="canceled")]).publish
    assert (killed.kind, killed.rev) == (Kind.CANCELLED, MAX_REVS + 1)


def test_a_cancelled_item_is_told_once_and_may_come_back() -> None:
    memory = Memory()
    usable, gone = item(1), item(1, pub_status="Canceled")
    memory.poll([usable])
    assert told(memory.poll([gone])) == [(usable.id, Kind.CANCELLED, 2, False)]
    assert memory.poll([gone]).publish == ()
    assert told(memory.poll([usable])) == [(usable.id, Kind.UPDATE, 3, False)]
    assert told(Memory(polls=1).poll([gone])) == [(usable.id, Kind.CANCELLED, 1, False)]


def test_the_same_words_days_later_are_shown_as_resurfaced() -> None:
    memory = Memory()
    memory.poll([item(1, ago_s=157 * DAY)])
    [again] = memory.poll([item(1, ago_s=60)]).publish
    assert (again.kind, again.rev, again.baseline) == (Kind.RESURFACED, 2, False)
    assert memory.poll([item(1, ago_s=0)]).publish == ()  # a minute later: nothing
    assert memory.poll([item(1, ago_s=90 * DAY)]).publish == ()  # put right, backwards
    rewritten = item(1, "Other words", ago_s=30)
    assert [i.kind for i in memory.poll([rewritten]).publish] == [Kind.UPDATE]


def test_only_the_dates_tell_that_a_story_is_old() -> None:
    seed = item(1, "Will not impose sanctions against Pakistan on terror: US")
    day = Clock(at="2016-09-07", precision=Precision.DATE)
    seed = replace(seed, published=day, updated=Clock(at="2017-02-11", precision=Precision.DATE))
    [shown] = Memory(polls=1).poll([seed]).publish
    assert (shown.kind, shown.rev) == (Kind.RESURFACED, 1)
    just = [item(1, ago_s=RESURFACED_AFTER_S - 1), item(2, ago_s=RESURFACED_AFTER_S + 1)]
    kinds = [i.kind for i in Memory(polls=1).poll(just).publish]
    assert kinds == [Kind.NEW, Kind.RESURFACED]


def test_what_an_agency_says_beside_the_words_is_an_update_to_the_last() -> None:
    memory = Memory()
    for n in range(MAX_REVS + 1):
        held = item(1, version="7", embargoed_until=f"2026-11-24T12:{n:02}:00Z")
        assert told(memory.poll([held])) == [
            (held.id, Kind.UPDATE if n else Kind.NEW, n + 1, False)
        ]
        assert memory.poll([held]).publish == ()
    baseline = Memory()
    old = item(1, ago_s=3 * HOUR, pub_status="withheld")
    assert told(baseline.poll([old])) == [(old.id, Kind.NEW, 1, True)]
    usable = replace(old, pub_status="usable", updated=clock(30))
    assert told(baseline.poll([usable])) == [(old.id, Kind.UPDATE, 2, False)]


def test_a_web_feeds_notes_and_urgency_are_no_update() -> None:
    memory = Memory()
    memory.poll([item(1)])
    assert memory.poll([item(1, ednote="Adds a quote", urgency=1, notice="update")]).publish == ()
    assert memory.poll([replace(item(1), tags=("b",), updated=clock(5))]).publish == ()


def test_a_status_that_was_not_known_is_learned_and_not_told() -> None:
    memory = Memory(polls=1)
    memory.known = {"f/g1": replace(memory.poll([item(1)]).known["f/g1"], text=version(item(1)))}
    assert memory.poll([item(1, pub_status="withheld")]).publish == ()
    assert [i.kind for i in memory.poll([item(1, pub_status="usable")]).publish] == [Kind.UPDATE]


def test_an_outdated_version_is_not_published_to_a_new_broker_either() -> None:
    memory = Memory()
    memory.poll([item(1, version="10")])
    for status in ("usable", "canceled"):
        old = memory.poll([item(1, "Old", version="9", pub_status=status)], again=True)
        assert (old.publish, old.known) == ((), {})
        assert [d.reason for d in old.dropped] == [Reason.OUTDATED_VERSION]
    assert len(memory.poll([item(1, "Unnumbered", version="x")]).publish) == 1
    assert [d.detail for d in memory.poll([item(1, "Old", version="9")]).dropped] == [
        "version 9 after version 10"
    ]


def test_a_window_is_remembered_by_its_digests() -> None:
    digests = [n.to_bytes(8, "big") for n in range(WINDOW_MOST + 5)]
    assert read_window(pack_window(digests)) == set(digests[:WINDOW_MOST])
    state = FeedState(window=pack_window(digests[:10]), baseline_done=True, polled_s=9.0)
    assert state.facts(digests[5:20]) == WindowFacts(overlap=5, total=15, previous=10, since_s=9.0)
    assert FeedState().facts([]) == WindowFacts(first_poll=True)


# -- any feed, against an oracle that keeps every version ----------------------------------------

VERSION = st.tuples(
    st.integers(0, 3),  # which item
    st.sampled_from(["One", "Two", "one!"]),  # "one!" are the words of "One"
    st.sampled_from([None, 60.0, DAY, 30 * DAY]),
    st.sampled_from(["", "canceled"]),
)
WINDOWS = st.lists(
    st.lists(VERSION, max_size=4, unique_by=lambda version: version[0]), min_size=1, max_size=8
)


def words(title: str) -> str:
    return title.lower().strip("!")


@given(WINDOWS, st.sets(st.integers(1, 7)))
def test_any_feed(windows: list[list[tuple[int, str, float | None, str]]], new_brokers: set[int]):
    """Few items, so neither migration nor cap: published is what is new, and nothing twice."""
    memory = Memory()
    truth: dict[int, tuple[str, float | None, str, int]] = {}
    for poll, window in enumerate(windows):
        again = poll in new_brokers
        changes = memory.poll(
            [item(n, t, ago_s=ago, pub_status=status) for n, t, ago, status in window],
            again=again,
        )
        expected = []
        for n, title, ago, status in window:
            before = truth.get(n)
            jumped = (
                before is not None and None not in (before[1], ago) and before[1] - ago > JUMP_S  # type: ignore[operator]  # neither is None
            )
            news = before is None or before[0] != words(title) or before[2] != status or jumped
            rev = 1 if before is None else before[3] + news
            truth[n] = (words(title), ago, status, rev)
            if news or again:
                expected.append((f"f/g{n}", rev))
        assert [(i.id, i.rev) for i in changes.publish] == expected
        assert changes.dropped == ()
        for published in changes.publish:
            cancelled = published.pub_status == "canceled"
            assert (published.kind is Kind.CANCELLED) == cancelled
    assert {i: k.rev for i, k in memory.known.items()} == {
        f"f/g{n}": rev for n, (*_, rev) in truth.items()
    }


@given(
    st.builds(
        Known,
        st.integers(1, 99),
        st.sampled_from(["", "s"]),
        st.just("t"),
        st.booleans(),
        st.booleans(),
        st.integers(-1, 2**33),
        st.sampled_from(["", "u"]),
        st.sampled_from(["", "h"]),
        st.integers(0, 10**19),
    )
)
def test_known_is_read_as_it_was_stored(known: Known) -> None:
    assert read_known({"i": known_value(known, 7)}) == {"i": known}
