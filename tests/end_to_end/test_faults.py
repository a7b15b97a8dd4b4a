"""Faults around the program: services away at start or lost while running, bad records, stops."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from kafka import KafkaProducer
from stubs.outlet import AUTO, Entry, OutletStub, rss
from stubs.processes import alive, children, command
from stubs.real import Real
from stubs.slack import SlackStub
from stubs.wirewatch import Desk

STORY = Entry(
    "US imposes sanctions on Pakistan", "s-1", "https://a.example/s", summary="As announced."
)
NEXT = Entry(
    "EU weighs sanctions over Pakistan port", "s-2", "https://a.example/t", summary="In Brussels."
)
NOWHERE = "127.0.0.1:1"
CHILDREN = 4
"""Tansu, Valkey and two parsers."""


@pytest.mark.parametrize(
    ("environment", "service"),
    [
        ({"KAFKA_BOOTSTRAP_SERVERS": NOWHERE}, "Kafka"),
        ({"REDIS_URL": f"redis://{NOWHERE}/0"}, "Redis"),
        ({"SLACK_API_URL": f"http://{NOWHERE}/api/"}, "Slack"),
    ],
)
def test_a_service_away_at_start_is_exit_3(
    desk: Desk, outlet: OutletStub, environment: dict[str, str], service: str
) -> None:
    desk.feeds(a=outlet.url("/a"))
    run = desk.run(WIREWATCH_WAIT_S="6", **environment)
    assert run.wait() == 3
    said = [line for line in run.errors if "✓" not in line]
    assert len(said) == 2, said  # that it waits, once; that it gave up
    assert service in said[1]
    assert "Traceback" not in "".join(run.errors)


def test_a_refused_token_is_exit_3(desk: Desk, outlet: OutletStub) -> None:
    desk.feeds(a=outlet.url("/a"))
    run = desk.run(WIREWATCH_WAIT_S="0", SLACK_BOT_TOKEN="xoxb-revoked")
    assert run.wait() == 3
    assert "invalid_auth" in run.errors[-1]
    assert "xoxb" not in "".join(run.errors)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_is_clean_and_silent(desk: Desk, outlet: OutletStub, number: int) -> None:
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    run.until_decided("first")
    said, started = list(run.errors), children(run.pid)
    assert len(started) == CHILDREN
    assert run.stop(number) == 0
    assert run.errors == said
    assert not [pid for pid in started if alive(pid)]


def test_a_stop_during_the_start_is_clean(desk: Desk, outlet: OutletStub) -> None:
    desk.feeds(a=outlet.url("/a"))
    run = desk.run()
    run.wait_until(lambda p: any("Valkey" in line for line in p.errors))
    started = children(run.pid)
    assert run.stop() == 0
    assert not [line for line in run.errors if "✓" not in line]
    assert not [pid for pid in started if alive(pid)]


def test_no_child_survives_a_kill(desk: Desk, outlet: OutletStub) -> None:
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    started = children(run.pid)
    assert len(started) == CHILDREN
    run.kill()
    desk.run().until_ready()  # takes longer than the kernel needs to end them
    assert not [pid for pid in started if alive(pid)]


def test_a_dead_embedded_broker_ends_the_run(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    run.until_decided("first")
    [tansu] = [pid for pid in children(run.pid) if "tansu" in command(pid)]
    os.kill(tansu, signal.SIGKILL)
    assert run.wait(15) == 3
    assert "broker (Tansu) ended" in run.errors[-1]


def test_a_second_run_on_one_data_folder_is_refused(desk: Desk, outlet: OutletStub) -> None:
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    second = desk.run()
    assert second.wait() == 2
    assert second.errors == [
        f"wirewatch: {desk.folder / '.data'} is in use by process {run.pid}: "
        "one run per data folder"
    ]
    assert run.stop() == 0


def test_bad_feeds_disturb_nobody(desk: Desk, outlet: OutletStub, slack: SlackStub) -> None:
    huge = Entry("Sanctions on Pakistan in five megabytes", "h-1", "https://a.example/h")
    body = rss(huge).replace(
        b"<link>https://a.example/h",
        b"<description>" + b"word " * 1_000_000 + b"</description><link>https://a.example/h",
    )
    outlet.serve("/html", "<html><body>Please log in</body></html>", content_type="text/html")
    outlet.serve("/empty", b"")
    outlet.serve("/huge", body)
    outlet.serve("/good", rss(STORY), delay_s=0.5)
    desk.feeds(
        html=outlet.url("/html"),
        gone=outlet.url("/gone"),
        empty=outlet.url("/empty"),
        unreachable=f"http://{NOWHERE}/feed",
        huge=outlet.url("/huge"),
        good=outlet.url("/good"),
    )
    run = desk.run().until_ready()
    run.until_decided("first", 2)
    slack.wait_for(2, 15)
    run.wait_until(lambda p: len([e for e in p.errors if "WARNING" in e]) >= 4)
    warnings = sorted(e.split("WARNING ")[1] for e in run.errors if "WARNING" in e)
    assert [w.split(" ")[1] for w in warnings] == ["empty", "gone", "html", "unreachable"]
    assert "an HTML page, not a feed" in warnings[2]
    assert run.stop() == 0


@pytest.fixture
def shared(desk: Desk, real: Real) -> Iterator[Real]:
    """The desk on real services, each role a process of its own if a test likes."""
    desk.environment |= real.environment
    return real


@pytest.mark.kafka
@pytest.mark.parametrize("kind", ["http500", "post_then_hang:60"])
def test_the_alert_process_killed_before_or_after_its_post(
    desk: Desk, outlet: OutletStub, slack: SlackStub, shared: Real, kind: str
) -> None:
    outlet.serve("/a", rss(STORY), etag=AUTO)
    desk.feeds(a=outlet.url("/a"))
    slack.faults.extend([("chat.postMessage", kind)] * 50)
    others = [desk.run("poll"), desk.run("match")]
    alert = desk.run("alert").until_ready()
    slack.wait_until(lambda stub: stub.calls["chat.postMessage"] >= 1, 30)
    alert.kill()
    slack.faults.clear()

    again = desk.run("alert")
    again.until_decided("first", timeout_s=60)
    assert [m.channel for m in slack.messages] == ["#south-asia"]
    assert "may repeat" not in slack.messages[0].text.lower()
    assert [process.stop() for process in [*others, again]] == [0, 0, 0]


@pytest.mark.kafka
def test_an_undecodable_record_is_kept_aside(
    desk: Desk, outlet: OutletStub, slack: SlackStub, shared: Real
) -> None:
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    producer = KafkaProducer(bootstrap_servers=shared.kafka.bootstrap)
    for topic, value in (
        ("wire.items", b"\xff{not json"),
        ("wire.items", json.dumps({"id": 5}).encode()),
        ("wire.matches", b"{}"),
        ("wire.matches", None),
    ):
        producer.send(topic, value, key=b"k").get(timeout=10)
    producer.close()
    outlet.serve("/a", rss(NEXT, STORY))
    run.until_decided("first", 2)
    run.wait_until(lambda p: len([e for e in p.errors if "is no record" in e]) == 4)
    assert run.stop() == 0
    assert run.summary["deadletter"] == 4
    assert "Traceback" not in "".join(run.errors)


@pytest.mark.kafka
def test_redis_lost_while_running_loses_nothing(
    desk: Desk, outlet: OutletStub, slack: SlackStub, shared: Real
) -> None:
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    alert = desk.run("alert").until_ready()
    others = [desk.run("poll").until_ready(), desk.run("match").until_ready()]
    alert.until_decided("first")

    others[0].stop()
    producer = KafkaProducer(bootstrap_servers=shared.kafka.bootstrap)
    shared.redis.kill()
    item = {"id": "x/1", "title": "Sanctions on Pakistan while Redis is away", "rev": 1}
    producer.send("wire.items", json.dumps(item).encode(), key=b"x/1").get(timeout=10)
    producer.close()
    alert.wait_until(lambda p: any("Redis does not answer" in e for e in p.errors))
    shared.redis.start()
    alert.until_decided("first", 2, timeout_s=30)
    alert.wait_until(lambda p: any("Redis is back" in e for e in p.errors))
    assert len(slack.messages) == 2
    assert [alert.stop(), others[1].stop()] == [0, 0]


@pytest.mark.kafka
def test_kafka_lost_while_running_loses_nothing(
    desk: Desk, outlet: OutletStub, slack: SlackStub, shared: Real
) -> None:
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    run.until_decided("first")
    shared.kafka.kill()
    outlet.serve("/a", rss(NEXT, STORY))
    run.wait_until(lambda p: any("Kafka does not answer" in e for e in p.errors), 30)
    shared.kafka.start()
    run.until_decided("first", 2, timeout_s=90)
    assert len(slack.messages) == 2
    assert run.stop() == 0
    assert "Traceback" not in "".join(run.errors)


@pytest.mark.kafka
def test_kafka_lost_during_the_start_is_exit_3(desk: Desk, shared: Real) -> None:
    desk.feeds(a=f"http://{NOWHERE}/feed")
    run = desk.run("match", WIREWATCH_WAIT_S="3")
    asyncio.run(_topics_made(shared.kafka.bootstrap))  # the group is joined after that
    shared.kafka.kill()
    assert run.wait(60) == 3
    assert "Kafka" in run.errors[-1]
    assert "Traceback" not in "".join(run.errors)


@pytest.mark.kafka
def test_a_stop_is_bounded_when_the_broker_is_gone(
    desk: Desk, outlet: OutletStub, slack: SlackStub, shared: Real
) -> None:
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    run.until_decided("first")
    shared.kafka.kill()
    outlet.serve("/a", rss(NEXT, STORY))
    run.wait_until(lambda p: any("Kafka does not answer" in e for e in p.errors), 30)
    assert run.stop(within_s=10) == 0


@pytest.mark.kafka
def test_an_alert_held_back_by_slack_survives_a_stop(
    desk: Desk, outlet: OutletStub, slack: SlackStub, shared: Real
) -> None:
    outlet.serve("/a", rss(STORY), etag=AUTO)
    desk.feeds(a=outlet.url("/a"))
    slack.faults.extend([("chat.postMessage", "429:300")] * 9)
    run = desk.run().until_ready()
    slack.wait_until(lambda stub: stub.calls["chat.postMessage"] >= 1, 30)
    assert run.stop(within_s=10) == 0
    slack.faults.clear()

    again = desk.run()
    again.until_decided("first", timeout_s=60)
    assert len(slack.messages) == 1
    assert again.stop() == 0


def test_a_misspelled_channel_does_not_hold_up_the_others(
    desk: Desk, outlet: OutletStub, slack: SlackStub
) -> None:
    desk.write("rules/b.yaml", "wrong: {all: [sanctions], to: '#wrong'}\n")
    slack.unknown_channels.add("#wrong")
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    [lost] = run.until_decided("undeliverable")
    [told] = run.until_decided("first")
    assert (lost["channel"], told["channel"]) == ("#wrong", "#south-asia")
    assert run.stop() == 0
    assert run.summary["deadletter"] == 1


async def _topics_made(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    async with asyncio.timeout(30):
        while "wire.deadletter" not in await admin.list_topics():
            await asyncio.sleep(0.01)
    await admin.close()
