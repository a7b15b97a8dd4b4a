"""Leases in any order of events, against a slow obvious oracle; the clock is the test's own."""

import asyncio
import itertools
from dataclasses import dataclass, field, replace

import pytest
import redis.asyncio as redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from monitor.feeds.feed import Feed
from monitor.feeds.state.leases import LEASE_S, Idle, Lease, Leases

LEASE_MS = int(LEASE_S * 1000)
A, B, C, D = (Feed(id=n, url=f"http://outlet.example/{n}", every_s=60) for n in "abcd")
_desks = itertools.count()

URL: list[str] = []
"""Where Valkey is; filled by the fixture, because a state machine takes none."""


@dataclass
class Truth:
    """What is true of one feed id."""

    due: int
    spec: Feed | None = None
    fence: int = 0
    until: int | None = None
    failures: int = 0
    hurry: bool = False

    def held(self, now: int) -> bool:
        return self.until is not None and self.until > now


@dataclass
class Oracle:
    """Of the feeds that are due and free, the one longest so is leased; nothing else is stored."""

    truths: dict[str, Truth] = field(default_factory=dict)
    blocked: int = 0

    def of(self, feed: Feed, now: int) -> Truth:
        return self.truths.setdefault(feed.id, Truth(due=now))

    def looks(self, feeds: tuple[Feed, ...], now: int) -> list[tuple[int, Feed]]:
        """When each feed is to be looked at."""
        truths = [(self.of(feed, now), feed) for feed in feeds]
        return [(t.until if t.until is not None else t.due, feed) for t, feed in truths]


class Machine(RuleBasedStateMachine):
    """Pollers that lease, settle, extend, give back, die; `LISTS` are their feeds."""

    LISTS: tuple[tuple[Feed, ...], ...]
    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.desk = f"machine-{next(_desks)}"
        self.client = self.run(_connect())
        self.pollers = [Leases(self.client, self.desk, feeds) for feeds in self.LISTS]
        self.oracle = Oracle()
        self.now = 1_700_000_000_000
        for poller in self.pollers:
            self.run(poller.enlist(now_ms=self.now))
        for feed in itertools.chain(*self.LISTS):
            self.oracle.of(feed, self.now)

    def run(self, what):
        return self.runner.run(what)

    def teardown(self) -> None:
        self.drain()
        self.run(self.client.aclose())
        self.runner.close()

    @rule(
        target=leases,
        ms=st.one_of(st.integers(0, 2_000), st.sampled_from([0, LEASE_MS - 1, LEASE_MS, 99_000])),
        asking=st.permutations([0, 1, 2]),
        asks=st.integers(1, 6),
    )
    def time_passes_and_pollers_ask(self, ms: int, asking: list[int], asks: int):
        self.now += ms
        found = [self.ask(poller) for poller in itertools.islice(itertools.cycle(asking), asks)]
        return multiple(*(held for held in found if held))

    def ask(self, poller: int) -> tuple[Lease, int] | None:
        feeds = self.LISTS[poller]
        found = self.run(self.pollers[poller].next(now_ms=self.now))
        while found == Idle(0):  # the list had to be put back
            found = self.run(self.pollers[poller].next(now_ms=self.now))
        if isinstance(found, Idle):
            self.check(feeds, found)
            return None
        [lease] = found
        self.check(feeds, lease)
        return self.take(lease, poller)

    def take(self, found: Lease, poller: int) -> tuple[Lease, int]:
        feeds = self.LISTS[poller]
        truth = self.oracle.of(found.feed, self.now)
        assert found.feed in feeds
        assert not truth.held(self.now)
        assert self.oracle.blocked <= self.now
        assert found.fence > truth.fence
        assert found.failures == (truth.failures if truth.spec == found.feed else 0)
        truth.fence, truth.until = found.fence, self.now + LEASE_MS
        return found, poller

    def check(self, feeds: tuple[Feed, ...], found: Lease | Idle) -> None:
        """Compares an answer with the oracle's."""

    @rule(target=leases, poller=st.integers(0, 2), most=st.integers(2, 9))
    def pollers_ask_for_some(self, poller: int, most: int):
        feeds = self.LISTS[poller]
        looks = self.oracle.looks(feeds, self.now)
        due = {feed for look, feed in looks if look <= self.now}
        found = self.run(self.pollers[poller].next(most, now_ms=self.now))
        while found == Idle(0):
            found = self.run(self.pollers[poller].next(most, now_ms=self.now))
        leased = [] if isinstance(found, Idle) else found
        assert len({lease.feed.id for lease in leased}) == len(leased) <= most
        self.check_some(due, leased, most)
        return multiple(*(self.take(lease, poller) for lease in leased))

    def check_some(self, due: set[Feed], leased: list[Lease], most: int) -> None:
        """Compares a batch with the oracle's."""

    @rule(poller=st.integers(0, 2), which=st.integers(0, 2))
    def hurry(self, poller: int, which: int) -> None:
        feed = self.LISTS[poller][which]
        self.run(self.pollers[poller].hurry(feed.id, now_ms=self.now))
        truth = self.oracle.of(feed, self.now)
        if truth.held(self.now):
            truth.hurry = True
        else:
            truth.due, truth.until = self.now, None

    @rule(
        held=consumes(leases),
        wait_ms=st.integers(1, 30_000),
        failures=st.integers(0, 3),
    )
    def settle(self, held: tuple[Lease, int], wait_ms: int, failures: int) -> None:
        lease, poller = held
        settled = self.run(
            self.pollers[poller].settle(
                lease, wait_s=wait_ms / 1000, failures=failures, now_ms=self.now
            )
        )
        truth = self.oracle.of(lease.feed, self.now)
        assert settled == (truth.fence == lease.fence)
        if settled:
            truth.due = self.now + (0 if truth.hurry else wait_ms)
            truth.until, truth.hurry = None, False
            truth.spec, truth.failures = lease.feed, failures

    @rule(held=leases)
    def extend(self, held: tuple[Lease, int]) -> None:
        lease, poller = held
        lost = self.run(self.pollers[poller].extend([lease], now_ms=self.now))
        truth = self.oracle.of(lease.feed, self.now)
        assert (lease in lost) == (truth.fence != lease.fence)
        if not lost:
            truth.until = self.now + LEASE_MS

    @rule(held=consumes(leases))
    def give_back(self, held: tuple[Lease, int]) -> None:
        lease, poller = held
        self.run(self.pollers[poller].give_back([lease], now_ms=self.now))
        truth = self.oracle.of(lease.feed, self.now)
        if truth.fence == lease.fence:
            truth.until = self.now

    @rule(held=consumes(leases))
    def die(self, held: tuple[Lease, int]) -> None:
        """The poller is killed: its lease is never heard of again."""

    def drain(self) -> None:
        """Nothing is stuck: when all is quiet, each poller's list can poll each of its feeds."""
        self.now += 200_000
        for poller, feeds in zip(self.pollers, self.LISTS, strict=True):
            left = set(feeds)
            while left:
                found = self.run(poller.next(now_ms=self.now))
                if isinstance(found, list):
                    left.remove(found[0].feed)
                else:
                    self.now += max(1, int(found.wait_s * 1000))
                assert self.now < 1_700_100_000_000
            self.now += LEASE_MS


