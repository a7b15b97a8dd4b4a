"""What pollers remember and what they leave: first polls, drop folders, kills, stops."""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import redis
from stubs.bodies import SLOW
from stubs.embedded import embedded
from stubs.outlet import Entry, OutletStub, rss
from stubs.processes import alive, children, worked_s
from stubs.records import Records
from stubs.tansu import Tansu
from stubs.vitals import until
from stubs.wirewatch import Desk, Process, feed_line

from monitor.embedded.services import Serves
from streams.decision import Decision, Reason
from streams.item import Item
from streams.topics import DECISIONS, ITEMS

OLD = Entry("Old sanctions on Pakistan steel", "old", "https://a.example/1", "Long ago.")
UNDATED = Entry("Pakistan tea hit by sanctions, undated", "undated", "https://a.example/2", "Once.")
FRESH = Entry("Sanctions on Pakistan cotton, fresh", "fresh", "https://a.example/3", "Today.")
LATER_S = 30.0
"""For a dead poller's leases, on a busy machine."""

AT_WORK_S = 1.0
"""A parser that takes so long is at work on what harms it."""

NEWSML = """<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:example:g2" version="1"
 standard="NewsML-G2" standardversion="2.34" conformance="power" xml:lang="en-GB">
<itemMeta><itemClass qcode="ninat:text"/><provider qcode="nprov:EXW"><name>Example Wire</name>
</provider><versionCreated>{now}</versionCreated><pubStatus qcode="stat:usable"/></itemMeta>
<contentMeta><urgency>2</urgency><headline>Port workers fear sanctions, Pakistan told</headline>
</contentMeta></newsItem>"""
NOISE_FILES = 60
"""Moved one after the other: a kill right after the publish comes in between."""


class Wires:
    """A broker and a memory of the test's own, and what stands in them."""

    def __init__(self, tansu: Tansu, redis_url: str) -> None:
        self.tansu = tansu
        self.redis = redis.Redis.from_url(redis_url, decode_responses=True)
        self.environment = {"KAFKA_BOOTSTRAP_SERVERS": tansu.bootstrap, "REDIS_URL": redis_url}

    @contextmanager
    def reading(self) -> Iterator[tuple[Records[Item], Records[Decision]]]:
        """Items and decisions on the topics."""
        with (
            Records(self.tansu.bootstrap, ITEMS, Item) as items,
            Records(self.tansu.bootstrap, DECISIONS, Decision) as decisions,
        ):
            yield items, decisions

    def feed(self, name: str) -> dict[str, str]:
        """What Redis has of a feed."""
        return self.redis.hgetall(f"ww:{{test}}:feed:{name}")

    def leased(self, name: str) -> bool:
        """Whether a lease on it runs."""
        seconds, microseconds = self.redis.time()
        return float(self.feed(name).get("until", 0)) > seconds * 1000 + microseconds / 1000


@pytest.fixture
def wires(tmp_path: Path, desk: Desk) -> Iterator[Wires]:
    with ExitStack() as stack:
        tansu = stack.enter_context(Tansu(tmp_path / "tansu"))
        valkey = stack.enter_context(embedded(Serves.MEMORY, tmp_path / "valkey"))
        wires = Wires(tansu, f"redis://{valkey.address}/0")
        stack.callback(wires.redis.close)
        desk.environment |= wires.environment
        yield wires
        desk.end()


def told(run: Process, title: str) -> int:
    return len([line for line in run.lines if line.get("told") and line["title"] == title])


def dated(entry: Entry, ago: timedelta) -> Entry:
    return Entry(
        entry.title,
        entry.guid,
        entry.link,
        entry.summary,
        format_datetime(datetime.now(UTC) - ago),
    )


def test_what_is_older_than_the_watch_is_never_told_on_any_broker(
    desk: Desk, outlet: OutletStub, wires: Wires
) -> None:
    fresh, old = dated(FRESH, timedelta(minutes=5)), dated(OLD, timedelta(hours=5))
    outlet.serve("a", rss(fresh, UNDATED, old))
    options = "every: 0.2, allow_private: true, backfill: 2h"
    desk.write("feeds.yaml", f"- {{id: a, url: '{outlet.url('a')}', {options}}}\n")
    expected = {OLD.guid: True, UNDATED.guid: True, FRESH.guid: False}

    for first in ("first", "already_told"):
        run = desk.run().until_ready()
        run.until_decided(first, timeout_s=40)
        run.until_decided("baseline", 2, timeout_s=40)
        with wires.reading() as (items, decisions):
            assert {i.guid: i.baseline for i in items.until(lambda _: True, 3)} == expected
            remembered = decisions.until(lambda d: d.reason is Reason.BASELINE, 2)
        assert {d.title for d in remembered} == {OLD.title, UNDATED.title}
        assert told(run, OLD.title) == told(run, UNDATED.title) == 0
        assert run.stop() == 0
        wires.tansu.kill()  # it keeps nothing
        wires.tansu.start()


