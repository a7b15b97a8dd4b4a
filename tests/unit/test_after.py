"""monitor.feeds.polling.after: what each end of a poll leaves behind."""

from dataclasses import replace

import pytest

from monitor.feeds.events import FeedEvent
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import Failed, Hop, Later, Trouble
from monitor.feeds.pacing.moved import AGREES_S, Moving
from monitor.feeds.pacing.pace import Muted, Pace
from monitor.feeds.pacing.validators import Body, Trust
from monitor.feeds.parsers.frames import Harmed
from monitor.feeds.polling.after import Plan, after, owing
from monitor.feeds.polling.ended import Ended, Learned, Said, Unchanged, Unpublished
from monitor.feeds.state.changes import Changes
from monitor.feeds.state.feed_state import NOTHING_OWED, FeedState, read_state, state_text
from streams.decision import Reason
from streams.item import Item

NOW_S = 1_790_000_000.0
HOUR_S, WEEK_S = 3_600.0, 604_800.0
A = Feed(id="a", url="https://outlet.example/a")
DROPS = Feed(id="d", folder="/in")
STATE = FeedState(
    url=A.url,
    topic_id="t1",
    etag='"v1"',
    body_hash="b1",
    baseline_done=True,
    pace=Pace(interval_s=100.0, last_new_s=NOW_S - HOUR_S),
    trust=Trust(probe_at_s=NOW_S + HOUR_S),
)
NOTHING_SAID = Said()
NEWS = Changes(publish=(Item(id="a/1", title="News"),), known={})
NO_NEWS = Changes(publish=(), known={})
GAP = FeedEvent(Reason.FEED_GAP, "none of 9 items was there at the last poll")


def plan(ended: Ended, state: FeedState = STATE, *, subscribed: bool = False) -> Plan:
    return after(A, state, ended, subscribed=subscribed, now_s=NOW_S, random=0.5)


def learned(changes: Changes, said: Said = NOTHING_SAID, *, more: bool = False) -> Learned:
    there = replace(STATE, etag='"v2"', body_hash="b2")
    return Learned(state=there, changes=changes, said=said, more=more)


def test_news_is_remembered_and_asked_for_sooner() -> None:
    after_news = plan(learned(NEWS))
    assert after_news.state.answered_s == NOW_S
    assert after_news.wait_s < 100
    assert (after_news.state.etag, after_news.state.pace.last_new_s) == ('"v2"', NOW_S)
    assert after_news.changes is NEWS
    assert after_news.events == ()


@pytest.mark.parametrize("ended", [Unchanged(), learned(NO_NEWS)])
def test_nothing_new_is_asked_for_later(ended: Learned | Unchanged) -> None:
    slower = plan(ended)
    assert slower.wait_s > 100
    assert slower.state.pace.last_new_s == STATE.pace.last_new_s


def test_what_came_to_light_in_the_window_is_an_event() -> None:
    assert plan(learned(replace(NEWS, events=(GAP,)))).events == (GAP,)


def test_what_is_published_is_remembered_though_its_files_stay() -> None:
    stuck = replace(learned(NEWS), stuck="a.json cannot be moved")
    state, events = STATE, []
    for _ in range(9):
        after_it = after(DROPS, state, stuck, subscribed=False, now_s=NOW_S, random=0.5)
        assert after_it.changes is NEWS
        assert after_it.state.body_hash == "b2"
        stuck = replace(stuck, state=after_it.state)
        events += [event.reason for event in after_it.events]
    assert events == [Reason.FEED_FAILING]
    assert after_it.wait_s < 70


def test_what_the_broker_has_not_taken_changes_nothing_and_comes_again() -> None:
    held = plan(Unpublished(why="no broker"))
    assert held.wait_s <= 5
    assert held.changes is None
    assert held.state == STATE


def test_a_failure_waits_and_is_on_record_once_it_matters() -> None:
    state, events, waits = STATE, [], []
    for _ in range(5):
        failed = plan(Failed(why="HTTP 404 Not Found", trouble=Trouble.HARD), state)
        state, events = failed.state, [*events, *failed.events]
        waits.append(failed.wait_s)
    assert waits == sorted(waits)
    assert [event.reason for event in events] == [Reason.FEED_FAILING]
    assert (state.etag, state.baseline_done) == (STATE.etag, True)
    assert plan(Unchanged(), state).state.pace.errors == 0


def test_a_turn_that_is_later_is_no_failure() -> None:
    later = plan(Later(wait_s=30, why="outlet.example is asked by others"))
    assert 30 <= later.wait_s < 34
    assert later.state.pace.errors == 0


