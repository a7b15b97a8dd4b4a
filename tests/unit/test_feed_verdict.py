"""The verdict on a feed: what is remarked, and when."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from stubs.outlet import Entry, rss

from monitor.feeds.feed import Feed
from monitor.feeds.pacing.failing import shown_span
from monitor.feeds.reading.entries import Dropped, read_entries
from monitor.feeds.reading.parse import parse
from monitor.feeds.visiting.verdict import (
    Code,
    Facts,
    Level,
    Verdict,
    judge,
    shown_pace,
    unreadable,
)
from monitor.feeds.visiting.visit import shape
from streams.item import Item

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FACTS = Facts(took_s=0.1, status=200, size_bytes=1_000, format="rss")
FEED = Feed(id="a", url="https://a.example")


def entry(hours_ago: float, *, published: str = "", guid: str = "", summary: str = "x" * 150):
    guid = guid or f"g{hours_ago}"
    moment = NOW - timedelta(hours=hours_ago)
    return Entry(
        title=f"Title {hours_ago}",
        guid="" if guid == "-" else guid,
        link=f"https://a.example/{hours_ago}",
        summary=summary,
        published={"": format_datetime(moment), "-": ""}.get(published, published),
    )


def read(*entries: Entry) -> Sequence[Item | Dropped]:
    return read_entries(parse(rss(*entries)), FEED, NOW)


def codes(verdict: Verdict) -> set[Code]:
    return {remark.code for remark in verdict.warnings}


GOOD = [entry(n) for n in range(12)]


def test_a_feed_in_order_is_fine() -> None:
    verdict = judge(FEED, FACTS, read(*GOOD), NOW)
    assert (verdict.verdict, codes(verdict)) == (Level.FINE, set())
    assert (verdict.entries, verdict.newest, verdict.age_s) == (12, "2026-11-24T12:00:00Z", 0.0)
    assert (verdict.window_s, verdict.per_day) == (11 * 3600, 24.0)


@pytest.mark.parametrize(
    ("code", "entries"),
    [
        (Code.EMPTY, []),
        (Code.UNDATED, [*GOOD, entry(20, published="-")]),
        (Code.UNDATED, [*GOOD, entry(20, published="soon")]),
        (Code.CLAMPED, [*GOOD, entry(20, published="Mon, 01 Jan 0001 00:00:00 GMT")]),
        (Code.ZONE_ASSUMED, [*GOOD, entry(20, published="2026-11-23 16:00:00")]),
        (Code.NO_IDS, [*GOOD, entry(20, guid="-")]),
        (Code.NO_IDS, [entry(1, guid="same"), entry(20, guid="same")]),
        (Code.GAP_RISK, [entry(n / 60) for n in range(12)]),
        (Code.HEADLINE_ONLY, [entry(n, summary="") for n in range(12)]),
        (Code.QUIET, [entry(24 * 8), entry(24 * 9)]),
    ],
)
def test_each_weakness_has_its_remark(code: Code, entries: list[Entry]) -> None:
    verdict = judge(FEED, FACTS, read(*entries), NOW)
    assert (verdict.verdict, codes(verdict)) == (Level.NOTE, {code})


def test_repeated_entries_are_counted_as_dropped() -> None:
    verdict = judge(FEED, FACTS, read(*GOOD, GOOD[-1]), NOW)
    assert codes(verdict) == {Code.DROPPED, Code.REPEATED_IDS}
    assert (verdict.entries, verdict.dropped, verdict.ids.repeated) == (13, 1, 1)


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        (Code.MOVED, {"moved_to": "https://b.example"}),
        (Code.SLOW, {"took_s": 6.0}),
        (Code.HUGE, {"size_bytes": 3 * 2**20}),
        (Code.TRUNCATED, {"whole": False}),
        (Code.TTL, {"ttl_s": 3_600.0}),
    ],
)
def test_the_answer_itself_has_remarks(code: Code, facts: dict) -> None:
    verdict = judge(FEED, Facts(**({"took_s": 0.1} | facts)), read(*GOOD), NOW)
    assert codes(verdict) == {code}


def test_what_is_true_of_much_of_the_web_is_a_plain_remark() -> None:
    unsorted = judge(FEED, replace(FACTS, validators=False), read(*GOOD[::-1]), NOW)
    assert (unsorted.verdict, codes(unsorted)) == (Level.FINE, set())
    assert [each.code for each in unsorted.remarks] == [Code.NO_VALIDATORS, Code.UNSORTED]


@pytest.mark.parametrize(
    ("hours_ago", "per_day"),
    [
        ([0, 0.01], None),  # 36 s apart
        ([0, 1, 2, 3], None),
        ([n / 3_600 for n in range(30)], None),  # all put in at once
        ([0, 1, 2, 3, 4], 24.0),
        ([n / 60 for n in range(31)], 1_440.0),
    ],
)
def test_a_cadence_is_said_where_there_is_a_base_for_it(
    hours_ago: list[float], per_day: float | None
) -> None:
    verdict = judge(FEED, FACTS, read(*map(entry, hours_ago)), NOW)
    assert verdict.per_day == per_day
    assert (Code.GAP_RISK in codes(verdict)) == (verdict.window_s < 1_800 and len(hours_ago) > 4)


def test_options_of_the_feed_count() -> None:
    quick = Feed(id="a", url="https://a.example", every_s=60, full_text=True)
    dense = [entry(n / 60, summary="") for n in range(12)]
    assert codes(judge(quick, FACTS, read(*dense), NOW)) == set()


def test_a_feed_that_gave_nothing_is_bad() -> None:
    verdict = unreadable(FEED, "HTTP 404", Facts(took_s=0.1, status=404))
    assert (verdict.verdict, verdict.status, codes(verdict)) == (
        Level.BAD,
        404,
        {Code.UNREADABLE},
    )


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (rss(), ("rss", True)),
        (rss()[:-8], ("rss", False)),
        (rss().decode().replace("UTF-8", "UTF-16").encode("utf-16"), ("rss", True)),
        (b"<?xml version='1.0'?><a:feed xmlns:a='x'></a:feed >", ("atom", True)),
        (b"<feed>", ("atom", False)),
        (b"<rdf:RDF></rdf:RDF>", ("rdf", True)),
        (b"<urlset></urlset>", ("sitemap", True)),
        (b'\xef\xbb\xbf {"version": ""}', ("json feed", True)),
        (b"", ("", True)),
    ],
)
def test_the_shape_of_a_document(body: bytes, seen: tuple[str, bool]) -> None:
    assert shape(body) == seen


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (119, "119 s"), (300, "5 min"), (7_200, "2 h"), (172_800, "2 days")],
)
def test_spans_are_said_as_people_do(seconds: float, said: str) -> None:
    assert shown_span(seconds) == said


@pytest.mark.parametrize(
    ("per_day", "said"),
    [
        (1_440.0, "1440 a day"),
        (43.4, "43 a day"),
        (2.46, "2.5 a day"),
        (1.0, "1 a day"),
        (0.43, "3 a week"),
        (0.05, "2 a month"),
        (0.01, ""),
    ],
)
def test_a_pace_is_said_as_people_do(per_day: float, said: str) -> None:
    assert shown_pace(per_day) == said
