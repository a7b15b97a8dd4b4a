"""monitor.feeds.polling.unseen: only what the last window did not have is read, and all of that."""

import asyncio
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from stubs.outlet import Entry, rss

from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import UNCONDITIONAL, Failed, Retrieved, Trouble
from monitor.feeds.parsers import worker
from monitor.feeds.parsers.frames import Answer, Harmed, Job
from monitor.feeds.polling.unseen import TRIES, Reader, Unseen
from monitor.feeds.reading.document import MAX_ENTRIES
from monitor.feeds.reading.entries import DropReason
from monitor.feeds.state.feed_state import FeedState
from monitor.feeds.state.overlap import read_window

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
A = Feed(id="a", url="https://outlet.example/a")
UNPOLLED = FeedState()
RETRIEVED = Retrieved(body=b"", url=A.url, content_type="", validators=UNCONDITIONAL)


@dataclass
class InProcess:
    """Reads as the parser processes do, here; says what it was asked, or does harm so often."""

    harms: int = 0
    jobs: list[Job] = field(default_factory=list)

    async def read(self, job: Job) -> Answer:
        self.jobs.append(job)
        return Harmed("too slow") if len(self.jobs) <= self.harms else worker.read(job)


def entry(n: int, title: str = "") -> Entry:
    return Entry(title or f"Story {n}", f"g{n}", f"https://outlet.example/{n}")


def json_feed(*titles: str) -> bytes:
    items = [{"id": f"id {title}", "title": title} for title in titles]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()


async def look(
    body: bytes,
    state: FeedState = UNPOLLED,
    *,
    delta: bool = False,
    harms: int = 0,
) -> tuple[Unseen | Failed | Harmed, InProcess]:
    parsers = InProcess(harms)
    retrieved = replace(RETRIEVED, body=body, delta=delta)
    reader = Reader(feed=A, state=state, retrieved=retrieved, parsers=parsers, now=NOW)
    return await reader.unseen(), parsers


async def seen(body: bytes, state: FeedState = UNPOLLED, **how: bool) -> Unseen:
    found, _ = await look(body, state, **how)
    assert isinstance(found, Unseen)
    return found


def stored(found: Unseen) -> FeedState:
    return FeedState().published(
        url=A.url, topic_id="t", validators=UNCONDITIONAL, body_hash="", window=found.digests
    )


def titles(found: Unseen) -> list[str]:
    return [item.title for item in found.items]


async def test_only_unseen_entries_reach_the_parser() -> None:
    first = await seen(rss(entry(2), entry(1)))
    assert (titles(first), first.partial, first.complete) == (["Story 2", "Story 1"], False, True)
    assert first.facts.first_poll
    second, parsers = await look(rss(entry(3), entry(2), entry(1)), stored(first))
    assert isinstance(second, Unseen)
    assert (titles(second), second.partial) == (["Story 3"], True)
    assert (second.facts.overlap, second.facts.previous, second.facts.total) == (2, 2, 3)
    assert b"Story 2" not in parsers.jobs[0].body


async def test_another_order_is_read_by_nobody() -> None:
    first = await seen(rss(entry(1), entry(2)))
    again, parsers = await look(rss(entry(2), entry(1)), stored(first))
    assert isinstance(again, Unseen)
    assert (again.items, parsers.jobs) == ([], [])
    assert set(again.digests) == set(first.digests)


async def test_the_whole_is_there_when_it_is_asked_for() -> None:
    first = await seen(rss(entry(1), entry(2)))
    body = replace(RETRIEVED, body=rss(entry(1), entry(2, "Changed")))
    reader = Reader(feed=A, state=stored(first), retrieved=body, parsers=InProcess(), now=NOW)
    whole = await reader.whole()
    assert isinstance(whole, Unseen)
    assert titles(whole) == ["Story 1", "Changed"]
    assert not whole.partial