@pytest.mark.parametrize(
    ("ended", "reason", "muted"),
    [
        (Harmed("it takes more than 10 s"), Reason.FEED_QUARANTINED, Muted.QUARANTINED),
        (Failed(why="HTTP 410 Gone", trouble=Trouble.GONE), Reason.FEED_GONE, Muted.GONE),
    ],
)
def test_what_harms_or_is_gone_is_asked_once_a_week(
    ended: Ended, reason: Reason, muted: Muted
) -> None:
    quiet = plan(ended)
    assert quiet.wait_s >= WEEK_S
    assert [event.reason for event in quiet.events] == [reason]
    assert quiet.state.pace.muted is muted
    assert plan(learned(NEWS), quiet.state).state.pace.muted is Muted.NO


@pytest.mark.parametrize(
    "ended", [learned(NEWS, more=True), learned(NEWS, Said(pushed=True, more=True))]
)
def test_what_a_poll_left_is_asked_for_at_once(ended: Learned) -> None:
    assert plan(ended).wait_s == 0


def test_a_hub_slows_the_polls() -> None:
    assert plan(Unchanged(), subscribed=True).wait_s > 3 * plan(Unchanged()).wait_s


def test_a_changed_body_under_an_equal_etag_ends_the_trust() -> None:
    due = replace(STATE, trust=Trust(probe_at_s=NOW_S - 1))
    probe = Said(probe=Body(etag='"v1"', digest="b2"))
    lie = plan(learned(NEWS, probe), due)
    assert [event.reason for event in lie.events] == [Reason.VALIDATOR_LIES]
    assert lie.state.trust.lies
    honest = plan(Unchanged(said=Said(probe=Body(etag='"v1"', digest="b1"))), due)
    assert not honest.state.trust.lies
    assert honest.state.trust.probe_at_s > NOW_S + HOUR_S


def test_news_that_only_probes_bring_ends_the_trust_at_last() -> None:
    state, events = STATE, []
    for n in range(6):
        for _ in range(30):
            state = plan(Unchanged(said=Said(not_modified=True)), state).state
        due = replace(state, trust=replace(state.trust, probe_at_s=NOW_S - 1))
        probe = Said(probe=Body(etag=f'"{n}"', digest=str(n)))
        asked = plan(learned(NEWS, probe), due)  # under an ETag that has moved on
        state, events = asked.state, [*events, *asked.events]
    assert [event.reason for event in events] == [Reason.VALIDATOR_LIES]
    assert state.trust.lies


def test_a_body_for_a_condition_keeps_the_trust() -> None:
    doubted = replace(STATE, trust=replace(STATE.trust, unchanged=3, doubt=9.0))
    answered = plan(learned(NEWS, Said(conditional=True)), doubted)
    assert answered.state.trust == STATE.trust
    assert plan(Unchanged(said=Said(conditional=True)), doubted).state.trust == STATE.trust
    assert plan(Unchanged(said=Said(pushed=True)), doubted).state.trust == doubted.trust


def test_a_move_that_lasted_is_believed_and_one_to_another_site_proposed() -> None:
    for target, asked in (("https://www.outlet.example/b", True), ("https://else.example/", False)):
        moving = Moving(target=target, since_s=NOW_S - AGREES_S - 1, polls=99)
        said = Said(url=target, hops=(Hop(301, target),))
        moved = plan(Unchanged(said=said), replace(STATE, moving=moving))
        assert [event.reason for event in moved.events] == [Reason.FEED_MOVED]
        assert moved.state.moving.settled is asked
        assert plan(Unchanged(said=said), moved.state).events == ()


def test_what_a_hub_sent_says_nothing_of_redirects() -> None:
    moving = Moving(target="https://www.outlet.example/b", since_s=NOW_S, polls=3)
    kept = plan(learned(NEWS, Said(pushed=True)), replace(STATE, moving=moving))
    assert kept.state.moving == moving


def test_what_is_owed_is_few_and_the_outlet_is_asked_no_sooner() -> None:
    first = FeedEvent(Reason.FEED_FAILING, "first")
    gone = FeedEvent(Reason.FEED_GONE, "gone")
    last = FeedEvent(Reason.FEED_FAILING, "last")
    begun = owing(Plan(wait_s=600, state=STATE, events=(first, gone)), A, NOTHING_OWED, NOW_S)
    assert (begun.wait_s, begun.events) == (5, ())
    owed = begun.state.owed
    assert (owed.events, owed.wait_s(A.url, NOW_S)) == ((first, gone), 600)
    assert owed.wait_s("https://elsewhere.example", NOW_S) == 0
    assert owed.wait_s(A.url, NOW_S - 2 * WEEK_S) == 0  # the clock went back
    again = owing(Plan(wait_s=650, state=begun.state, events=(last,)), A, owed, NOW_S + 5)
    assert again.state.owed.events == (gone, last)
    assert again.state.owed.wait_s(A.url, NOW_S + 5) == 595
    assert read_state(state_text(again.state)) == again.state
