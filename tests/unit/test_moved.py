"""monitor.feeds.pacing.moved: when a redirect is believed, and what is said of it."""

import json
from dataclasses import replace

import msgspec
import pytest

from monitor.feeds.events import FeedEvent
from monitor.feeds.pacing.moved import STAYS, Moving, asked_at, follow, lost
from monitor.feeds.pacing.validators import Trust
from streams.decision import Reason

NOW = 1_790_000_000.0
DAY = 86_400.0
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


def test_what_is_kept_of_a_feed_is_small_json() -> None:
    moving, trust = redirected()[-1][0], Trust(probe_at_s=NOW)
    for kept in (moving, trust):
        stored = msgspec.json.encode(kept)
        assert msgspec.json.decode(stored, type=type(kept)) == kept
        assert len(json.dumps(msgspec.to_builtins(kept))) < 200
