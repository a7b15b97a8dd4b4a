"""`wirewatch demo` as `make demo` runs it: the seed story once each time, production untouched."""

import json
import subprocess
from pathlib import Path

import pytest
from stubs.wirewatch import COMMAND, Desk, Line

SEED = "Will not impose sanctions against Pakistan on terror: US"


@pytest.fixture
def demo(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "elsewhere")


def lines(output: str) -> list[Line]:
    return [json.loads(line) for line in output.splitlines()]


def test_every_demo_tells_the_story_once(demo: Desk) -> None:
    production = {  # none of it is there: a demo that looked would fail
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SLACK_BOT_TOKEN": "xoxb-production",
        "WIREWATCH_DATA": "/nonexistent/data",
    }
    for _ in range(2):
        ran = demo.call("demo", "--for", "4s", "--json", **production)
        assert ran.returncode == 0, ran.stderr
        *decisions, summary = lines(ran.stdout)
        told = [d for d in decisions if d["told"]]
        assert [(d["title"], d["reason"], d["effect"]) for d in told] == [(SEED, "first", "post")]
        assert [d["reason"] for d in decisions].count("same_story") == 3
        [update] = [d for d in decisions if d["effect"] == "thread"]
        assert (update["reason"], update["story"]) == ("update", told[0]["story"])
        [cricket] = [d for d in decisions if d["reason"] == "excluded"]
        assert "Cricket" in cricket["title"]
        counts = summary["summary"]
        assert counts["told"] + counts["folded"] + counts["dropped"] == len(decisions)
        assert counts["ready_s"] > 0
        assert counts["first_alert_s"] >= 0


def test_the_demo_draws_cards_and_keeps_an_edited_desk(demo: Desk) -> None:
    rules = demo.folder.parent / "desk" / "rules" / "south-asia.yaml"
    rules.parent.mkdir(parents=True)
    rules.write_text("mine: {all: [monsoon], to: '#weather'}\n", encoding="utf-8")
    ran = demo.call("demo", "--for", "2s")
    assert ran.returncode == 0
    assert "#weather" in ran.stdout
    assert "Monsoon covers the last dry district" in ran.stdout
    assert "mine: " in rules.read_text(encoding="utf-8")
    assert (demo.folder.parent / "desk" / "desk.yaml").is_file()


def test_a_closed_pipe_ends_the_demo_quietly(demo: Desk) -> None:
    pipe = f"set -o pipefail; {COMMAND} demo --json | head -n 1"
    ran = subprocess.run(
        ["bash", "-c", pipe],
        capture_output=True,
        text=True,
        env=demo.environment,
        cwd=demo.folder.parent,
        timeout=30,
        check=False,
    )
    assert (ran.returncode, len(ran.stdout.splitlines())) == (0, 1)
    assert [line for line in ran.stderr.splitlines() if "✓" not in line] == []
