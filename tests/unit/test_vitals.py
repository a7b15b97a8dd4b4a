"""monitor.vitals: what a process counts, what it shows, and what is made of its answers."""

import asyncio
import json
import os
import re
import socket
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import prometheus_client
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from stubs.outlet import OutletStub
from stubs.vitals import ask

from alerts.sink import NotSent, Refused, Sent, Unclear
from monitor.desk.settings import resolve
from monitor.exits import ExitCode, Quit
from monitor.feeds.polling.polls import Polled
from monitor.vitals.address import listen, reached_at
from monitor.vitals.ask import ask_all, by_file
from monitor.vitals.counts import Counts
from monitor.vitals.exposition import make_registry, metrics_text
from monitor.vitals.health_file import HealthFile, Said, read_files
from monitor.vitals.histogram import Histogram
from monitor.vitals.serve import serve_http
from monitor.vitals.watched import Phase, Watched
from streams.broker.progress import PartitionProgress
from streams.decision import Decision, Effect, Reason
from streams.item import Clock, Item, Precision, Zone
from streams.ledger import Ledgers, NoLedger
from streams.outage import Outages
from streams.rules.book import Book, Rule
from streams.rules.current import Current
from streams.rules.matching.matcher import Matcher
from streams.rules.terms import make_term
from streams.topics import ITEMS, DeadLetter

PART = PartitionProgress(topic="wire.items", partition=3, end=12, committed=7, stalled_s=2.5)


@given(st.lists(st.floats(-1, 100)), st.sets(st.floats(0.01, 50), min_size=1))
def test_a_histogram_counts_what_is_not_above(values: list[float], bounds: set[float]) -> None:
    figures = Histogram(tuple(sorted(bounds)))
    for value in values:
        figures.observe(value)
    expected = [sum(max(v, 0) <= bound for v in values) for bound in (*sorted(bounds), 1e9)]
    assert [count for _, count in figures.cumulative()] == expected
    assert figures.sum == pytest.approx(sum(max(v, 0) for v in values))


def watched(**ready: bool) -> Watched:
    found = Watched(ready, Outages(), uptime=lambda: 1.0)
    for role, is_ready in ready.items():
        if is_ready:
            found.ready[role].set()
    return found


def scraped(counts: Counts, look: Watched | None = None) -> dict[tuple[str, ...], float]:
    """Every sample of `/metrics`: its name and the values of its labels, to its value."""
    text = metrics_text(make_registry(counts, look or watched())).decode()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("wirewatch_")
    }


DECISION = Decision(
    item="i", rev=1, title="t", outlet="o", channel="#c", rules=("r",), reason=Reason.FIRST,
    effect=Effect.POST, at="now",
)  # fmt: skip


def test_what_happens_is_counted() -> None:
    counts = Counts(["a"])
    ledger = Ledgers((NoLedger(), counts))
    before = scraped(counts)
    for n in range(3):
        ledger.item(Item(id="i"), n)
    ledger.chunk(3, 0.002)
    ledger.decided(DECISION)
    ledger.dead(DeadLetter(topic="t", partition=0, offset=0, error="", value=""))
    counts.dropped(replace(DECISION, reason=Reason.EMPTY_ENTRY, effect=Effect.NONE))
    counts.polled("a", Polled.FAILED, 0.1)
    assert counts.polled_at["a"] == 0
    counts.polled_before({"a": 7.0})
    assert scraped(counts)["wirewatch_feed_last_success_timestamp_seconds", "a"] == 7
    counts.polled("a", Polled.UNCHANGED, 0.1)
    counts.polled_before({"a": 7.0})  # what is newer stays
    for outcome in (Sent("1"), NotSent("", 1), Unclear(""), Refused("")):
        counts.delivered(outcome, 0.2)
    after = scraped(counts)
    assert after.keys() == before.keys()  # every label was there from the start
    assert after["wirewatch_items_matched_total",] == 3
    assert after["wirewatch_matches_total",] == 3
    assert after["wirewatch_match_seconds_bucket", "0.0025"] == 1
    assert after["wirewatch_match_seconds_sum",] == 0.002
    assert after["wirewatch_decisions_total", "post", "first"] == 1
    assert after["wirewatch_decisions_total", "none", "empty_entry"] == 1
    assert after["wirewatch_dead_letters_total",] == 1
    assert after["wirewatch_feed_polls_total", "failed"] == 1
    assert after["wirewatch_feed_poll_seconds_count",] == 2
    assert time.time() - after["wirewatch_feed_last_success_timestamp_seconds", "a"] < 60
    for outcome in ("sent", "not_sent", "unclear", "refused"):
        assert after["wirewatch_deliveries_total", outcome] == 1


