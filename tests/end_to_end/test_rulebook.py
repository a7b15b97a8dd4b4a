"""`wirewatch rules`, and match workers that take their book from wire.rules, as ops see them."""

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from stubs.embedded import embedded
from stubs.outlet import Entry, OutletStub, rss
from stubs.real import Real
from stubs.slack import SlackStub
from stubs.tansu import Tansu
from stubs.wirewatch import Desk, Line, Process

from monitor.embedded.services import Serves

NOWHERE = "127.0.0.1:1"
WEATHER = "weather: {all: [monsoon], to: '#weather'}\n"


@pytest.fixture
def shared(desk: Desk, tmp_path: Path) -> Iterator[Tansu]:
    """The desk on a broker and a Redis that other processes use as well."""
    with Tansu(tmp_path / "tansu") as tansu, embedded(Serves.MEMORY, tmp_path / "valkey") as valkey:
        desk.environment |= {
            "KAFKA_BOOTSTRAP_SERVERS": tansu.bootstrap,
            "REDIS_URL": f"redis://{valkey.address}/0",
            "WIREWATCH_SESSION_TIMEOUT_S": "2",
            "WIREWATCH_FETCH_WAIT_MS": "20",
        }
        yield tansu


def diff(desk: Desk, **environment: str) -> tuple[int, list[Line]]:
    ran = desk.call("rules", "diff", "--desk", "desk", "--json", **environment)
    return ran.returncode, [json.loads(line) for line in ran.stdout.splitlines()]


def until_equal(desk: Desk, workers: int) -> None:
    """Returns once files, topic and so many workers have one book."""
    for _ in range(60):
        code, lines = diff(desk)
        if code == 0 and [line["place"] for line in lines].count("worker") == workers:
            return
    raise AssertionError(lines)


def in_force(process: Process, rules: int, times: int = 1) -> None:
    said = f"rules in force: {rules} (book "
    process.wait_until(lambda p: sum(said in line for line in p.errors) == times, 40)


def test_push_and_diff_between_files_topic_and_workers(desk: Desk, shared: Tansu) -> None:
    code, lines = diff(desk)
    assert code == 1
    assert lines[0] == {"how": "added", "what": "rule", "name": "pakistan-sanctions"}
    assert [line.get("book") for line in lines[1:]] == [lines[1]["book"], None]
    assert "wirewatch rules push" in lines[2]["trouble"]

    early = desk.start("run", "match", "--desk", "desk", WIREWATCH_WAIT_S="60")
    early.wait_until(lambda p: any("no rules on wire.rules yet" in line for line in p.errors), 40)
    pushed = desk.call("rules", "push", "--desk", "desk")
    assert (pushed.returncode, pushed.stdout) == (0, "+ rule pakistan-sanctions\n")
    assert "pushed to wire.rules" in pushed.stderr
    in_force(early, 1)
    early.until_ready()
    again = desk.call("rules", "push", "--desk", "desk", "--json")
    assert (again.returncode, again.stdout) == (0, "")
    until_equal(desk, 1)

    desk.write("rules/b.yaml", WEATHER)
    code, lines = diff(desk)
    assert (code, lines[0]["name"], lines[0]["how"]) == (1, "weather", "added")
    desk.push()
    in_force(early, 2)
    until_equal(desk, 1)

    desk.write("rules/b.yaml", "weather: {al: [monsoon]}\n")
    for command in ("push", "diff"):
        broken = desk.call("rules", command, "--desk", "desk")
        assert (broken.returncode, broken.stdout) == (1, "")
        assert 'b.yaml:1:11: unknown key "al": did you mean "all"?' in broken.stderr

    early.kill()
    shutil.rmtree(desk.folder / "rules")  # the last good book is on the topic
    later = desk.start("run", "match", "--desk", "desk").until_ready()
    in_force(later, 2)
    assert later.stop() == 0
    assert early.errors[-1].startswith("✓ rules in force: 2 (book ")


def test_a_match_role_does_not_start_without_a_book(desk: Desk, shared: Tansu) -> None:
    run = desk.start("run", "match", "--desk", "desk", WIREWATCH_WAIT_S="2")
    assert run.wait() == 3
    waiting, ended = run.errors
    assert "no rules on wire.rules yet: wirewatch rules push" in waiting
    assert "no book within 2 s: no rules on wire.rules yet: wirewatch rules push" in ended
    stopped = desk.start("run", "match", "--desk", "desk")
    stopped.wait_until(lambda p: p.errors, 40)
    health = desk.call("health", "--desk", "desk")
    assert "waiting for a book on wire.rules" in health.stdout
    assert stopped.stop(within_s=6) == 0


def test_what_cannot_be_reached(desk: Desk) -> None:
    for command in ("push", "diff"):
        alone = desk.call("rules", command, "--desk", "desk")
        assert alone.returncode == 3
        assert "KAFKA_BOOTSTRAP_SERVERS is not set" in alone.stderr
        away = desk.call(
            *("rules", command, "--desk", "desk"),
            KAFKA_BOOTSTRAP_SERVERS=NOWHERE,
            WIREWATCH_WAIT_S="1",
        )
        assert away.returncode == 3
        assert "Kafka cannot be reached" in away.stderr
        assert "Traceback" not in away.stderr


def test_a_run_of_all_roles_publishes_its_files(
    desk: Desk, outlet: OutletStub, slack: SlackStub, shared: Tansu
) -> None:
    outlet.serve("/a", rss(Entry("Monsoon is late", "m-1", "https://a.example/m")))
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    other = desk.start("run", "match", "--desk", "desk").until_ready()
    desk.write("rules/b.yaml", WEATHER)
    in_force(run, 2)
    in_force(other, 2)
    until_equal(desk, 2)

    desk.write("rules/b.yaml", "weather: {al: [monsoon]}\n")
    run.wait_until(lambda p: any('b.yaml:1:11: unknown key "al"' in line for line in p.errors))
    desk.write("rules/b.yaml", WEATHER)
    until_equal(desk, 2)

    shared.kill()  # and with it all that is on wire.rules
    shared.start()
    until_equal(desk, 2)
    assert [other.stop(), run.stop()] == [0, 0]
    assert sum("rules in force: 2" in line for line in other.errors) == 1


def test_a_run_on_embedded_services_is_seen_as_well(desk: Desk, outlet: OutletStub) -> None:
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    until_equal(desk, 1)
    desk.write("rules/b.yaml", WEATHER)
    in_force(run, 2)
    until_equal(desk, 1)
    assert run.stop() == 0


@pytest.mark.kafka
def test_two_match_workers_take_one_push(desk: Desk, real: Real) -> None:
    desk.environment |= real.environment
    workers = [desk.run("match") for _ in range(2)]
    for worker in workers:
        in_force(worker.until_ready(), 1)
    desk.write("rules/b.yaml", WEATHER)
    desk.push()
    for worker in workers:
        in_force(worker, 2)
    until_equal(desk, 2)
    workers[0].kill()
    workers[0] = desk.run("match").until_ready()
    in_force(workers[0], 2)
    assert [worker.stop(signal.SIGTERM) for worker in workers] == [0, 0]
