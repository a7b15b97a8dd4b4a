"""`wirewatch doctor` as a user has it: nothing there, embedded, running, real, refused, silent."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from kafka import KafkaProducer
from stubs.outlet import Entry, OutletStub, rss
from stubs.real import Real
from stubs.slack import SlackStub
from stubs.wirewatch import Desk

STORY = Entry("US imposes sanctions on Pakistan", "s-1", "https://a.example/s", summary="As said.")
NOWHERE = "127.0.0.1:1"

Findings = dict[str, dict[str, Any]]


def doctor(desk: Desk, *arguments: str, code: int, **environment: str) -> Findings:
    """The findings by their check, the worst of each."""
    ran = desk.call("doctor", "--desk", str(desk.folder), "--json", *arguments, **environment)
    assert (ran.returncode, ran.stderr) == (code, ""), ran.stdout + ran.stderr
    found: Findings = {}
    for line in map(json.loads, ran.stdout.splitlines()):
        if line["level"] != "fine" or line["check"] not in found:
            found[line["check"]] = line
    return found


def levels(found: Findings) -> dict[str, str]:
    return {check: line["level"] for check, line in found.items() if line["level"] != "fine"}


def test_embedded_services_are_tried(desk: Desk, outlet: OutletStub) -> None:
    desk.feeds(a=outlet.url("/a"))
    found = doctor(desk, code=0)
    assert levels(found) == {}
    assert "Tansu) starts in" in found["Kafka"]["says"]
    assert "Valkey) starts in" in found["Redis"]["says"]
    assert "--live" in found["Slack"]["says"]
    assert not (desk.folder / ".data").exists()  # nothing is left behind
    plain = desk.call("doctor", "--desk", str(desk.folder)).stdout.splitlines()
    assert len(plain) == len(found)
    assert all(line.startswith("✓ ") for line in plain)


def test_a_program_that_runs_is_looked_at(desk: Desk, outlet: OutletStub, slack: SlackStub) -> None:
    slack.unknown_channels.add("#south-asia")
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    run.until_decided("undeliverable")
    found = doctor(desk, "--live", code=0)
    assert levels(found) == {"dead letters": "note"}
    assert found["dead letters"]["says"] == "1 wait"
    assert f"process {run.pid}" in found["Kafka"]["says"]
    assert found["topic wire.items"]["says"] == "8 partitions, 1 replica"
    assert found["Slack"]["says"] == "UBOT in Desk"
    assert run.stop() == 0


def test_everything_wrong_is_said_at_once(desk: Desk) -> None:
    desk.write("rules/asia.yaml", "a: {al: [x]}\nb: {}\n")
    found = doctor(
        desk, "--live", code=3,
        KAFKA_BOOTSTRAP_SERVERS=NOWHERE, REDIS_URL=f"redis://:geheim@{NOWHERE}/0",
        SLACK_BOT_TOKEN="xoxb-revoked",
    )  # fmt: skip
    assert levels(found) == {
        "feeds": "note", "rules": "bad", "Kafka": "unreachable", "Redis": "unreachable",
        "Slack": "unreachable",
    }  # fmt: skip
    assert "invalid_auth" in found["Slack"]["says"]
    assert NOWHERE in found["Kafka"]["says"]
    assert NOWHERE in found["Redis"]["says"]
    assert "geheim" not in json.dumps(found)
    broken = desk.call("doctor", "--desk", "nowhere")
    assert broken.returncode == 1
    assert "✗ desk: no desk.yaml in nowhere → `wirewatch init nowhere`" in broken.stdout


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_silence_is_bounded(desk: Desk, silent: str) -> None:
    environment = {"KAFKA_BOOTSTRAP_SERVERS": silent, "REDIS_URL": f"redis://{silent}/0"}
    found = doctor(desk, code=3, **environment)
    assert levels(found) == {"feeds": "note", "Kafka": "unreachable", "Redis": "unreachable"}
    ran = desk.call("dlq", "ls", "--desk", str(desk.folder), WIREWATCH_WAIT_S="1", **environment)
    assert (ran.returncode, ran.stdout) == (3, "")
    assert "no answer within 5 s" in ran.stderr


@pytest.mark.kafka
def test_real_services_are_looked_at(desk: Desk, outlet: OutletStub, real: Real) -> None:
    desk.environment |= real.environment
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    fresh = doctor(desk, code=0)
    assert levels(fresh) == {"topics": "note"}
    assert "Kafka 4.3" in fresh["Kafka"]["says"]

    run = desk.run().until_ready()
    run.until_decided("first")
    found = doctor(desk, code=0)
    assert levels(found) == {}
    assert found["session timeout"]["says"] == "6 s, the broker takes 6 to 1800 s"
    assert found["topic wire.deadletter"]["says"] == "8 partitions, 1 replica, kept 90 days"
    assert found["group wirewatch.match"]["says"].startswith("1 member, ")
    assert run.stop() == 0

    producer = KafkaProducer(bootstrap_servers=real.kafka.bootstrap)
    producer.send("wire.items", b"{", key=b"k").get(timeout=10)
    producer.close()
    refused = doctor(desk, code=1, WIREWATCH_SESSION_TIMEOUT_S="3", WIREWATCH_PARTITIONS="12")
    assert levels(refused) == {
        "session timeout": "bad", "topic wire.items": "note", "topic wire.matches": "note",
        "group wirewatch.match": "note", "group wirewatch.alert": "note",
    }  # fmt: skip
    assert refused["group wirewatch.match"]["says"] == "nobody reads, 1 record waits on wire.items"