class OneList(Machine):
    """Three pollers with the same feeds: the very feed and the very wait are foretold."""

    LISTS = ((A, B, C), (C, A, B), (A, B, C))

    def check(self, feeds: tuple[Feed, ...], found: Lease | Idle) -> None:
        looks = self.oracle.looks(feeds, self.now)
        first = min(look for look, _ in looks)
        if first > self.now:
            assert found == Idle((first - self.now) / 1000)
            return
        assert isinstance(found, Lease)
        assert found.feed in [feed for look, feed in looks if look == first]
        others = [look for look, feed in looks if feed != found.feed]
        assert found.next_wait_s == max(0, min([*others, self.now + LEASE_MS]) - self.now) / 1000

    def check_some(self, due: set[Feed], leased: list[Lease], most: int) -> None:
        assert {lease.feed for lease in leased} <= due
        assert len(leased) == min(len(due), most)

    @invariant()
    def the_due_set_holds_the_list(self) -> None:
        assert self.run(self.client.zcard(self.pollers[0]._due)) == len(self.LISTS[0])


class ThreeLists(Machine):
    """Pollers amid a roll-out: a feed added, one removed, one with another interval."""

    LISTS = ((A, B, C), (A, replace(B, every_s=9), D), (B, C, D))

    def check(self, feeds: tuple[Feed, ...], found: Lease | Idle) -> None:
        if isinstance(found, Lease):
            truth = self.oracle.of(found.feed, self.now)
            assert truth.until is not None or truth.due <= self.now or truth.spec != found.feed

    @rule()
    def redis_forgets_the_due_sets(self) -> None:
        self.run(self.client.delete(*(poller._due for poller in self.pollers)))


class Hosts(Machine):
    """Pollers of one list and one host, which asks for patience now and then."""

    LISTS = ((A, B, C), (C, A, B), (A, B, C))

    def check_some(self, due: set[Feed], leased: list[Lease], most: int) -> None:
        open_ = due if self.oracle.blocked <= self.now else set()
        assert {lease.feed for lease in leased} <= open_
        assert len(leased) == min(len(open_), most)

    @rule(poller=st.integers(0, 2), ms=st.integers(30_000, 90_000))
    def block(self, poller: int, ms: int) -> None:
        # the block's key lives by Redis's clock, longer than the test
        self.run(self.pollers[poller].block_site("outlet.example", ms / 1000, now_ms=self.now))
        self.oracle.blocked = max(self.oracle.blocked, self.now + ms)


async def _connect() -> "redis.Redis":
    client = redis.Redis.from_url(URL[0], decode_responses=True)
    await client.config_set("appendfsync", "no")  # thousands of calls; no crash is tested here
    return client


@pytest.fixture(autouse=True)
def _url(valkey_url: str) -> None:
    URL[:] = [valkey_url]


QUICK = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestOneList = OneList.TestCase
TestOneList.settings = QUICK
TestThreeLists = ThreeLists.TestCase
TestThreeLists.settings = QUICK
TestHosts = Hosts.TestCase
TestHosts.settings = QUICK
