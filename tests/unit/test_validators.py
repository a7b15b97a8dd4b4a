"""monitor.feeds.pacing.validators: a server that lies is found, an honest one is not blamed."""

from dataclasses import replace
from math import log
from random import Random

import pytest

from monitor.feeds.events import FeedEvent
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
