"""`wirewatch dlq` beside a pipeline: what could not be told is told once the cause is gone."""

import json
from base64 import b64decode
from typing import Any

import pytest
from kafka import KafkaProducer
from stubs.outlet import Entry, OutletStub, rss
from stubs.real import Real
from stubs.slack import SlackStub
from stubs.wirewatch import Desk, Process

STORY = Entry(
    "US imposes sanctions on Pakistan", "s-1", "https://a.example/s", summary="As announced."
)
TWO = "everybody: {all: [sanctions], to: ['#first', '#second']}\n"
NOWHERE = "127.0.0.1:1"


def lines(desk: Desk, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    """What a command prints with `--json`."""
    ran = desk.call("dlq", *arguments, "--desk", str(desk.folder), "--json")
    assert ran.returncode == code, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def names(desk: Desk, *arguments: str) -> list[str]:
    return [line["name"] for line in lines(desk, "ls", *arguments)]


def broker_of(desk: Desk, environment: dict[str, str]) -> str:
    given = environment.get("KAFKA_BOOTSTRAP_SERVERS")
    found = desk.folder / ".data" / "services.json"
    return given or json.loads(found.read_text(encoding="utf-8"))["broker"]


def poison(desk: Desk, *records: tuple[bytes | None, bytes]) -> None:
    producer = KafkaProducer(bootstrap_servers=broker_of(desk, desk.environment))
    for key, value in records:
        producer.send("wire.items", value, key=key).get(timeout=10)
    producer.close()


def until_refused(run: Process, n: int) -> None:
    run.wait_until(lambda p: len([e for e in p.errors if "is no record" in e]) == n)


def test_a_refused_alert_is_told_after_replay(
    desk: Desk, outlet: OutletStub, slack: SlackStub, services: str
) -> None:
    desk.write("rules/all.yaml", TWO)
    slack.unknown_channels |= {"#first", "#second"}
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    run.until_decided("undeliverable", 2)
    run.until_decided("first")

    [letter] = lines(desk, "ls")
    assert letter["errors"] == ["#first: channel_not_found", "#second: channel_not_found"]
    assert (letter["topic"], letter["whole"]) == ("wire.matches", True)
    [shown] = lines(desk, "show", letter["name"])
    assert json.loads(shown["text"])["item"]["title"] == STORY.title

    slack.unknown_channels.discard("#first")
    assert lines(desk, "replay", letter["name"]) == [
        {"name": letter["name"], "done": "replayed", "refused": ""}
    ]
    run.until_decided("already_told")  # #south-asia knows it
    run.until_decided("undeliverable", 3)  # #second is still not there: a new letter
    assert sorted(m.channel for m in slack.messages) == ["#first", "#south-asia"]

    [again] = lines(desk, "ls")
    assert again["name"] != letter["name"]
    assert (again["replays"], again["errors"]) == (1, ["#second: channel_not_found"])
    slack.unknown_channels.clear()
    lines(desk, "replay", "--all")
    run.until_decided("first", 3)
    assert sorted(m.channel for m in slack.messages) == ["#first", "#second", "#south-asia"]
    assert lines(desk, "ls") == []
    assert [x["state"] for x in lines(desk, "ls", "--all")] == ["replayed", "replayed"]
    assert run.stop() == 0


def test_poison_is_seen_and_dropped(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    poison(desk, (b"k", b"{not json \x1b[31m"), (b"\xff", b"\xfe{}"), (None, b"[]"))
    until_refused(run, 3)

    plain = desk.call("dlq", "ls", "--desk", str(desk.folder))
    assert len(plain.stdout.splitlines()) == 3
    by_size = {line["size"]: line for line in lines(desk, "ls", "--topic", "wire.items")}
    shown = desk.call("dlq", "show", by_size[15]["name"], "--desk", str(desk.folder)).stdout
    assert "{not json \\x1b[31m" in shown
    [binary] = lines(desk, "show", by_size[3]["name"])
    assert b64decode(binary["value"]) == b"\xfe{}"
    assert (binary["text"], binary["whole"]) == (None, True)  # its key from where it lies

    assert len(lines(desk, "replay", "--all")) == 3
    until_refused(run, 6)
    assert [line["replays"] for line in lines(desk, "ls")] == [1, 1, 1]
    assert len(lines(desk, "drop", "--all", "--because", "a test's poison")) == 3
    assert lines(desk, "ls") == []
    dropped = [x for x in lines(desk, "ls", "--all") if x["state"] == "dropped"]
    assert {x["note"] for x in dropped} == {"a test's poison"}
    assert run.stop() == 0
    assert run.summary["deadletter"] == 6


def test_what_cannot_be_done_is_said(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    at_desk = ("--desk", str(desk.folder))
    alone = desk.call("dlq", "ls", *at_desk)
    assert (alone.returncode, alone.stdout) == (3, "")
    assert "KAFKA_BOOTSTRAP_SERVERS is not set" in alone.stderr

    run = desk.run().until_ready()
    poison(desk, (b"k", b"{"))
    until_refused(run, 1)
    [name] = names(desk)
    for arguments, code, said in (
        (("show", "wire.items-9@9"), 1, "no dead letter is called wire.items-9@9"),
        (("replay", name, "nonsense"), 1, "no dead letter is called nonsense"),
        (("drop", name), 2, "--because"),
        (("drop", name, "--because", " "), 2, "--because needs a reason"),
        (("replay",), 2, "name letters, or say --all"),
        (("replay", name, "--all"), 2, "name letters, or say --all"),
        (("replay", name, "--topic", "wire.items"), 2, "--topic goes with --all"),
    ):
        ran = desk.call("dlq", *arguments, *at_desk)
        assert (ran.returncode, ran.stdout) == (code, ""), arguments
        assert said in ran.stderr
    assert names(desk) == [name]  # none of it did anything

    desk.call("dlq", "drop", name, "--because", "x", *at_desk)
    again = desk.call("dlq", "replay", name, *at_desk)
    assert again.returncode == 1
    assert f"{name} was dropped at" in again.stderr
    assert desk.call("dlq", "replay", name, "--again", *at_desk).returncode == 0
    until_refused(run, 2)
    assert run.stop() == 0
    assert desk.call("dlq", "ls", *at_desk).returncode == 3  # the embedded broker is gone


def test_a_broker_that_is_not_there_is_exit_3(desk: Desk) -> None:
    for arguments in (("ls",), ("replay", "--all"), ("drop", "--all", "--because", "x")):
        ran = desk.call(
            "dlq", *arguments, "--desk", str(desk.folder),
            KAFKA_BOOTSTRAP_SERVERS=NOWHERE, WIREWATCH_WAIT_S="1",
        )  # fmt: skip
        assert (ran.returncode, ran.stdout) == (3, "")
        waiting, gave_up = ran.stderr.splitlines()
        assert "waiting up to 1 s for Kafka" in waiting
        assert gave_up.startswith(f"wirewatch: Kafka cannot be reached: {NOWHERE}")


@pytest.mark.kafka
def test_letters_are_there_without_a_program(desk: Desk, outlet: OutletStub, real: Real) -> None:
    desk.environment |= real.environment | {"WIREWATCH_TOPIC_PREFIX": "acme."}
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    producer = KafkaProducer(bootstrap_servers=real.kafka.bootstrap)
    producer.send("acme.wire.items", b"{", key=b"k").get(timeout=10)
    producer.close()
    until_refused(run, 1)
    assert run.stop() == 0
    [letter] = lines(desk, "ls", "--topic", "wire.items")
    assert letter["topic"] == "acme.wire.items"
    lines(desk, "replay", letter["name"])
    run = desk.run().until_ready()
    until_refused(run, 1)
    assert run.stop() == 0
    real.kafka.kill()
    hung = desk.call(
        "dlq", "drop", letter["name"], "--because", "x", "--desk", str(desk.folder),
        WIREWATCH_WAIT_S="2",
    )  # fmt: skip
    assert hung.returncode == 3
