"""monitor.feeds.parsers: real processes, jobs that harm them, and the jobs beside those."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from stubs.bodies import FEED, FEEDS, ITEM, NO_FEEDS, SLOW

from monitor.feeds.feed import Feed
from monitor.feeds.parsers.frames import (
    PIECE_ENTRIES,
    AnswerReader,
    Frames,
    Harmed,
    Job,
    Read,
    Unreadable,
    answer_frames,
    job_frame,
    read_job,
)
from monitor.feeds.parsers.pool import NoParser, Parsers
from monitor.feeds.reading.document import MAX_ENTRIES
from monitor.feeds.reading.entries import Dropped, DropReason
from streams.item import Clock, Item

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MAX_GROWTH_KB = 50 * 1024
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def job(body: bytes = FEED % ITEM, feed: str = "f") -> Job:
    return Job(body=body, url="https://outlet.example/feed", feed=Feed(id=feed), now=NOW)


def titles(answer: object) -> list[str]:
    assert isinstance(answer, Read), answer
    return [entry.title for entry in answer.entries if isinstance(entry, Item)]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.01)


async def worker(parsers: Parsers) -> int:
    await until(lambda: len(parsers.pids) == 1)
    return parsers.pids[0]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize("entries", [0, 1, PIECE_ENTRIES, PIECE_ENTRIES + 1, 250])
def test_frames_carry_jobs_and_answers(entries: int) -> None:
    assert read_job(job_frame(job())[4:]) == job()
    item = Item(id="i", title="A", published=Clock(at="2016-09-07"), tags=("x",))
    mixed = [Dropped(item, DropReason.REPEATED) if n % 3 else item for n in range(entries)]
    said = Read(entries=tuple(mixed), title="T", ttl_s=60.0, hub="h", self_url="s", left_out=2)
    for answer in (said, Unreadable("no feed"), Harmed("slow")):
        frames, reader = Frames(), AnswerReader()
        stream = b"".join(answer_frames(answer))
        payloads = [p for at in range(len(stream)) for p in frames.take(stream[at : at + 1])]
        assert [reader.take(payload) for payload in payloads][-1] == answer


async def test_feeds_are_read_by_other_processes() -> None:
    async with Parsers(2) as parsers:
        bodies = [FEED % b"<item><title>%d</title></item>" % n for n in range(50)]
        answers = await asyncio.gather(*(parsers.read(job(body)) for body in bodies))
        assert [titles(answer) for answer in answers] == [[str(n)] for n in range(50)]
        await until(lambda: len(parsers.pids) == 2)
        pids = parsers.pids
        assert os.getpid() not in pids
    await until(lambda: not any(map(alive, pids)))


@pytest.mark.parametrize("name", FEEDS)
@linux
async def test_a_hostile_feed_is_read_within_bounds(name: str) -> None:
    async with Parsers() as parsers:
        assert titles(await parsers.read(job())) == ["One"]
        pid, before = parsers.pids[0], peak_kb(parsers.pids[0])
        hostile = parsers.read(job(FEEDS[name]))
        found, other = await asyncio.gather(hostile, parsers.read(job(feed="other")))
        assert isinstance(found, Read)
        assert 1 <= len(found.entries) <= MAX_ENTRIES
        assert found.left_out == {"100,000 items": 98_000, "items in items": 18_000}.get(name, 0)
        for entry in found.entries:
            item = entry.item if isinstance(entry, Dropped) else entry
            assert (item.url or "https:").startswith("https:")
            assert not {"\u202e", "\u200b"} & set(item.title)
        assert titles(other) == ["One"]
        assert parsers.pids == [pid]
        assert peak_kb(pid) - before < MAX_GROWTH_KB


def peak_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


async def test_what_is_no_feed_is_said() -> None:
    async with Parsers() as parsers:
        answers = await asyncio.gather(*(parsers.read(job(body)) for body in NO_FEEDS.values()))
    assert all(isinstance(answer, Unreadable) for answer in answers)


async def test_a_job_that_takes_too_long_ends_its_worker_and_no_other_job() -> None:
    async with Parsers(wall_s=1.0) as parsers:
        pid = await worker(parsers)
        slow = asyncio.ensure_future(parsers.read(job(SLOW)))
        others = [asyncio.ensure_future(parsers.read(job(feed=f"f{n}"))) for n in range(5)]
        harmed = await slow
        assert harmed == Harmed("reading it takes more than 1 s")
        assert [titles(await other) for other in others] == [["One"]] * 5
        assert not alive(pid)


async def test_jobs_on_their_way_are_done_by_the_next_worker() -> None:
    async with Parsers(wall_s=60.0) as parsers:
        pid = await worker(parsers)
        os.kill(pid, signal.SIGSTOP)
        jobs = [asyncio.ensure_future(parsers.read(job(feed=f"f{n}"))) for n in range(30)]
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        assert [titles(answer) for answer in await asyncio.gather(*jobs)] == [["One"]] * 30
        assert pid not in parsers.pids


async def test_a_job_that_sees_two_workers_die_is_to_blame() -> None:
    async with Parsers(wall_s=60.0) as parsers:
        slow = asyncio.ensure_future(parsers.read(job(SLOW)))
        other = asyncio.ensure_future(parsers.read(job()))
        first = await worker(parsers)
        os.kill(first, signal.SIGKILL)
        await until(lambda: parsers.pids not in ([], [first]))
        os.kill(parsers.pids[0], signal.SIGKILL)
        assert await slow == Harmed("its parser ended with -9", proven=False)
        assert titles(await other) == ["One"]


async def test_a_worker_that_has_done_its_share_is_replaced() -> None:
    async with Parsers(share=7) as parsers:
        first = await worker(parsers)
        answers = await asyncio.gather(*(parsers.read(job()) for _ in range(40)))
        assert [titles(answer) for answer in answers] == [["One"]] * 40
        assert parsers.pids != [first]


async def test_callers_may_be_cancelled() -> None:
    async with Parsers(wall_s=60.0) as parsers:
        pid = await worker(parsers)
        os.kill(pid, signal.SIGSTOP)
        jobs = [asyncio.ensure_future(parsers.read(job())) for _ in range(20)]
        await asyncio.sleep(0)
        for each in jobs[:15]:
            each.cancel()
        os.kill(pid, signal.SIGCONT)
        assert [titles(answer) for answer in await asyncio.gather(*jobs[15:])] == [["One"]] * 5
        assert parsers.pids == [pid]


async def test_ctrl_c_is_not_for_workers() -> None:
    async with Parsers() as parsers:
        pid = await worker(parsers)
        os.kill(pid, signal.SIGINT)
        assert titles(await parsers.read(job())) == ["One"]
        assert parsers.pids == [pid]


@linux
async def test_workers_know_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    async with Parsers() as parsers:
        pid = await worker(parsers)
        assert b"xoxb" not in Path(f"/proc/{pid}/environ").read_bytes()


async def test_without_any_worker_callers_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    async with Parsers() as parsers:
        with pytest.raises(NoParser):
            await parsers.read(job())


async def test_a_process_that_hangs_at_its_start_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hanging = tmp_path / "python"
    hanging.write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(hanging))
    async with Parsers(start_s=0.1) as parsers:
        with pytest.raises(NoParser):
            await parsers.read(job())


async def test_closing_does_not_wait_for_jobs() -> None:
    async with Parsers(wall_s=60.0) as parsers:
        pid = await worker(parsers)
        slow = asyncio.ensure_future(parsers.read(job(SLOW)))
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert not alive(pid)


PARENT = """
import asyncio
from monitor.feeds.parsers.pool import Parsers
async def main():
    async with Parsers() as parsers:
        while not parsers.pids:
            await asyncio.sleep(0.01)
        print(parsers.pids[0], flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


async def test_no_worker_outlives_its_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(await asyncio.to_thread(parent.stdout.readline))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    await until(lambda: not alive(pid))