def test_records_are_outstanding_until_the_broker_has_them() -> None:
    counts = Counts()
    with counts.publishing(ITEMS, 5):
        assert scraped(counts)["wirewatch_publish_outstanding_records",] == 5
    with pytest.raises(OSError, match="gone"), counts.publishing(ITEMS, 2):
        raise OSError("gone")
    after = scraped(counts)
    assert after["wirewatch_publish_outstanding_records",] == 0
    assert after["wirewatch_published_records_total", "wire.items"] == 5
    assert after["wirewatch_publish_failures_total",] == 1


SEEN = Clock(at="2026-01-02T10:00:10Z")
PUBLISHED = Clock(at="2026-01-02T10:00:00Z")


@pytest.mark.parametrize(
    ("seen", "published", "counted"),
    [
        (SEEN, PUBLISHED, (1, 1)),
        (SEEN, None, (1, 0)),
        (None, PUBLISHED, (0, 0)),
        (Clock(at="yesterday"), PUBLISHED, (0, 0)),
        (SEEN, replace(PUBLISHED, at="2026-01-02", precision=Precision.DATE), (1, 0)),
        (SEEN, replace(PUBLISHED, zone=Zone.ASSUMED), (1, 0)),
        (SEEN, replace(PUBLISHED, clamped=True), (1, 0)),
        (SEEN, replace(PUBLISHED, at="2016-09-07T10:00:00Z"), (1, 0)),
        (SEEN, replace(PUBLISHED, at="soon"), (1, 0)),
    ],
)
def test_lateness_is_measured_where_clocks_state_it(
    seen: Clock | None, published: Clock | None, counted: tuple[int, int]
) -> None:
    counts = Counts()
    counts.told(seen=seen, published=published)
    assert tuple(h.cumulative()[-1][1] for h in (counts.alert_s, counts.wire_s)) == counted


def test_metrics_show_what_is_watched() -> None:
    look = watched(match=True, alert=False)
    look.groups["wirewatch.match"] = lambda: [PART]
    look.groups["wirewatch.alert"] = tuple
    book = Book((Rule(id="r", wanted=make_term("x", "all[0]"), channels=("#c",)),))
    look.book = Current(Matcher(book), since=5.0)
    look.book.refuse("wire.rules", "half a push")
    look.outages.of("Redis").began("refused")
    look.outages.of("Kafka")
    found = scraped(Counts(), look)
    assert found["wirewatch_role_ready", "match"] == 1
    assert found["wirewatch_role_ready", "alert"] == 0
    assert found["wirewatch_consumer_lag_records", "wirewatch.match", "3", "wire.items"] == 5
    assert found["wirewatch_consumer_stalled_seconds", "wirewatch.match", "3", "wire.items"] == 2.5
    assert found["wirewatch_consumer_assigned_partitions", "wirewatch.alert"] == 0
    assert found["wirewatch_book_info", book.hash] == 1
    assert found["wirewatch_book_rules",] == 1
    assert found["wirewatch_book_last_reload_successful",] == 0
    assert (found["wirewatch_outage", "Redis"], found["wirewatch_outage", "Kafka"]) == (1, 0)
    assert found["wirewatch_healthy",] == 0
    look.book.refuse("wire.rules", "")
    assert scraped(Counts(), look)["wirewatch_book_last_reload_successful",] == 1


@pytest.mark.parametrize(
    ("end", "committed", "lag"), [(12, 7, 5), (None, 7, 0), (12, None, 0), (3, 7, 0)]
)
def test_lag(end: int | None, committed: int | None, lag: int) -> None:
    assert replace(PART, end=end, committed=committed).lag == lag


def test_each_process_has_a_registry_of_its_own() -> None:
    make_registry(Counts(), watched())
    make_registry(Counts(), watched())
    shared = {family.name for family in prometheus_client.REGISTRY.collect()}
    assert not [name for name in shared if name.startswith("wirewatch")]


def test_a_state_says_why() -> None:
    look = watched(match=True, alert=False)
    look.doing = "waiting for Kafka"
    state = look.state()
    assert (state.healthy, state.ready, state.waiting) == (True, False, ("alert",))
    assert state.says == "starting: waiting for Kafka"
    look.ready["alert"].set()
    look.phase = Phase.SERVING
    assert (look.state().ready, look.state().says) == (True, "ready")
    look.troubles.append(lambda: ["wire.items-3 makes no progress"])
    state = look.state()
    assert (state.healthy, state.ready) == (False, True)
    assert state.says == "wire.items-3 makes no progress"
    look.phase = Phase.STOPPING
    assert not look.state().ready


