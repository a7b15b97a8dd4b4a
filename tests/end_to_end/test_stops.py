"""Stops: within ten seconds, with the documented exit code, whatever hangs or is gone."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from stubs.embedded import embedded
from stubs.outlet import Entry, OutletStub, rss
from stubs.real import Real
from stubs.slack import SlackStub
from stubs.wirewatch import Desk, Process

from monitor.embedded.services import Serves

STORY = Entry("US imposes sanctions on Pakistan", "s-1", "https://a.example/s", summary="As said.")
NEXT = Entry("EU weighs sanctions over Pakistan port", "s-2", "https://a.example/t", summary="No.")
STOP_S = 10.0
NOWHERE = "127.0.0.1:1"


@pytest.fixture
def shared(desk: Desk, real: Real) -> Iterator[Real]:
    """The desk on real services, each role a process of its own."""
    desk.environment |= real.environment
    return real


def roles(desk: Desk) -> dict[str, Process]:
    started = {role: desk.run(role) for role in ("poll", "match", "alert")}
    return {role: process.until_ready() for role, process in started.items()}


@pytest.mark.kafka
def test_a_stuck_effect_does_not_hold_up_a_stop_and_comes_again(
    desk: Desk, outlet: OutletStub, slack: SlackStub, shared: Real
) -> None:
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    slack.faults.extend([("chat.postMessage", "hang:300")] * 9)
    running = roles(desk)
    slack.wait_until(lambda stub: stub.calls["chat.postMessage"] >= 1, 30)
    assert {p.stop(within_s=STOP_S) for p in running.values()} == {0}
    assert slack.messages == []
    slack.faults.clear()

    again = roles(desk)
    again["alert"].until_decided("first", timeout_s=60)
    assert {p.stop(within_s=STOP_S) for p in again.values()} == {0}
    assert len(slack.messages) == 1


@pytest.mark.kafka
def test_a_dead_broker_and_an_uncommitted_offset_do_not_hold_up_a_stop(
    desk: Desk, outlet: OutletStub, slack: SlackStub, shared: Real
) -> None:
    outlet.serve("/a", rss(STORY))
    desk.feeds(a=outlet.url("/a"))
    slack.faults.append(("chat.postMessage", "hang:2"))
    running = roles(desk)
    slack.wait_until(lambda stub: stub.calls["chat.postMessage"] >= 1, 30)
    shared.kafka.kill()  # while the record is in work: its offset can only be committed later
    slack.wait_for(1, 30)
    running["alert"].wait_until(lambda p: any("Kafka does not answer" in e for e in p.errors), 30)
    codes = {role: process.stop(within_s=STOP_S) for role, process in running.items()}
    assert codes == {"poll": 0, "match": 0, "alert": 0}
    said = [line for p in running.values() for line in p.errors]
    assert "Traceback" not in "".join(said)
    assert len(said) < 40, said  # no flood

    shared.kafka.start()
    outlet.serve("/a", rss(NEXT, STORY))
    again = roles(desk)
    again["alert"].until_decided("first", timeout_s=60)
    assert {p.stop(within_s=STOP_S) for p in again.values()} == {0}
    assert sorted("EU" in m.text for m in slack.messages) == [False, True]


@pytest.mark.parametrize("role", ["poll", "match", "alert"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_while_a_role_waits_at_its_start_is_clean(
    desk: Desk, outlet: OutletStub, tmp_path: Path, role: str, number: int
) -> None:
    desk.feeds(a=outlet.url("/a"))
    desk.environment["KAFKA_BOOTSTRAP_SERVERS"] = NOWHERE
    with embedded(Serves.MEMORY, tmp_path / "valkey") as valkey:
        desk.environment["REDIS_URL"] = f"redis://{valkey.address}/0"
        run = desk.start("run", role, "--desk", str(desk.folder))
        run.wait_until(lambda p: any("waiting up to" in line for line in p.errors))
        assert run.stop(number, within_s=STOP_S) == 0
