"""After: how a poll ended in, what is kept of it and when the next one is, out; pure.

In: the feed, its state, how its poll ended, the time and a random number.  Out: a `Plan`.
Invariants: what the broker has not acknowledged is not in the state; each thing that ops should
know of is one event.
"""

from dataclasses import dataclass, replace
from typing import TypedDict

from monitor.feeds.events import FeedEvent
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import Failed, Later, Trouble
from monitor.feeds.fetching.hosts import site_of_url
from monitor.feeds.fetching.redacted import redacted_url
from monitor.feeds.pacing import outcomes
from monitor.feeds.pacing.cadence import Cadence, watch
from monitor.feeds.pacing.moved import Moving, follow, lost, stayed
from monitor.feeds.pacing.next_poll import HELD_S, next_poll
from monitor.feeds.pacing.outcomes import NO_HINTS, Hints, Outcome
from monitor.feeds.pacing.pace import bounds_of
from monitor.feeds.pacing.validators import Trust, modified, not_modified, probed
from monitor.feeds.parsers.frames import Harmed
from monitor.feeds.polling.ended import Ended, Learned, Said, Unchanged, Unpublished
from monitor.feeds.state.changes import Changes
from monitor.feeds.state.feed_state import FeedState, Owed

AT_ONCE_S = 0.0
"""Where a poll left something: more that a hub sent, more files of a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to store of a feed, what to put on record, and when the next poll is, in seconds."""

    wait_s: float
    state: FeedState
    events: tuple[FeedEvent, ...] = ()
    changes: Changes | None = None


def after(
    feed: Feed, state: FeedState, ended: Ended, *, subscribed: bool, now_s: float, random: float
) -> Plan:
    """The plan after a poll that ended at `now_s`; `subscribed`: a hub tells of the feed's news.

    `state` is the one the poll began with; `random` in [0, 1).
    """
    match ended:
        case Learned(stuck=why) if why:
            return _stuck(feed, ended, now_s, random)
        case Learned() | Unchanged():
            return _answered(feed, state, ended, subscribed, now_s, random)
        case _:
            planned = next_poll(feed, state.pace, _outcome(ended), NO_HINTS, now_s, random)
            moving = lost(state.moving) if isinstance(ended, Failed) else state.moving
            kept = replace(state, pace=planned.pace, moving=moving)
            return Plan(wait_s=planned.wait_s, state=kept, events=planned.events)


def owing(plan: Plan, feed: Feed, owed: Owed, now_s: float) -> Plan:
    """The plan where the broker did not take `events`: they are owed, all else stays.

    The feed is due soon, to say them; its outlet is asked when it would have been.
    """
    events = owed.and_also(plan.events)
    asked_in_s = owed.wait_s(feed.url, now_s) or plan.wait_s
    kept = replace(plan.state, owed=Owed(events=events, url=feed.url, ask_at_s=now_s + asked_in_s))
    soon_s = min(plan.wait_s, HELD_S, bounds_of(feed).shortest_s)
    return replace(plan, wait_s=soon_s, state=kept, events=())


def _stuck(feed: Feed, ended: Learned, now_s: float, random: float) -> Plan:
    """What is published is remembered, though its files come again."""
    failed = outcomes.Failure(trouble=Trouble.SOFT, why=ended.stuck)
    planned = next_poll(feed, ended.state.pace, failed, NO_HINTS, now_s, random)
    return Plan(
        wait_s=AT_ONCE_S if ended.more else planned.wait_s,
        state=replace(ended.state, pace=planned.pace),
        events=(*ended.changes.events, *planned.events),
        changes=ended.changes,
    )


def _outcome(ended: Ended) -> Outcome:
    match ended:
        case Learned(changes=changes) if changes.publish:
            return outcomes.News()
        case Learned() | Unchanged():
            return outcomes.Nothing()
        case Unpublished():
            return outcomes.Held()
        case Later():
            return outcomes.Later(ended.wait_s)
        case Harmed():
            return outcomes.Quarantined(ended.why)
        case Failed():
            return outcomes.Failure(
                trouble=ended.trouble,
                retry_after_s=ended.retry_after_s,
                status=ended.status,
                why=ended.why,
            )


def _answered(
    feed: Feed,
    state: FeedState,
    ended: Learned | Unchanged,
    subscribed: bool,
    now_s: float,
    random: float,
) -> Plan:
    said = ended.said
    hints = Hints(max_age_s=said.max_age_s, ttl_s=said.ttl_s, pushed=subscribed)
    planned = next_poll(feed, state.pace, _outcome(ended), hints, now_s, random)
    known, changes, left = state, None, said.more
    if isinstance(ended, Learned):
        known, changes, left = ended.state, ended.changes, left or ended.more
    brought = bool(changes and changes.publish)
    habits, events = _learn(feed, state, said, brought=brought, now_s=now_s, random=random)
    return Plan(
        wait_s=AT_ONCE_S if left else planned.wait_s,
        state=replace(known, pace=planned.pace, answered_s=now_s, **habits),
        events=(*(changes.events if changes else ()), *planned.events, *events),
        changes=changes,
    )


class _Habits(TypedDict):
    """What of a feed's state any answer may change."""

    cadence: Cadence
    trust: Trust
    moving: Moving


def _learn(
    feed: Feed, state: FeedState, said: Said, *, brought: bool, now_s: float, random: float
) -> tuple[_Habits, list[FeedEvent]]:
    """What an answer teaches of the feed's habits, its address and its validators."""
    cadence, quiet = watch(
        state.cadence,
        news=brought and not state.first_poll,
        last_new_s=state.pace.last_new_s,
        now_s=now_s,
    )
    trust, lies = _trust(state, said, brought=brought, now_s=now_s, random=random)
    moving, moved = state.moving, None
    if said.hops:
        target = said.hops[-1].url
        moving, moved = follow(
            moving,
            feed.url,
            [hop.status for hop in said.hops],
            target,
            now_s,
            same_site=site_of_url(target) == site_of_url(feed.url),
            overlap=said.overlap,
            shown=redacted_url(target),
        )
    elif not said.pushed:
        moving = stayed(moving)
    habits = _Habits(cadence=cadence, trust=trust, moving=moving)
    return habits, [event for event in (quiet, lies, moved) if event]


def _trust(
    state: FeedState, said: Said, *, brought: bool, now_s: float, random: float
) -> tuple[Trust, FeedEvent | None]:
    """What an answer teaches of the feed's validators."""
    if said.probe:
        return probed(
            state.trust, state.body, said.probe, brought=brought, now_s=now_s, random=random
        )
    if said.not_modified:
        return not_modified(state.trust), None
    return (modified(state.trust) if said.conditional else state.trust), None
