"""Several `run poll` processes on one Apache Kafka and one Redis: shared feeds, kills, wipes."""

import itertools
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from kafka import KafkaConsumer
from stubs.apache_kafka import ApacheKafka
from stubs.outlet import AUTO, Entry, OutletStub, rss
from stubs.real import Real
from stubs.redis_server import RedisServer
from stubs.wirewatch import Desk, Process, feed_line

from monitor.feeds.state.leases import LEASE_S, LIST_KEEP_S
from streams.item import Item
from streams.topics import decode

pytestmark = pytest.mark.kafka

_desks = itertools.count()

BUSY_S = 15.0
"""Beyond what a lease bounds, on a busy machine."""


def entry(name: str, n: int = 1) -> Entry:
    title = f"Sanctions report {n} of {name}"
    return Entry(title, f"{name}-{n}", f"https://{name}.example/{n}")


@pytest.fixture(scope="module")
def real(apache: ApacheKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """One Kafka and one Redis for all tests here; each has a desk and topics of its own."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as redis_server:
        yield Real(
            apache,
            redis_server,
            {"KAFKA_BOOTSTRAP_SERVERS": apache.bootstrap, "REDIS_URL": redis_server.url},
        )


class Wires:
    """What a test sees of the pollers: `wire.items`, and the desk's keys in Redis."""

    def __init__(self, real: Real, desk: str) -> None:
        self.real = real
        self.desk = desk
        self.redis = redis.Redis.from_url(real.redis.url, decode_responses=True)

    def items(self) -> Counter[str]:
        """How often each item stands on the topic, by its GUID."""
        consumer = KafkaConsumer(
            f"{self.desk}.wire.items",
            bootstrap_servers=self.real.kafka.bootstrap,
            auto_offset_reset="earliest",
            consumer_timeout_ms=1_000,
        )
        try:
            return Counter(decode(Item, record.value).guid for record in consumer)
        finally:
            consumer.close()

    def feed(self, feed: str) -> str:
        """The key of a feed."""
        return f"ww:{{{self.desk}}}:feed:{feed}"

    def stored(self, feed: str) -> bool:
        """True once a poll of it was remembered."""
        return bool(self.redis.hexists(self.feed(feed), "state"))

    def lease(self, feed: str) -> tuple[int, int] | None:
        """A feed's running lease: its fence, and its end in Redis's milliseconds."""
        fence, until = self.redis.hmget(self.feed(feed), "fence", "until")
        return (int(fence), int(until)) if until else None

    def monotonic(self, redis_ms: int) -> float:
        """A moment of Redis's clock on this process's."""
        seconds, microseconds = self.redis.time()
        return time.monotonic() - (seconds + microseconds / 1e6 - redis_ms / 1000)

    def due_sets(self) -> list[set[str]]:
        """The feeds in each due set there is; each goes when it is not looked at."""
        keys = self.redis.keys(f"ww:{{{self.desk}}}:due:*")
        assert all(0 < self.redis.pttl(key) <= LIST_KEEP_S * 1000 for key in keys)
        return [{m.split(":")[0] for m in self.redis.zrange(key, 0, -1)} for key in keys]

    def clients(self) -> int:
        return len(self.redis.client_list()) - 1


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "desk", name=f"desk-{next(_desks)}")
    yield desk
    desk.end()


@pytest.fixture
def wires(desk: Desk, real: Real) -> Iterator[Wires]:
    desk.environment |= real.environment | {
        "LOG_LEVEL": "info",
        "WIREWATCH_TOPIC_PREFIX": f"{desk.name}.",
    }
    wires = Wires(real, desk.name)
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


def test_two_pollers_share_the_feeds(desk: Desk, outlet: OutletStub, wires: Wires) -> None:
    names = [f"f{n}" for n in range(6)]
    for name in names:
        outlet.serve(name, rss(entry(name)))
    desk.write(
        "feeds.yaml",
        "".join(feed_line(n, outlet.url(n), every_s=1) for n in names),
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

    assert other.stop() == 0
    assert one.stop() == 0


def test_the_feeds_of_a_killed_poller_are_taken_over_within_its_leases(
    desk: Desk, outlet: OutletStub, wires: Wires
) -> None:
    names = [f"f{n}" for n in range(6)]
    for name in names:
        outlet.serve(name, rss(entry(name)), delay_s=600)
    desk.feeds(**{name: outlet.url(name) for name in names})
    one = desk.run("poll").until_ready()
    until(lambda: all(wires.lease(name) for name in names))
    first = {name: wires.lease(name) for name in names}
    other = desk.run("poll").until_ready()
    until(lambda: all(wires.lease(name) > first[name] for name in names))  # they are kept
    assert not outlet.requests

    one.kill()
    for name in names:
        outlet.serve(name, rss(entry(name)))
    ends = {name: wires.lease(name)[1] for name in names}
    for name in names:
        [asked, *_] = outlet.wait_for(name, 1, LEASE_S + BUSY_S)
        assert -0.1 < asked.at - wires.monotonic(ends[name]) < BUSY_S
    until(lambda: wires.items() >= Counter(f"{name}-1" for name in names))
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
    until(lambda: wires.clients() == 0)
    wires.redis.execute_command("CLIENT", "UNPAUSE")
    assert not wires.stored("a")

    other = desk.run("poll")
    until(lambda: wires.stored("a"))
    assert wires.items()["a-1"] == 2  # again: nobody knew that it was there
    assert other.stop() == 0


def test_a_poller_killed_between_fetch_and_acknowledgement(
    desk: Desk, outlet: OutletStub, wires: Wires
) -> None:
    outlet.serve("a", rss(entry("a")), delay_s=2)
    desk.feeds(a=outlet.url("a"))
    one = desk.run("poll")
    until(lambda: wires.lease("a"))
    wires.real.kafka.send(signal.SIGSTOP)
    outlet.wait_for("a", 1, 30)
    one.kill()
    wires.real.kafka.send(signal.SIGCONT)
    assert not wires.stored("a")

    other = desk.run("poll")
    until(lambda: wires.stored("a"))
    assert wires.items()["a-1"] >= 1
    assert other.stop() == 0


def test_a_feed_taken_out_leaves_the_due_set_and_a_changed_one_is_picked_up(
    desk: Desk, outlet: OutletStub, wires: Wires
) -> None:
    for name in ("a", "b", "c"):
        outlet.serve(name, rss(entry(name)))
    a = feed_line("a", outlet.url("a"), every_s=3600)
    desk.write("feeds.yaml", a + feed_line("b", outlet.url("b"), every_s=0.2))
    old = desk.run("poll")
    until(lambda: wires.items() >= Counter(["a-1", "b-1"]))
    desk.write(
        "feeds.yaml", feed_line("a", outlet.url("c"), every_s=0.2)
    )  # other address and interval
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


@pytest.mark.timeout(240)
def test_a_broker_wiped_while_running_gets_the_windows_again(
    desk: Desk, outlet: OutletStub, wires: Wires
) -> None:
    outlet.serve("a", rss(entry("a")), etag=AUTO)
    desk.feeds(a=outlet.url("a"))
    run = desk.run("poll")
    until(lambda: wires.items()["a-1"])
    wires.real.kafka.wipe()
    wires.real.kafka.start()
    until(lambda: wires.items()["a-1"], 150)
    assert run.stop() == 0
    assert "Traceback" not in "".join(run.errors)
