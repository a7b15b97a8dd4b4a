"""monitor.feeds.polling.folder_poll: looks into a real folder, one after another, as stored."""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.feeds.drops.agency import HELD_FOR_GOOD
from monitor.feeds.drops.folder import MAX_FILES_A_POLL, Drops
from monitor.feeds.feed import Feed
from monitor.feeds.polling.ended import Ended, Learned
from monitor.feeds.polling.folder_poll import poll_folder
from monitor.feeds.polling.polls import Polled
from monitor.feeds.polling.published import Desk
from monitor.feeds.state.changes import KNOWN_MOST, KNOWN_SLACK
from monitor.feeds.state.feed_state import read_state, state_text
from monitor.feeds.state.known import Known, known_value, read_known
from monitor.feeds.state.leases import Lease
from streams.decision import Decision, Reason
from streams.item import Item, Kind
from streams.topics import ITEMS, Topic, decode

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FEED = Feed(id="wire", folder="in")


@dataclass
class Agency:
    """One folder, and what Redis and the broker keep of it."""

    folder: Path
    kept: dict[str, str] = field(default_factory=dict)
    stored: str = ""
    polls: int = 0
    now: datetime = NOW
    items: list[Item] = field(default_factory=list)
    dropped_as: list[Decision] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.drops = Drops(self.folder)

    async def publish(self, topic: Topic, records: Sequence[tuple[str, bytes]]) -> None:
        if topic is ITEMS:
            self.items += [decode(Item, value) for _, value in records]

    def dropped(self, decision: Decision) -> None:
        self.dropped_as.append(decision)

    def polled(self, feed: str, outcome: Polled, seconds: float) -> None:
        raise AssertionError("a round's affair")

    async def known(self, _feed: str, ids: Sequence[str] | None) -> Mapping[str, Known]:
        wanted = self.kept if ids is None else ids
        return read_known({i: self.kept[i] for i in wanted if i in self.kept})

    def leave(self, name: str, *told: dict[str, object], ago_s: float = 60) -> None:
        path = self.folder / name
        path.write_text(json.dumps(told))
        at = self.now.timestamp() - ago_s
        os.utime(path, (at, at))

    async def look(self, **later: float) -> list[Item]:
        """What one look publishes."""
        before = len(self.items)
        self.now += timedelta(**later)
        self.polls += 1
        ended = await self._poll()
        if isinstance(ended, Learned):
            self.stored = state_text(ended.state)
            for item in ended.changes.forget:
                del self.kept[item]
            changed = ended.changes.known.items()
            self.kept |= {i: known_value(known, self.polls) for i, known in changed}
        return self.items[before:]

    async def _poll(self) -> Ended:
        state = read_state(self.stored)
        lease = Lease(
            feed=FEED,
            fence=self.polls,
            failures=0,
            next_wait_s=0.0,
            state=state,
            known_count=len(self.kept),
        )
        return await poll_folder(
            lease,
            state.as_of("", "t1"),
            "t1",
            drops=self.drops,
            desk=Desk(self, self),
            known=self.known,
            may_publish=lambda _lease: None,
            now=self.now,
        )

    async def version(self, **fields: object) -> list[Item]:
        """What a look publishes that finds this version of one item."""
        told = {"uri": "urn:1", "headline": "Minister resigns", "body_text": "Words", **fields}
        self.leave(f"{self.polls}.json", told)
        return await self.look(minutes=1)


@pytest.fixture
async def agency(tmp_path: Path) -> Agency:
    """Whose folder was looked into once, with nothing in it."""
    agency = Agency(tmp_path)
    assert await agency.look() == []
    return agency


async def test_the_first_file_in_a_folder_that_was_empty_is_news(agency: Agency) -> None:
    agency.leave("a.json", {"uri": "u0", "headline": "Coup under way"})
    [item] = await agency.look(days=1)
    assert (item.title, item.kind, item.baseline) == ("Coup under way", Kind.NEW, False)