def test_files_are_told_once_whenever_the_poller_is_killed(desk: Desk, wires: Wires) -> None:
    inbox = desk.folder / "in"
    inbox.mkdir()
    desk.write("feeds.yaml", "- {id: wire, folder: in, backfill: all}\n")
    judges = desk.run("match", "alert").until_ready()
    poller = desk.run("poll").until_ready()
    put(inbox)
    with wires.reading() as (items, decisions):
        items.until(lambda item: "anctions" in item.title, 2)
        poller.kill()
        desk.run("poll").until_ready()
        [rejected] = decisions.until(lambda d: d.reason is Reason.FILE_REJECTED)
        until(lambda: not [path for path in inbox.iterdir() if path.is_file()], LATER_S)
        assert "bad.json" in rejected.detail
        assert len({item.id for item in items.so_far()}) == NOISE_FILES + 2
    judges.wait_until(lambda run: len(run.decided("first")) == 2)
    assert told(judges, "Agency says sanctions loom for Pakistan") == 1
    assert told(judges, "Port workers fear sanctions, Pakistan told") == 1
    done, rejects = names(inbox / "done"), names(inbox / "rejected")
    assert len(done) == NOISE_FILES + 2
    assert [name for name in rejects if "bad.json" in name]
    [why] = [path for path in (inbox / "rejected").iterdir() if "JSON" in path.read_text()]
    assert why.name != "bad.json"


def put(inbox: Path) -> None:
    """Two stories, a file nobody can read and many that touch no rule, none half-written."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    files = {f"n{n:02}.json": ninjs(f"n{n}", f"Weather report number {n}") for n in range(60)}
    files["one.json"] = ninjs("one", "Agency says sanctions loom for Pakistan")
    files["two.xml"] = NEWSML.format(now=now)
    files["bad.json"] = '{"uri": '
    for name, text in files.items():
        scratch = inbox / f".{name}"
        scratch.write_text(text)
        os.utime(scratch, (time.time() - 120, time.time() - 120))
        scratch.rename(inbox / name)


def ninjs(uri: str, headline: str) -> str:
    return json.dumps({"uri": f"urn:example:{uri}", "version": "1", "headline": headline})


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_kill_before_the_acknowledgement_and_one_after_it_lose_and_double_nothing(
    desk: Desk, outlet: OutletStub, wires: Wires
) -> None:
    outlet.serve("acked", rss(FRESH), delay_s=2)
    outlet.serve("unacked", rss(OLD), delay_s=4)
    desk.feeds(acked=outlet.url("acked"), unacked=outlet.url("unacked"))
    judges = desk.run("match", "alert").until_ready()
    poller = desk.run("poll")
    until(lambda: wires.leased("acked") and wires.leased("unacked"))
    wires.redis.execute_command("CLIENT", "PAUSE", "600000", "WRITE")
    with wires.reading() as (items, _):
        items.until(lambda item: item.guid == FRESH.guid)
    wires.tansu.freeze()
    outlet.wait_for("unacked", 1, 30)
    poller.kill()
    wires.tansu.thaw()
    wires.redis.execute_command("CLIENT", "UNPAUSE")
    assert not [name for name in ("acked", "unacked") if "state" in wires.feed(name)]

    for name, entry in (("acked", FRESH), ("unacked", OLD)):
        outlet.serve(name, rss(entry))
    desk.run("poll").until_ready()
    until(lambda: {"state"} <= wires.feed("acked").keys() & wires.feed("unacked").keys(), LATER_S)
    judges.wait_until(lambda run: run.decided("already_told") and len(run.decided("first")) == 2)
    with wires.reading() as (items, _):
        published = Counter(item.guid for item in items.until(lambda _: True, 3))
    assert published[FRESH.guid] == 2
    assert published[OLD.guid] >= 1
    assert (told(judges, FRESH.title), told(judges, OLD.title)) == (1, 1)


def test_a_stop_ends_polls_that_hang_and_parsers_at_work_and_gives_leases_back(
    desk: Desk, outlet: OutletStub, wires: Wires
) -> None:
    outlet.serve("hangs", rss(FRESH), delay_s=600)
    outlet.serve("drips", rss(OLD), drip=True)
    outlet.serve("harms", SLOW)
    feeds = ("hangs", "drips", "harms")
    desk.write("feeds.yaml", "".join(feed_line(f, outlet.url(f), every_s=60) for f in feeds))
    run = desk.run("poll")
    until(lambda: all(wires.leased(feed) for feed in feeds), LATER_S)
    outlet.wait_for("harms", 1, 30)
    begun_s = {parser: worked_s(parser) for parser in children(run.pid, "parsers.worker")}
    until(lambda: any(worked_s(p) > begun_s[p] + AT_WORK_S for p in begun_s), LATER_S)
    assert run.stop() == 0
    assert not [line for line in run.errors if "Traceback" in line or "rror" in line]
    assert not [parser for parser in begun_s if alive(parser)]
    assert not [feed for feed in feeds if wires.leased(feed)]
    assert not [feed for feed in feeds if "state" in wires.feed(feed)]
