"""monitor.feeds.polling.poll: over many polls of a feed nothing is lost, nothing told twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from stubs.outlet import Entry, rss

from monitor.feeds.events import FeedEvent
from monitor.feeds.feed import Feed, Priority
from monitor.feeds.fetching.answers import UNCONDITIONAL, NotModified, Retrieved
from monitor.feeds.fetching.hosts import Asker
from monitor.feeds.pacing.pace import Pace
from monitor.feeds.pacing.validators import Trust
from monitor.feeds.parsers import worker
from monitor.feeds.parsers.frames import Answer, Job
from monitor.feeds.polling.ended import Learned, Said, Unchanged
from monitor.feeds.polling.poll import Means, poll
from monitor.feeds.reading.document import MAX_ENTRIES
from monitor.feeds.state.changes import KNOWN_MOST, KNOWN_SLACK
from monitor.feeds.state.feed_state import FeedState, read_state, state_text
from monitor.feeds.state.known import Known, known_value, read_known
from monitor.feeds.state.leases import Lease
from streams.decision import Reason
from streams.item import Item, Kind

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
A = Feed(id="a", url="https://outlet.example/a")


class InProcess:
    """Reads as the parser processes do, here."""

    async def read(self, job: Job) -> Answer:
        return worker.read(job)


@dataclass
class Desk:
    taken: list[Item]

    async def items(self, _feed: Feed, items: Sequence[Item], _dropped: object) -> None:
        self.taken += items


@dataclass
class Outlet:
    """One feed, what it serves, and what a desk keeps of it between polls."""

    feed: Feed = A
    body: bytes = b""
    topic_id: str = "t1"
    polls: int = 0
    kept: dict[str, str] = field(default_factory=dict)
    stored: str = ""
    pushes: list[bytes] = field(default_factory=list)
    taken: list[Item] = field(default_factory=list)
    events: list[FeedEvent] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    said: Said = field(default_factory=Said)
    asker: Asker | None = None

    async def fetch(self, url: str, *, asker: Asker, **_: object) -> Retrieved | NotModified:
        self.asker = asker
        if not self.body:
            return NotModified()
        return Retrieved(body=self.body, url=url, content_type="", validators=UNCONDITIONAL)

    async def known(self, _feed: str, ids: Sequence[str] | None) -> Mapping[str, Known]:
        wanted = self.kept if ids is None else ids
        return read_known({i: self.kept[i] for i in wanted if i in self.kept})

    async def pushed(self, feed: Feed) -> Retrieved | None:
        if not self.pushes:
            return None
        return Retrieved(
            body=self.pushes.pop(0),
            url=feed.url,
            content_type="",
            validators=UNCONDITIONAL,
            delta=True,
            pushed=True,
        )

    async def poll(self, body: bytes) -> tuple[list[Item], bool]:
        """What a poll that finds `body` publishes, and whether more is left of it."""
        self.body, self.polls, before = body, self.polls + 1, len(self.taken)
        state = read_state(self.stored)
        lease = Lease(
            feed=self.feed,
            fence=self.polls,
            failures=0,
            next_wait_s=0.0,
            state=state,
            known_count=len(self.kept),
        )
        now = NOW + timedelta(minutes=self.polls)
        as_of = state.as_of(self.feed.url, self.topic_id)
        ended = await poll(lease, as_of, self.topic_id, self._means(), now)
        assert isinstance(ended, Learned | Unchanged)
        self.said = ended.said
        if isinstance(ended, Learned):
            self.stored = state_text(ended.state)
            self.events += ended.changes.events
            self.forgotten += ended.changes.forget
            for item in ended.changes.forget:
                del self.kept[item]
            changed = ended.changes.known.items()
            self.kept |= {i: known_value(known, self.polls) for i, known in changed}
        return self.taken[before:], isinstance(ended, Learned) and ended.more

    def _means(self) -> Means:
        return Means(
            fetcher=cast(Any, self),
            parsers=cast(Any, InProcess()),
            pages=cast(Any, None),
            desk=cast(Any, Desk(self.taken)),
            secrets={},
            known=self.known,
            pushed=self.pushed,
            drops=cast(Any, None),
            may_publish=lambda _lease: None,
        )


def entry(n: int, title: str = "", guid: str = "") -> Entry:
    return Entry(title or f"Story {n}", guid or f"g{n}", f"https://outlet.example/{n}")


async def drained(outlet: Outlet, body: bytes) -> list[Item]:
    """All that polls of one body publish, until nothing is left of it."""
    found, more = await outlet.poll(body)
    while more:
        assert outlet.polls < 20
        some, more = await outlet.poll(body)
        found += some
    return found


async def test_an_archive_is_read_to_its_end_as_one_first_poll_and_once_more_by_a_new_broker() -> (
    None
):
    outlet = Outlet()
    body = rss(*map(entry, range(2 * MAX_ENTRIES + 5)))
    every = {f"Story {n}" for n in range(2 * MAX_ENTRIES + 5)}
    first = await drained(outlet, body)
    assert {item.title for item in first} == every
    assert len(first) == len(every)
    assert all(item.baseline for item in first)
    assert await outlet.poll(body) == ([], False)
    outlet.topic_id = "t2"
    again = await drained(outlet, body)
    assert sorted(item.id for item in again) == sorted(item.id for item in first)
    assert all(item.baseline and item.rev == 1 for item in again)


async def test_a_first_body_that_breaks_off_makes_no_news_of_its_rest() -> None:
    outlet = Outlet()
    body = rss(*map(entry, range(5)))
    await outlet.poll(body[: body.index(b"Story 3")])
    rest, _ = await outlet.poll(body)
    assert [(item.title, item.baseline) for item in rest] == [("Story 3", True), ("Story 4", True)]
    news, _ = await outlet.poll(rss(entry(5), *map(entry, range(5))))
    assert [(item.title, item.baseline) for item in news] == [("Story 5", False)]


async def test_a_feed_that_always_breaks_off_has_news_from_its_third_poll_on() -> None:
    outlet = Outlet()
    for n in range(3):
        body = rss(*map(entry, range(n + 1)))
        found, _ = await outlet.poll(body.replace(b"</rss>", b""))
    assert [item.baseline for item in found] == [False]


async def test_a_push_that_comes_late_takes_no_correction_back() -> None:
    outlet = Outlet()
    wrong, right = entry(1, "30 dead"), entry(1, "Correction: 3 dead")
    await outlet.poll(rss(wrong, entry(2)))
    await outlet.poll(rss(right, entry(2)))
    outlet.pushes = [rss(wrong)]
    assert await outlet.poll(rss(right, entry(2))) == ([], False)
    assert await outlet.poll(rss(right, entry(2))) == ([], False)
    assert [item.title for item in outlet.taken][-1] == right.title
    outlet.pushes = [rss(entry(3))]
    pushed, _ = await outlet.poll(b"not asked for")
    assert [item.title for item in pushed] == ["Story 3"]


async def test_a_long_window_in_which_everything_always_changes_is_read_to_its_end() -> None:
    outlet = Outlet()
    for n in range(3):
        entries = [replace(entry(k), author=f"reader {n}") for k in range(MAX_ENTRIES + 5)]
        _, more = await outlet.poll(rss(*entries))
        assert not more
    assert len(outlet.taken) == MAX_ENTRIES + 5


async def test_a_push_does_not_stand_for_the_window_on_a_new_broker() -> None:
    outlet = Outlet()
    body = rss(entry(1), entry(2))
    await outlet.poll(body)
    outlet.topic_id, outlet.pushes = "t2", [rss(entry(3))]
    again, _ = await outlet.poll(body)
    assert [item.title for item in again] == ["Story 1", "Story 2"]
    pushed, _ = await outlet.poll(body)
    assert [item.title for item in pushed] == ["Story 3"]


async def with_a_long_memory() -> tuple[Outlet, list[Entry]]:
    """A feed with a pinned entry, after so many others that the oldest are to be forgotten."""
    outlet = Outlet()
    window = [entry(0, "Live blog"), *map(entry, range(1, 10))]
    [pinned, *_], _ = await outlet.poll(rss(*window))
    others = {f"a/o{n}": Known(1, "", "t") for n in range(KNOWN_MOST + KNOWN_SLACK + 30)}
    outlet.kept |= {item: known_value(known, 1) for item, known in others.items()}
    assert next(iter(read_known(outlet.kept))) == pinned.id  # known for longest
    return outlet, window


async def test_the_oldest_are_forgotten_and_none_that_is_shown() -> None:
    outlet, window = await with_a_long_memory()
    shown = {item.id for item in outlet.taken}
    await outlet.poll(rss(entry(10), *window))
    assert len(outlet.kept) == KNOWN_MOST + 11
    assert shown <= outlet.kept.keys()
    [blog], _ = await outlet.poll(rss(entry(0, "Live blog: results in"), entry(10), *window[1:]))
    assert (blog.kind, blog.rev) == (Kind.UPDATE, 2)


async def test_a_push_shows_too_little_to_forget_by() -> None:
    outlet, window = await with_a_long_memory()
    outlet.pushes = [rss(entry(10))]
    [pushed], _ = await outlet.poll(rss(*window))
    assert (pushed.title, outlet.forgotten) == ("Story 10", [])
    await outlet.poll(rss(entry(11), entry(10), *window))
    assert len(outlet.kept) == KNOWN_MOST + 12
    assert {item.id for item in outlet.taken} <= outlet.kept.keys()


async def test_an_entry_that_shares_its_guid_is_updated_as_itself() -> None:
    outlet = Outlet()
    twins = [entry(1, guid="same"), entry(2, guid="same")]
    first, _ = await outlet.poll(rss(*twins))
    assert len({item.id for item in first}) == 2
    changed, _ = await outlet.poll(rss(entry(1, "Story 1, corrected", guid="same"), twins[1]))
    assert [(item.id, item.rev, item.kind) for item in changed] == [(first[0].id, 2, Kind.UPDATE)]
    third, _ = await outlet.poll(rss(entry(3, guid="same"), *twins[1:]))
    assert [item.title for item in third] == ["Story 3"]


async def test_the_second_text_under_one_guid_is_told_when_the_first_goes() -> None:
    outlet = Outlet()
    one, two = (replace(entry(1), summary=text) for text in ("In short", "At length"))
    first, _ = await outlet.poll(rss(one, two, entry(2)))
    assert [item.summary for item in first] == ["In short", ""]
    assert await outlet.poll(rss(entry(2), one, two)) == ([], False)
    then, _ = await outlet.poll(rss(two, entry(2)))
    assert [(item.summary, item.kind) for item in then] == [("At length", Kind.UPDATE)]


async def test_that_a_feed_is_overlong_is_said_once_until_it_is_not() -> None:
    outlet = Outlet()
    long = [{"id": n, "title": f"Story {n}"} for n in range(MAX_ENTRIES + 5)]
    short = [{"id": "x", "title": "x"}]
    for items, told in [(long, 1), ([*short, *long], 1), (short, 1), (long, 2)]:
        body = {"version": "https://jsonfeed.org/version/1.1", "items": items}
        await outlet.poll(msgspec.json.encode(body))
        said = [event for event in outlet.events if event.reason is Reason.TOO_LARGE]
        assert len(said) == told
    assert "5 entries more" in said[0].detail


STEPS = st.lists(
    st.lists(
        st.builds(entry, st.integers(0, 6), guid=st.sampled_from(["", "", "", "same", "other"])),
        min_size=1,
        max_size=6,
        unique_by=lambda e: e.link,
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
async def test_every_entry_ever_served_is_published(steps: list[list[Entry]]) -> None:
    outlet = Outlet()
    for entries in steps:
        await outlet.poll(rss(*entries))
        assert {e.title for e in entries} <= {item.title for item in outlet.taken}
    told = [(item.id, item.rev) for item in outlet.taken]
    assert len(told) == len(set(told))


def test_state_of_an_earlier_version_has_nothing_left() -> None:
    state = read_state(msgspec.json.encode({"topic_id": "t", "url": A.url}).decode())
    assert not state.first_poll
    assert not state.again("t")
    assert FeedState().first_poll


async def test_a_push_that_cannot_be_read_is_no_failure_of_the_feed() -> None:
    outlet = Outlet()
    await outlet.poll(rss(entry(1)))
    outlet.pushes = [b"<html><body>Not a feed</body></html>"]
    assert await outlet.poll(b"not asked for yet") == ([], False)
    found, _ = await outlet.poll(rss(entry(2), entry(1)))
    assert [item.title for item in found] == ["Story 2"]


async def test_a_poll_says_whether_validators_were_sent_and_what_came_of_it() -> None:
    outlet = Outlet()
    await outlet.poll(rss(entry(1)))
    assert outlet.said.probe  # the first poll is one
    known = replace(
        read_state(outlet.stored), etag='"1"', trust=Trust(probe_at_s=NOW.timestamp() + 3_600)
    )
    outlet.stored = state_text(known)
    for body, told in ((b"", (False, True)), (rss(entry(2)), (True, False))):
        await outlet.poll(body)
        assert (outlet.said.conditional, outlet.said.not_modified) == told
        assert outlet.said.probe is None
    outlet.pushes, outlet.stored = [rss(entry(3))], state_text(known)
    await outlet.poll(b"")
    assert not outlet.said.conditional


async def test_a_feed_that_was_turned_away_says_for_how_long_it_has_waited() -> None:
    outlet = Outlet(replace(A, priority=Priority.WIRE))
    await outlet.poll(rss(entry(1)))
    assert outlet.asker == Asker(name="a", patience_s=60.0)
    waits = Pace(waits_since_s=NOW.timestamp() + 30)
    outlet.stored = state_text(replace(read_state(outlet.stored), pace=waits))
    await outlet.poll(rss(entry(1)))
    assert outlet.asker == Asker(name="a", patience_s=60.0, waited_s=90.0)
