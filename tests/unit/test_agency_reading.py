"""monitor.feeds.polling.agency_files: files of agencies read by parser processes, from threads."""

import asyncio
import json
import os
import signal
from datetime import UTC, datetime

import pytest

from monitor.feeds.drops.agency_file import read_agency_file
from monitor.feeds.drops.folder import ParserLost
from monitor.feeds.feed import Feed
from monitor.feeds.parsers.pool import NoParser, Parsers
from monitor.feeds.polling.agency_files import read_by
from monitor.feeds.reading.guard import NotAFeed

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FEED = Feed(id="wire", folder="in")
FILE = json.dumps([{"uri": f"urn:{n}", "headline": f"News {n}"} for n in range(3)]).encode()
SLOW_FILE = json.dumps(
    [{"uri": f"urn:{n}", "headline": "x", "body_html": "<p>x" * 1_900} for n in range(1_000)]
).encode()
"""Seconds of work."""
RSS = b"<rss version='2.0'><channel><item><title>x</title></item></channel></rss>"


async def test_a_file_is_read_as_by_the_program_itself() -> None:
    async with Parsers() as parsers:
        read = read_by(parsers, asyncio.get_running_loop())
        entries = await asyncio.to_thread(read, FILE, FEED, NOW)
    assert [*entries] == read_agency_file(FILE, FEED, NOW)


@pytest.mark.parametrize("body", [RSS, b"{", b'{"version": "https://jsonfeed.org/version/1"}', b""])
async def test_what_is_no_agency_file_is_none_though_it_may_be_a_feed(body: bytes) -> None:
    async with Parsers() as parsers:
        read = read_by(parsers, asyncio.get_running_loop())
        with pytest.raises(NotAFeed) as said:
            await asyncio.to_thread(read, body, FEED, NOW)
        with pytest.raises(NotAFeed) as wanted:
            read_agency_file(body, FEED, NOW)
    assert str(said.value) == str(wanted.value)


async def test_a_file_that_takes_too_long_is_none_and_others_are_read() -> None:
    async with Parsers(wall_s=0.2) as parsers:
        read = read_by(parsers, asyncio.get_running_loop())
        with pytest.raises(NotAFeed, match=r"more than 0\.2 s"):
            await asyncio.to_thread(read, SLOW_FILE, FEED, NOW)
        assert len(await asyncio.to_thread(read, FILE, FEED, NOW)) == 3


async def test_a_file_whose_parsers_are_killed_is_not_to_blame() -> None:
    async with Parsers(wall_s=60.0) as parsers:
        read = read_by(parsers, asyncio.get_running_loop())
        reading = asyncio.create_task(asyncio.to_thread(read, SLOW_FILE, FEED, NOW))
        killed: set[int] = set()
        while not reading.done():
            await asyncio.sleep(0.05)
            for pid in {*parsers.pids} - killed:
                killed.add(pid)
                os.kill(pid, signal.SIGKILL)
        with pytest.raises(ParserLost):
            await reading


async def test_nobody_waits_for_parsers_that_were_stopped() -> None:
    async with Parsers() as parsers:
        read = read_by(parsers, asyncio.get_running_loop())
    with pytest.raises(NoParser):
        await asyncio.to_thread(read, FILE, FEED, NOW)
