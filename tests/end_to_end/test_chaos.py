"""The short form of `make chaos`: some faults on each broker, nothing lost, nothing doubled."""

import json
import os
import subprocess
import sys
from pathlib import Path

import newsroom
import pytest
from schedule import Kind, deal
from stubs.real import require_real

from streams.rules.load import load_book

ROOT = Path(__file__).parents[2]
FOR_S, EVERY_S = 24.0, 3.0
MOST_S = 240

SEEDS = {"tansu": 685, "apache-kafka": 317}
"""Schedules that kill every service and a process between its post and its mark."""

FIGURES = {"kills", "produced", "matched", "intake", "deadletter", "duplicates", "lost"}


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, ROOT / "chaos" / "run.py", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        check=False,
    )


@pytest.mark.timeout(MOST_S)
@pytest.mark.parametrize("stage", ["tansu", pytest.param("apache-kafka", marks=pytest.mark.kafka)])
def test_nothing_is_lost_and_nothing_told_twice(stage: str) -> None:
    if stage == "apache-kafka":
        require_real()
    times = ["--for", str(FOR_S), "--every", str(EVERY_S)]
    done = run("--stages", stage, "--seed", str(SEEDS[stage]), *times)
    assert done.returncode == 0, done.stderr
    ledger = json.loads(done.stdout.splitlines()[-1])
    assert ledger.keys() == {"seed", "for_s", "brokers"} | FIGURES
    assert (ledger["seed"], ledger["for_s"], ledger["brokers"]) == (SEEDS[stage], FOR_S, [stage])
    assert ledger["lost"] == ledger["duplicates"] == 0
    assert ledger["produced"] > ledger["matched"] == ledger["intake"] > 0
    assert ledger["kills"] >= 4
    assert ledger["deadletter"] >= 4


@pytest.mark.parametrize("stage", SEEDS)
def test_the_short_form_kills_what_can_be_killed(stage: str) -> None:
    kinds = {fault.kind for fault in deal(SEEDS[stage], stage, FOR_S, EVERY_S)}
    assert {Kind.BROKER_KILL, Kind.REDIS_KILL, Kind.CRASH_AFTER_POST} <= kinds
    assert {Kind.POISON, Kind.BREAKERS} & kinds


def test_the_same_seed_is_the_same_run() -> None:
    faults = list(deal(7, "tansu", 600.0))
    assert faults == list(deal(7, "tansu", 600.0))
    assert faults != list(deal(8, "tansu", 600.0))
    assert {fault.kind for fault in faults} == set(Kind)
    assert newsroom.plan(7, 60.0) == newsroom.plan(7, 60.0)


def test_each_story_that_hits_is_due_once(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(newsroom.RULES)
    showings = newsroom.plan(7, 300.0)
    due = newsroom.due(showings, load_book(tmp_path / "rules.yaml"))
    titles = {showing.marker: showing.entry.title for showing in showings}
    assert 0 < len(due) < len(titles)
    assert {d.channel for d in due} == set(newsroom.CHANNELS)
    assert not [d for d in due if "cricket" in titles[d.marker]]
    assert len({d.marker for d in due}) == len(due)


@pytest.mark.parametrize("wrong", [["--for", "soon"], ["--for", "0"], ["--stages", "nats"]])
def test_wrong_usage_is_exit_2(wrong: list[str]) -> None:
    assert run(*wrong).returncode == 2
