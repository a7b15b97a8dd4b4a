"""Several `run poll` processes on one Apache Kafka and one Redis: shared feeds, kills, wipes."""

import itertools
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import redis
from conftest import Real
from kafka import KafkaConsumer
from stubs.outlet import AUTO, Entry, OutletStub, rss
from stubs.wirewatch import Desk, Process

from monitor.feeds.leases import LEASE_S
from streams.item import Item
from streams.topics import decode

pytestmark = pytest.mark.kafka

SLACK_S = 15.0
"""Beyond what a lease bounds, on a busy machine."""


def entry(name: str, n: int = 1) -> Entry:
    title = f"Sanctions report {n} of {name}"
    return Entry(title, f"{name}-{n}", f"https://{name}.example/{n}")


class Wires:
    """What a test sees of the pollers: `wire.items`, and the desk's keys in Redis."""

    def __init__(self, real: Real) -> None:
        self.real = real
        self.redis = redis.Redis.from_url(real.redis.url, decode_responses=True)

    def items(self) -> Counter[str]:
        """How often each item stands on the topic, by its GUID."""
        consumer = KafkaConsumer(
            "wire.items",
            bootstrap_servers=self.real.kafka.bootstrap,
            auto_offset_reset="earliest",
            consumer_timeout_ms=1_000,
        )
        try:
            return Counter(decode(Item, record.value).guid for record in consumer)
        finally:
            consumer.close()

    def lease(self, feed: str) -> tuple[int, int] | None:
        """A feed's running lease: its fence (Redis's ms when it was given) and its end."""
        fence, until = self.redis.hmget(f"ww:{{test}}:feed:{feed}", "fence", "until")
        return (int(fence), int(until)) if until else None

    def due_sets(self) -> list[set[str]]:
        """The feeds in each due set there is."""
        keys = self.redis.keys("ww:{test}:due:*")
        return [{m.split(":")[0] for m in self.redis.zrange(key, 0, -1)} for key in keys]

    def clients(self) -> int:
        return len(self.redis.client_list()) - 1


@pytest.fixture
def wires(desk: Desk, real: Real) -> Iterator[Wires]:
    desk.environment |= real.environment | {"LOG_LEVEL": "info"}
    wires = Wires(real)
    yield wires
    wires.redis.close()