async def test_a_body_that_breaks_off_gives_whole_entries_and_comes_again() -> None:
    body = rss(entry(1), entry(2), entry(3))
    cut = await seen(body[: body.index(b"Story 3") + 4])
    assert (titles(cut), cut.complete) == (["Story 1", "Story 2"], False)


async def test_a_long_window_is_read_in_portions() -> None:
    entries = [*map(entry, range(MAX_ENTRIES + 7)), replace(entry(0), summary="Once more")]
    first, parsers = await look(rss(*entries))
    assert isinstance(first, Unseen)
    assert titles(first) == [each.title for each in entries[:-1]]
    assert [each.reason for each in first.dropped] == [DropReason.REPEATED]
    assert (len(parsers.jobs), first.complete, len(first.digests)) == (2, True, len(entries))
    again = await seen(rss(*entries, entry(-1)), stored(first))
    assert titles(again) == ["Story -1"]


async def test_what_was_sent_as_a_part_adds_to_what_is_known() -> None:
    first = await seen(rss(entry(1), entry(2)))
    part = await seen(rss(entry(3)), stored(first), delta=True)
    assert (titles(part), part.facts.previous, part.complete) == (["Story 3"], 0, False)
    assert read_window(stored(part).window) == {*first.digests, *part.digests}
    json_part = await seen(json_feed("Four"), stored(part), delta=True)
    assert (json_part.facts.previous, json_part.complete, len(json_part.digests)) == (0, False, 4)


async def test_what_cannot_be_cut_up_is_read_whole() -> None:
    body = b'{"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": [{"id": "1",'
    found = await seen(body + b' "title": "From JSON", "url": "https://outlet.example/1"}]}')
    assert (titles(found), len(found.digests), found.complete) == (["From JSON"], 1, True)


async def test_a_feed_in_json_is_linked_to_its_last_window_by_its_entries() -> None:
    first = await seen(json_feed("One", "Two", ""))
    assert [each.reason for each in first.dropped] == [DropReason.EMPTY]
    second = await seen(json_feed("Two", "", "Three"), stored(first))
    assert (second.facts.overlap, second.facts.previous, second.facts.total) == (2, 3, 3)
    assert second.dropped == ()
    third = await seen(json_feed("Four"), stored(second))
    assert (third.facts.overlap, third.facts.previous) == (0, 3)


async def test_that_an_entry_is_not_carried_is_said_once() -> None:
    empty = Entry("", "g0", "https://outlet.example/0")
    first = await seen(rss(empty, entry(1)))
    assert [each.reason for each in first.dropped] == [DropReason.EMPTY]
    changed = replace(RETRIEVED, body=rss(empty, entry(1), entry(2), Entry("", "g3", "")))
    reader = Reader(feed=A, state=stored(first), retrieved=changed, parsers=InProcess(), now=NOW)
    whole = await reader.whole()
    assert isinstance(whole, Unseen)
    assert [each.item.guid for each in whole.dropped] == ["g3"]


async def test_a_large_body_is_cut_up_beside_the_loop() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        counting = group.create_task(count())
        await asyncio.sleep(0)
        found = await seen(rss(entry(1)).replace(b"</channel>", b"<??>" * 500_000 + b"</channel>"))
        counting.cancel()
    assert titles(found) == ["Story 1"]
    assert turns > 10  # two where the loop is held


@pytest.mark.parametrize("body", [b"", b"<html><body>Log in</body></html>", b"not a feed"])
async def test_what_is_no_feed_is_a_failure(body: bytes) -> None:
    failed, _ = await look(body)
    assert isinstance(failed, Failed)
    assert failed.trouble is Trouble.UNREADABLE


async def test_a_body_that_does_harm_is_tried_again_once() -> None:
    busy, _ = await look(rss(entry(1)), harms=TRIES - 1)
    assert isinstance(busy, Unseen)
    harmed, parsers = await look(rss(entry(1)), harms=99)
    assert harmed == Harmed("too slow")
    assert len(parsers.jobs) == TRIES
