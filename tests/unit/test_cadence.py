"""A feed that has gone quiet: said once, not of a night, a weekend, a holiday or an outage."""

import random
from collections.abc import Callable

import msgspec
import pytest

from monitor.feeds.pacing.cadence import Cadence, expected, watch
from streams.decision import Reason

HOUR, DAY, WEEK = 3_600.0, 86_400.0, 7 * 86_400.0
MONDAY = 1_767_571_200.0  # 5 January 2026, 0:00 UTC
POLL_S = 900.0


def office(per_day: float) -> Callable[[float], float]:
    """Entries an hour: Monday to Friday, 8 to 18."""

    def rate(at_s: float) -> float:
        day, hour = divmod((at_s - MONDAY) % WEEK / HOUR, 24)
        return per_day / 10 if day < 5 and 8 <= hour < 18 else 0.0

    return rate


def steady(per_day: float) -> Callable[[float], float]:
    return lambda _: per_day / 24


class Watched:
    """A feed, polled every quarter of an hour against a virtual clock."""

    def __init__(self, rate: Callable[[float], float], seed: int = 1, lump: int = 1) -> None:
        self.cadence, self.now_s, self.last_new_s = Cadence(), MONDAY, 0.0
        self.said_s: list[float] = []
        self._rate, self._dice, self._lump = rate, random.Random(seed), lump

    def run(self, for_s: float, *, silent: bool = False) -> "Watched":
        until_s = self.now_s + for_s
        while self.now_s < until_s:
            self.now_s += POLL_S
            rate = 0.0 if silent else self._rate(self.now_s) * POLL_S / HOUR / self._lump
            new = self._lump * (self._dice.random() < rate)
            self.cadence, event = watch(
                self.cadence, news=bool(new), last_new_s=self.last_new_s, now_s=self.now_s
            )
            self.last_new_s = self.now_s if new else self.last_new_s
            if event:
                assert (event.reason, new) == (Reason.FEED_QUIET, 0)
                self.said_s.append(self.now_s)
        return self

    def quiet_after(self) -> float:
        """Hours of silence until it is said."""
        begun_s = self.now_s
        self.said_s.clear()
        self.run(6 * WEEK, silent=True)
        [said_s] = self.said_s  # once
        return (said_s - begun_s) / HOUR


@pytest.mark.parametrize(
    ("rate", "at_least_h", "at_most_h"),
    [
        (steady(90), 2, 24),
        (steady(24), 8, 48),
        (steady(5), 24, 120),
        (office(40), 9, 5 * 24),
        (office(10), 24, 7 * 24),
    ],
)
def test_a_feed_that_dies_is_said_once(
    rate: Callable[[float], float], at_least_h: float, at_most_h: float
) -> None:
    feed = Watched(rate).run(8 * WEEK)
    assert feed.said_s == []
    assert at_least_h <= feed.quiet_after() <= at_most_h


def test_nights_weekends_and_lumps_are_no_silence() -> None:
    feeds = [Watched(office(10)), Watched(office(40)), Watched(steady(2)), Watched(steady(9), 2, 8)]
    assert [feed.run(26 * WEEK).said_s for feed in feeds] == [[]] * 4


def test_a_holiday_is_no_silence() -> None:
    feed = Watched(office(10)).run(8 * WEEK)
    feed.run(DAY, silent=True).run(6 * DAY)
    assert feed.said_s == []


def test_news_ends_it_and_the_next_silence_of_that_length_is_known() -> None:
    feed = Watched(office(10)).run(8 * WEEK)
    feed.run(2 * WEEK, silent=True).run(2 * WEEK)
    assert len(feed.said_s) == 1
    assert not feed.cadence.quiet
    before = feed.said_s[0] - MONDAY - 8 * WEEK
    assert feed.quiet_after() * HOUR > before


def test_of_a_new_or_rare_feed_nothing_is_said() -> None:
    assert Watched(steady(20)).run(10 * DAY).run(3 * DAY, silent=True).said_s == []
    assert Watched(steady(0.2)).run(8 * WEEK).run(6 * WEEK, silent=True).said_s == []


def test_an_outage_teaches_nothing() -> None:
    feed = Watched(steady(24)).run(4 * WEEK)
    rates, feed.now_s = feed.cadence.rates, feed.now_s + 3 * WEEK
    feed.run(HOUR / 2)
    assert feed.cadence.rates == rates


def test_expected_adds_up_over_hours_and_weeks() -> None:
    feed = Watched(office(10)).run(9 * WEEK).cadence
    week = expected(feed, MONDAY, MONDAY + WEEK)
    assert week == pytest.approx(50, rel=0.35)
    assert expected(feed, MONDAY, MONDAY + 3 * WEEK) == pytest.approx(3 * week)
    parts = [expected(feed, MONDAY + n * WEEK / 9, MONDAY + (n + 1) * WEEK / 9) for n in range(9)]
    assert sum(parts) == pytest.approx(week)
    assert expected(feed, MONDAY, MONDAY) == expected(Cadence(), 0, WEEK) == 0.0


def test_it_stays_small() -> None:
    stored = msgspec.json.encode(Watched(steady(90)).run(8 * WEEK).cadence)
    assert len(stored) < 1_300
    assert msgspec.json.decode(stored, type=Cadence).hours > 0
