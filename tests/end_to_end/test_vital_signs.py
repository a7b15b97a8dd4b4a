"""What running programs say of themselves: over HTTP, to `wirewatch health`, and in their logs."""

import json
import re
import signal

import pytest
from stubs.outlet import Entry, OutletStub, rss
from stubs.real import Real
from stubs.slack import SlackStub
from stubs.vitals import Scrape, ask, state, until, where
from stubs.wirewatch import Desk

STORY = Entry("US imposes sanctions on Pakistan", "s-1", "https://a.example/s")
NOWHERE = "127.0.0.1:1"
ALL = "poll-match-alert"


def health(desk: Desk) -> tuple[int, dict[str, str]]:
    """Exit code of `wirewatch health`, and what it says of each program by its roles."""
    ran = desk.call("health", "--desk", "desk", "--json")
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    return ran.returncode, {re.sub(r"-\d+$", "", x["name"]): x["says"] for x in lines}


def test_a_run_tells_how_it_is(desk: Desk, outlet: OutletStub, slack: SlackStub) -> None:
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    run.until_decided("first")
    address = where(desk.folder / ".data", ALL)
    assert re.fullmatch(r"127\.0\.0\.1:\d+", address)

    status, told = state(address)
    assert (status, told["healthy"], told["ready"], told["pid"]) == (200, True, True, run.pid)
    assert told["roles"] == ["poll", "match", "alert"]
    assert (told["book"]["rules"], told["troubles"]) == (1, [])
    assert state(address, "/-/ready")[0] == 200
    assert ask(address, "/metrics", "HEAD") == (200, "")
    assert ask(address, "/metrics", "POST")[0] == 405
    assert {ask(address, path)[0] for path in ("/", "/-/", "/metrics/x", "/../desk")} == {404}
    assert health(desk) == (0, {ALL: "ready"})

    scrape = Scrape(address)
    assert scrape.value("wirewatch_items_matched_total") == 1
    assert scrape.value("wirewatch_matches_total") == 1
    assert scrape.value("wirewatch_decisions_total", reason="first", effect="post") == 1
    assert scrape.value("wirewatch_published_records_total", topic="wire.items") == 1
    assert scrape.value("wirewatch_deliveries_total", outcome="sent") == 1
    assert scrape.value("wirewatch_alert_latency_seconds_count") == 1
    assert scrape.value("wirewatch_alert_latency_seconds_bucket", le="10.0") == 1
    assert scrape.value("wirewatch_judge_seconds_count") == 1
    assert scrape.value("wirewatch_feed_polls_total", outcome="changed") == 1
    assert scrape.value("wirewatch_feed_last_success_timestamp_seconds", feed="a") > 0
    assert scrape.value("wirewatch_book_info", hash=told["book"]["hash"]) == 1
    assert scrape.value("wirewatch_role_ready", role="alert") == 1
    assert scrape.value("wirewatch_outage", service="Slack") == 0
    for group in ("wirewatch.match", "wirewatch.alert"):
        assert scrape.value("wirewatch_consumer_assigned_partitions", group=group) == 8
    until(lambda: not [p for p in state(address)[1]["partitions"] if p["lag"] or p["stalled_s"]])
    read = [p for p in state(address)[1]["partitions"] if p["committed"]]
    assert {p["topic"] for p in read} == {"wire.items", "wire.matches"}
    assert scrape.value("process_resident_memory_bytes") > 0

    desk.write("rules/asia.yaml", "pakistan-sanctions: {al: [sanctions]}\n")
    run.wait_until(lambda p: any("rules not taken over" in line for line in p.errors))
    assert Scrape(address).value("wirewatch_book_last_reload_successful") == 0
    assert "unknown key" in state(address)[1]["book"]["refused"]

    run.send(signal.SIGSTOP)  # as an event loop that hangs
    assert health(desk) == (1, {ALL: f"no answer at {address} within 5 s"})
    run.send(signal.SIGCONT)
    until(lambda: health(desk) == (0, {ALL: "ready"}))  # what it had asked came too late
    assert run.stop() == 0
    with pytest.raises(ConnectionRefusedError):
        ask(address, "/metrics")
    assert health(desk) == (1, {})