async def test_what_lies_in_a_folder_before_the_first_look_is_a_baseline(tmp_path: Path) -> None:
    agency = Agency(tmp_path)
    for n in range(MAX_FILES_A_POLL + 5):
        agency.leave(f"{n}.json", {"uri": f"u{n}", "headline": f"Old {n}"})
    agency.leave("late.json", {"uri": "late", "headline": "Last"}, ago_s=0.5)
    found = [*await agency.look(), *await agency.look(seconds=1)]
    assert [item.baseline for item in found] == [True] * (MAX_FILES_A_POLL + 6)
    agency.leave("new.json", {"uri": "new", "headline": "New"})
    assert [item.baseline for item in await agency.look(hours=1)] == [False]


async def test_a_file_that_waits_at_the_first_look_was_there_before_it(tmp_path: Path) -> None:
    agency = Agency(tmp_path)
    agency.leave("a.json", {"uri": "a", "headline": "There"}, ago_s=0)
    assert await agency.look() == []
    assert [item.baseline for item in await agency.look(seconds=2)] == [True]


@pytest.mark.parametrize(
    ("was", "then"),
    [
        ({"embargoed": "2026-11-25T12:00:00Z"}, {}),
        ({"embargoed": "on request"}, {}),
        ({}, {"embargoed": "2026-11-25T12:00:00Z"}),
        ({"pubstatus": "withheld"}, {"pubstatus": "usable"}),
        ({"urgency": 5}, {"urgency": 1}),
        ({}, {"ednote": "KILL - do not use"}),
    ],
)
async def test_another_status_is_an_update_though_the_words_are_the_same(
    agency: Agency, was: dict[str, object], then: dict[str, object]
) -> None:
    [first] = await agency.version(version="1", **was)
    [second] = await agency.version(version="2", **then)
    assert (first.kind, first.rev) == (Kind.NEW, 1)
    assert (second.kind, second.rev, second.version) == (Kind.UPDATE, 2, "2")
    assert await agency.version(version="3", **then) == []  # a number is no news


async def test_an_embargo_without_an_end_can_be_lifted(agency: Agency) -> None:
    [held] = await agency.version(embargoed="until told otherwise")
    [lifted] = await agency.version()
    assert (held.embargoed_until, lifted.embargoed_until) == (HELD_FOR_GOOD, "")


async def test_an_older_version_that_comes_later_is_put_on_record_and_not_published(
    agency: Agency,
) -> None:
    await agency.version(version="2", body_text="Corrected: 3 dead")
    assert await agency.version(version="1", body_text="30 dead") == []
    [record] = agency.dropped_as
    assert (record.reason, record.rev, record.detail) == (
        Reason.OUTDATED_VERSION, 1, "version 1 after version 2",
    )  # fmt: skip
    [third] = await agency.version(version="3", body_text="4 dead")
    assert (third.kind, third.rev) == (Kind.UPDATE, 2)
    [same] = await agency.version(version="3", body_text="5 dead")  # not all agencies count
    assert same.rev == 3
    assert len(agency.dropped_as) == 1


async def test_what_is_known_of_a_folder_does_not_grow_without_end(agency: Agency) -> None:
    for look in range(12):
        told = [{"uri": f"u-{look}-{n}", "headline": f"h {look} {n}"} for n in range(900)]
        agency.leave("a.json", *told)
        assert len(await agency.look(hours=1)) == 900
    assert KNOWN_MOST <= len(agency.kept) <= KNOWN_MOST + KNOWN_SLACK + 2 * 900
    assert {item.id for item in agency.items[-900:]} <= agency.kept.keys()


async def test_an_unreadable_memory_is_said_in_one_line_and_fails_no_look(
    agency: Agency, caplog: pytest.LogCaptureFixture
) -> None:
    [first] = await agency.version()
    agency.kept |= {first.id: "what is this", "wire/other": ""}
    with caplog.at_level(logging.WARNING):
        [again] = await agency.version()
    assert (again.id, again.kind, again.rev) == (first.id, Kind.UPDATE, 2)
    assert caplog.messages == [
        "feed wire: what is stored of 1 of its items is unreadable, they count as changed"
    ]
    assert await agency.version() == []