async def test_what_cannot_be_answered_is_said(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> list[PartitionProgress]:
        raise RuntimeError("a bug")

    look = watched(match=True)
    look.groups["wirewatch.match"] = broken
    listener = listen(resolve({}))
    assert listener
    async with AsyncExitStack() as stack:
        await serve_http(listener, Counts(), look, stack)
        address = reached_at(listener)
        for path in ("/-/healthy", "/metrics"):
            assert (await asyncio.to_thread(ask, address, path))[0] == 500
        look.groups.clear()
        assert (await asyncio.to_thread(ask, address, "/-/healthy"))[0] == 200
        assert (await asyncio.to_thread(ask, address, f"/{'x' * 9_000}"))[0] == 400
    assert [r.getMessage() for r in caplog.records if r.name == "wirewatch.http"] == [
        "/-/healthy cannot be answered",
        "/metrics cannot be answered",
    ]


def said(data: Path) -> Said:
    [found] = read_files(data)
    assert isinstance(found, Said)
    return found


def test_health_by_file(tmp_path: Path) -> None:
    look = watched(poll=True, match=True)
    look.phase = Phase.SERVING
    file = HealthFile(tmp_path, ["poll", "match"], "")
    file.write(look.state())
    found = said(tmp_path)
    assert by_file(found, found.at + 1).healthy
    assert found.name == f"poll-match-{os.getpid()}"
    assert by_file(found, found.at + 60).says == "silent for 60 s"
    look.outages.of("Kafka").began("gone")
    file.write(look.state())
    [finding] = ask_all(tmp_path)
    assert not finding.healthy
    assert finding.says.startswith("Kafka has not answered for")
    [path] = (tmp_path / "health").glob("*.json")
    path.write_text("{")
    assert "unreadable" in ask_all(tmp_path)[0].says
    file.remove()
    assert ask_all(tmp_path) == []


def left(folder: Path, **changes: object) -> Path:
    """A health file that some program left."""
    (folder / "health").mkdir(exist_ok=True)
    body = {
        "pid": 2**22 + 1, "host": socket.gethostname(), "at": time.time(), "http": "",
        "ready": True, "says": "ready", "troubles": [],
    } | changes  # fmt: skip
    path = folder / "health" / f"match-{body['pid']}.json"
    path.write_text(json.dumps(body))
    return path


def test_a_program_that_died_is_told_and_then_forgotten(tmp_path: Path) -> None:
    path = left(tmp_path)
    [finding] = ask_all(tmp_path)
    assert (finding.healthy, finding.says) == (False, "ended without saying so")
    HealthFile(tmp_path, ["match"], "")
    assert not path.exists()


def test_programs_of_other_machines_on_one_folder_are_left_alone(tmp_path: Path) -> None:
    path = left(tmp_path, host="elsewhere")
    assert ask_all(tmp_path) == []
    HealthFile(tmp_path, ["match"], "")
    assert path.exists()
    left(tmp_path, host="elsewhere", at=0)
    HealthFile(tmp_path, ["match"], "")
    assert not path.exists()


def test_a_full_disk_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = HealthFile(tmp_path / "data", ["match"], "")
    (tmp_path / "data" / "health").rmdir()
    for _ in range(3):
        file.write(watched(match=True).state())
    [record] = caplog.records
    assert "cannot be written" in record.getMessage()


def test_who_answers_at_the_address_must_be_the_program(tmp_path: Path, outlet: OutletStub) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = reached_at(gone)
    address = re.sub(r"^http://|/$", "", outlet.url("/"))
    answers = {
        "<html>": "another program answers",
        json.dumps({"pid": 1, "healthy": True, "ready": True, "says": ""}): "process 1 answers",
    }
    for body, says in answers.items():
        outlet.serve("/-/healthy", body)
        left(tmp_path, pid=os.getpid(), http=address)
        assert ask_all(tmp_path)[0].says.startswith(says)
    outlet.serve("/-/healthy", "no", status=500)
    assert ask_all(tmp_path)[0].says == f"HTTP 500 at {address}"
    left(tmp_path, pid=os.getpid(), http=nobody)
    [finding] = ask_all(tmp_path)
    assert (finding.healthy, finding.says) == (False, f"no answer at {nobody}: Connection refused")


@pytest.mark.parametrize("text", ["9464", ":9464", "127.0.0.1:", "127.0.0.1:http", "h:70000"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(Quit) as end:
        listen(resolve({"WIREWATCH_HTTP": text}))
    assert end.value.code is ExitCode.USAGE
    assert f'"{text}" is no host:port' in end.value.message


def test_addresses() -> None:
    assert listen(resolve({"WIREWATCH_HTTP": "off"})) is None
    assert listen(resolve({}, {"http": ""})) is None
    with socket.create_server(("127.0.0.1", 0)) as taken:
        text = reached_at(taken)
        with pytest.raises(Quit) as end:
            listen(resolve({"WIREWATCH_HTTP": text}))
    assert end.value.message == (
        f"WIREWATCH_HTTP (environment WIREWATCH_HTTP): {text} cannot be listened on: "
        "Address already in use"
    )
    with pytest.raises(Quit, match=r"listened on: [\w\s]+$"):
        listen(resolve({"WIREWATCH_HTTP": "nowhere.invalid:0"}))
    free = listen(resolve({"WIREWATCH_HTTP": "0.0.0.0:0"}))
    assert free
    with free:
        assert re.fullmatch(r"127\.0\.0\.1:\d+", reached_at(free))