def test_a_program_that_starts_is_healthy_but_not_ready(desk: Desk, outlet: OutletStub) -> None:
    desk.feeds(a=outlet.url("/a"))
    run = desk.run(KAFKA_BOOTSTRAP_SERVERS=NOWHERE, WIREWATCH_WAIT_S="40")
    run.wait_until(lambda p: any("for Kafka" in line for line in p.errors))
    address = where(desk.folder / ".data", ALL)
    assert state(address)[0] == 200
    status, told = state(address, "/-/ready")
    assert (status, told["says"]) == (503, "starting: waiting for Kafka")
    assert told["waiting"] == ["poll", "match", "alert"]
    assert Scrape(address).value("wirewatch_role_ready", role="poll") == 0
    assert health(desk) == (1, {ALL: "starting: waiting for Kafka"})
    assert run.stop() == 0


def test_a_port_in_use_ends_the_start(desk: Desk, outlet: OutletStub) -> None:
    desk.feeds(a=outlet.url("/a"))
    taken = re.sub(r"^http://|/$", "", outlet.url("/"))
    run = desk.run(WIREWATCH_HTTP=taken)
    assert run.wait() == 2
    assert run.errors == [
        f"wirewatch: WIREWATCH_HTTP (environment WIREWATCH_HTTP): {taken} cannot be listened on: "
        "Address already in use"
    ]


def test_without_http_the_file_tells(desk: Desk, outlet: OutletStub) -> None:
    desk.write("desk.yaml", "name: test\nto: '#desk'\nsettings: {http: off}\n")
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    assert where(desk.folder / ".data", ALL) == ""
    [file] = (desk.folder / ".data" / "health").glob("*.json")
    seen = file.stat().st_mtime_ns
    until(lambda: file.stat().st_mtime_ns > seen)
    assert health(desk) == (0, {ALL: "ready"})
    assert run.stop() == 0


def test_logs_as_json(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/a", "<html>", content_type="text/html")
    desk.feeds(a=outlet.url("/a"))
    run = desk.run(LOG_FORMAT="json", LOG_LEVEL="info").until_ready()
    run.wait_until(lambda p: any("feed a fails" in line for line in p.errors))
    assert run.stop() == 0
    lines = [json.loads(line) for line in run.errors]
    assert all(list(x)[:4] == ["at", "level", "logger", "message"] for x in lines)
    [ready] = [x for x in lines if x["message"].startswith("ready:")]
    assert ready["at_s"] > 0
    [outage] = [x for x in lines if "fails, asked" in x["message"]]
    assert (outage["level"], outage["logger"]) == ("warning", "wirewatch.outage")

    gone = desk.run(LOG_FORMAT="json", KAFKA_BOOTSTRAP_SERVERS=NOWHERE, WIREWATCH_WAIT_S="0")
    assert gone.wait() == 3
    assert json.loads(gone.errors[-1])["message"].startswith("Kafka cannot be reached")


@pytest.mark.kafka
def test_each_role_alone_tells_how_it_is(
    desk: Desk, outlet: OutletStub, slack: SlackStub, real: Real
) -> None:
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    desk.environment |= real.environment
    roles = ("alert", "match", "poll")
    runs = {role: desk.run(role).until_ready() for role in roles}
    runs["alert"].until_decided("first")
    at = {role: where(desk.folder / ".data", role) for role in roles}
    assert len(set(at.values())) == 3
    assert health(desk) == (0, dict.fromkeys(roles, "ready"))
    assert [state(at[role])[1]["book"] is None for role in roles] == [True, False, True]
    scraped = {role: Scrape(at[role]) for role in roles}
    assert scraped["match"].value("wirewatch_matches_total") == 1
    assert scraped["alert"].value("wirewatch_deliveries_total", outcome="sent") == 1
    assert scraped["poll"].value("wirewatch_published_records_total", topic="wire.items") == 1

    real.redis.kill()
    until(lambda: state(at["poll"])[0] == 503)
    code, says = health(desk)
    assert (code, says["match"]) == (1, "ready")
    assert says["poll"].startswith("Redis (feed state) has not answered for")
    assert Scrape(at["poll"]).value("wirewatch_outage", service="Redis (feed state)") == 1
    real.redis.start()
    until(lambda: health(desk) == (0, dict.fromkeys(roles, "ready")))
    assert [run.stop() for run in runs.values()] == [0, 0, 0]
