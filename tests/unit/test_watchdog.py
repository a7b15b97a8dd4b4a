"""The watchdog: who stands still is told so, who only waits is left alone."""

import pytest

from monitor.program.watchdog import Watchdog
from streams.broker.progress import PartitionProgress


def at(committed: int, stalled_s: float) -> PartitionProgress:
    return PartitionProgress(
        topic="wire.items", partition=3, end=100, committed=committed, stalled_s=stalled_s
    )


def look(dog: Watchdog, now_s: float, *partitions: PartitionProgress, **given: object) -> str:
    told = {"outages": (), "rebalancing": False} | given
    return dog.look(partitions, now_s=now_s, **told)  # type: ignore[arg-type]


@pytest.fixture
def dog() -> Watchdog:
    dog = Watchdog("match", 60.0)
    assert look(dog, 0.0) == ""
    return dog


def test_what_moves_or_has_nothing_to_do_is_left_alone(dog: Watchdog) -> None:
    assert look(dog, 500.0, at(40, 0.0), at(100, 0.0), at(40, 59.0)) == ""
    assert look(dog, 501.0) == ""


def test_what_stands_still_is_named(dog: Watchdog) -> None:
    said = look(dog, 500.0, at(40, 61.0), at(90, 75.0))
    assert said == "match stands still at wire.items-3@90 for 75 s, 10 behind"


def test_an_outage_is_nobodys_fault_and_patience_begins_anew_after_it(dog: Watchdog) -> None:
    assert look(dog, 500.0, at(40, 300.0), outages=["Redis has not answered for 300 s"]) == ""
    assert look(dog, 550.0, at(40, 350.0)) == ""
    assert look(dog, 561.0, at(40, 361.0)) != ""


def test_a_rebalance_may_last_a_while_and_not_for_ever(dog: Watchdog) -> None:
    assert look(dog, 10.0, rebalancing=True) == ""
    assert look(dog, 70.0, rebalancing=True) == ""
    assert look(dog, 71.0, rebalancing=True) == "match has been without partitions for 61 s"
    assert look(dog, 72.0) == ""
    assert look(dog, 73.0, rebalancing=True) == ""


def test_a_rebalance_during_an_outage_counts_from_its_end(dog: Watchdog) -> None:
    assert look(dog, 10.0, rebalancing=True, outages=["Kafka …"]) == ""
    assert look(dog, 500.0, rebalancing=True, outages=["Kafka …"]) == ""
    assert look(dog, 550.0, rebalancing=True) == ""
    assert look(dog, 561.0, rebalancing=True) != ""
