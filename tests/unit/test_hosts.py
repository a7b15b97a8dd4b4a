"""Whose turn it is: spacing, two at once, pauses, memory; by a clock that a test sets."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stubs.turns import Clock

from monitor.feeds.fetching import hosts as hosts_module
from monitor.feeds.fetching.answers import Later
from monitor.feeds.fetching.hosts import (
    AT_ONCE,
    PAUSE_S,
    SPACING_S,
    WAIT_MOST_S,
    Asker,
    Hosts,
    site_of,
)

DAY_S = 86_400
ONE = Asker(name="one")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hosts(clock: Clock) -> Hosts:
    return Hosts(clock=clock, draw=lambda: 0.0)


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("feeds.bbci.co.uk", "bbci.co.uk"),
        ("WWW.Example.COM.", "example.com"),
        ("a.blogspot.com", "a.blogspot.com"),
        ("co.uk", "co.uk"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("10.0.0.1", "10.0.0.1"),
        ("[2606:4700::1]", "2606:4700::1"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_a_site_is_what_somebody_registered(host: str, site: str) -> None:
    assert site_of(host) == site


def test_starts_are_a_second_apart_and_two_at_once(hosts: Hosts, clock: Clock) -> None:
    assert hosts.reserve("a.example.com", ONE) == 0
    assert hosts.reserve("b.example.com", ONE) == SPACING_S
    assert isinstance(hosts.reserve("c.example.com", ONE), Later)
    assert hosts.reserve("other.org", ONE) == 0
    hosts.end("a.example.com")
    assert hosts.reserve("c.example.com", ONE) == 2 * SPACING_S
    hosts.end("b.example.com")
    assert isinstance(hosts.reserve("d.example.com", ONE), Later)  # its turn is 3 s away
    clock.now += SPACING_S
    assert hosts.reserve("d.example.com", ONE) == 2 * SPACING_S


def test_who_is_turned_away_comes_again_one_after_the_other(hosts: Hosts) -> None:
    for _ in range(AT_ONCE):
        hosts.reserve("example.com", ONE)
    laters = [hosts.reserve("example.com", Asker(name=str(n))) for n in range(500)]
    assert [later.wait_s for later in laters if isinstance(later, Later)] == [
        2.0 + n for n in range(500)
    ]


def test_a_host_that_asks_for_a_pause_gets_it(hosts: Hosts, clock: Clock) -> None:
    assert hosts.busy("feeds.example.com", 120) == 120
    later = hosts.reserve("www.example.com", ONE)
    assert later == Later(wait_s=120, why="example.com asked for a pause")
    clock.now += 119.5
    assert hosts.reserve("www.example.com", ONE) == replace(later, wait_s=1.0)  # no turn is closer
    clock.now += 0.5
    assert hosts.reserve("www.example.com", ONE) == 0


def test_pauses_double_until_the_host_is_well(hosts: Hosts) -> None:
    assert [hosts.busy("example.com", 0) for _ in range(3)] == [PAUSE_S, PAUSE_S * 2, PAUSE_S * 4]
    assert max(hosts.busy("example.com", 0) for _ in range(30)) == DAY_S
    hosts.well("example.com")
    assert hosts.busy("example.com", 0) == PAUSE_S
    assert hosts.busy("example.com", 10 * DAY_S) == DAY_S


def test_a_pause_is_longer_by_chance(clock: Clock) -> None:
    assert Hosts(clock=clock, draw=lambda: 0.5).busy("example.com", 0) == PAUSE_S * 1.25


def test_a_pause_told_by_others_only_lengthens(hosts: Hosts) -> None:
    hosts.block("example.com", 50)
    hosts.block("example.com", 5)
    assert hosts.reserve("www.example.com", ONE) == Later(
        wait_s=50, why="example.com asked for a pause"
    )
    assert hosts.reserve("other.org", ONE) == 0


def test_memory_is_bounded(hosts: Hosts, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts_module, "SITES_MOST", 100)
    hosts.block("paused.example", DAY_S)
    hosts.reserve("busy.example", ONE)
    for n in range(1_000):
        hosts.reserve(f"site{n}.example", ONE)
        hosts.end(f"site{n}.example")
        clock.now += SPACING_S
    assert len(hosts) <= 101
    assert isinstance(hosts.reserve("paused.example", ONE), Later)
    for n in range(1_000):  # nothing but pauses: the oldest go
        hosts.block(f"paused{n}.example", DAY_S)
    assert len(hosts) <= 101


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 5), st.booleans()), max_size=60))
def test_never_more_than_two_nor_sooner_than_a_second(
    steps: list[tuple[str, float, bool]],
) -> None:
    clock = Clock()
    hosts = Hosts(clock=clock, draw=lambda: 0.0)
    starts: dict[str, list[float]] = {"a": [], "b": []}
    held = {"a": 0, "b": 0}
    for site, passed, ends in steps:
        clock.now += passed
        if ends and held[site]:
            hosts.end(f"{site}.example")
            held[site] -= 1
        wait = hosts.reserve(f"{site}.example", ONE)
        if isinstance(wait, Later):
            assert wait.wait_s > 0
            continue
        assert 0 <= wait <= WAIT_MOST_S
        held[site] += 1
        assert held[site] <= AT_ONCE
        starts[site].append(clock.now + wait)
    for each in starts.values():
        gaps = [b - a for a, b in pairwise(each)]
        assert all(gap >= SPACING_S - 1e-6 for gap in gaps)