def until(true: Callable[[], object], within_s: float = 40.0) -> None:
    """Returns once `true()`."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "not reached"
        time.sleep(0.05)


def published(run: Process) -> int:
    return len([line for line in run.errors if "items published" in line])


def test_two_pollers_share_the_feeds_and_one_takes_over_from_the_other(
    desk: Desk, outlet: OutletStub, wires: Wires
) -> None:
    names = [f"f{n}" for n in range(6)]
    for name in names:
        outlet.serve(name, rss(entry(name)))
    desk.write(
        "feeds.yaml",
        "".join(f"- {{id: {n}, url: '{outlet.url(n)}', every: 1}}\n" for n in names),
    )
    one, other = desk.run("poll"), desk.run("poll")
    for run in (one, other):
        run.until_ready()
    for n in itertools.count(2):
        for name in names:
            outlet.serve(name, rss(*(entry(name, m) for m in range(1, n + 1))))
        for name in names:
            outlet.wait_for(name, len([r for r in outlet.requests if r.path == f"/{name}"]) + 2, 30)
        if published(one) and published(other):
            break
    for name in names:
        at = [r.at for r in outlet.requests if r.path == f"/{name}"]
        assert min(later - sooner for sooner, later in itertools.pairwise(at)) > 0.9

    for name in names:
        outlet.serve(name, rss(*(entry(name, m) for m in range(1, n + 2))), delay_s=60)
    until(lambda: all(wires.lease(name) for name in names))
    asked = len(outlet.requests)
    one.kill()
    ends = {name: wires.lease(name) for name in names}
    for name in names:
        outlet.serve(name, rss(*(entry(name, m) for m in range(1, n + 2))))
    other.send(signal.SIGSTOP)  # its own polls hang as well; let their leases run out, too
    until(lambda: all(wires.redis.time()[0] * 1000 > end for _, end in ends.values()), 30)
    other.send(signal.SIGCONT)
    for name in names:
        outlet.wait_for(name, 1 + asked // len(names), LEASE_S + SLACK_S)
    until(lambda: wires.items() >= Counter(f"{name}-{n + 1}" for name in names))
    assert other.stop() == 0


def test_a_poller_killed_between_acknowledgement_and_store(
    desk: Desk, outlet: OutletStub, wires: Wires
) -> None:
    outlet.serve("a", rss(entry("a")), delay_s=2)
    desk.feeds(a=outlet.url("a"))
    one = desk.run("poll")
    until(lambda: wires.lease("a"))
    wires.redis.execute_command("CLIENT", "PAUSE", "600000", "WRITE")
    until(lambda: wires.items()["a-1"])
    one.kill()
    first = wires.lease("a")
    until(lambda: wires.clients() == 0)
    wires.redis.execute_command("CLIENT", "UNPAUSE")
    assert "etag" not in wires.redis.hgetall("ww:{test}:feed:a")

    other = desk.run("poll")
    until(lambda: wires.items()["a-1"] == 2)  # again: nobody knew that it was there
    until(lambda: wires.redis.hexists("ww:{test}:feed:a", "body_hash"))
    assert first is not None
    assert int(wires.redis.hget("ww:{test}:feed:a", "fence")) >= first[1]
    assert other.stop() == 0
    assert wires.items()["a-1"] == 2


def test_a_poller_killed_between_fetch_and_acknowledgement(
    desk: Desk, outlet: OutletStub, wires: Wires
) -> None:
    outlet.serve("a", rss(entry("a")), etag=AUTO)
    desk.feeds(a=outlet.url("a"))
    one = desk.run("poll")
    outlet.wait_for("a", 2, 40)
    other = desk.run("poll").until_ready()
    broker = wires.real.kafka.pid
    os.kill(broker, signal.SIGSTOP)
    outlet.serve("a", rss(entry("a", 2), entry("a")), etag=AUTO)
    until(lambda: [r for r in outlet.requests if r.status == 200][1:])
    holder, survivor = (one, other)
    holder.kill()
    os.kill(broker, signal.SIGCONT)
    until(lambda: wires.items()["a-2"], LEASE_S + 2 * SLACK_S)
    assert survivor.stop() == 0


def test_a_feed_taken_out_leaves_the_due_set_and_a_changed_one_is_picked_up(
    desk: Desk, outlet: OutletStub, wires: Wires
) -> None:
    for name in ("a", "b", "c"):
        outlet.serve(name, rss(entry(name)))
    line = "- {{id: {}, url: '{}', every: {}}}\n".format
    desk.write("feeds.yaml", line("a", outlet.url("a"), 3600) + line("b", outlet.url("b"), 0.2))
    old = desk.run("poll")
    until(lambda: wires.items() >= Counter(["a-1", "b-1"]))
    desk.write("feeds.yaml", line("a", outlet.url("c"), 0.2))  # other address and interval
    new = desk.run("poll")
    until(lambda: wires.items() >= Counter(["c-1"]))
    before = len(outlet.wait_for("b", 1, 10))
    outlet.wait_for("b", before + 3, 10)  # the old process still knows it
    assert old.stop() == 0
    after = len(outlet.wait_for("b", 1, 10))
    outlet.wait_for("c", len(outlet.wait_for("c", 1, 10)) + 10, 20)
    assert len(outlet.wait_for("b", 1, 10)) == after
    assert {"a"} in wires.due_sets()
    assert new.stop() == 0


def test_a_broker_wiped_while_running_gets_the_windows_again(
    desk: Desk, outlet: OutletStub, wires: Wires
) -> None:
    outlet.serve("a", rss(entry("a")), etag=AUTO)
    desk.feeds(a=outlet.url("a"))
    run = desk.run("poll")
    until(lambda: wires.items()["a-1"])
    kafka = wires.real.kafka
    kafka.kill()
    shutil.rmtree(kafka.folder / "data")
    kafka.start()
    until(lambda: wires.items()["a-1"], 60)
    assert run.stop() == 0
    assert "Traceback" not in "".join(run.errors)
