"""monitor.feeds.reading.dates: zones, halves of the day, bounds, beyond the table of test_feeds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.reading.dates import AHEAD_MOST, EARLIEST, MAX_RAW_CHARS, read_date
from streams.item import Precision, Zone

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KOLKATA = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        ("Wed, 07 Sep 16 10:00:00 PKT", "2016-09-07T05:00:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 (IST)", "2016-09-07T04:30:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 +0000 (UTC)", "2016-09-07T10:00:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 &#43;0530", "2016-09-07T04:30:00Z"),
        ("Wed, 7 Sept. 2016 10:00:60 GMT", "2016-09-07T10:00:59Z"),
        ("2016-09-07 12:05 am", "2016-09-07T00:05:00Z"),
        ("2016-09-07T00:30:00+05", "2016-09-06T19:30:00Z"),
        ("2016/09/07", "2016-09-07"),
        ("1989-12-31", "2026-11-23"),
        ("2026-11-24", "2026-11-24"),
        ("2026-11-25", "2026-11-23"),
        ("2026-11-23T12:15:00Z", "2026-11-23T12:15:00Z"),
        ("2026-11-23T12:15:01Z", "2026-11-23T12:00:00Z"),
        ("2016-09-07T25:00:00Z", None),
        ("2016-09-07T10:00:00-99:99", None),
        ("2016-²-07", None),
        ("0", None),
        ("", None),
    ],
)
def test_what_outlets_write(raw: str, at: str | None) -> None:
    clock = read_date(raw, NOW)
    assert (clock.at if clock else None) == at


@pytest.mark.parametrize(
    ("raw", "at", "zone", "precision"),
    [
        ("2016-09-07 10:00", "2016-09-07T04:30:00Z", Zone.FEED, Precision.MINUTE),
        ("2016-09-07 10:00:00Z", "2016-09-07T10:00:00Z", Zone.STATED, Precision.SECOND),
        ("2016-09-07 10:00:00 XYZ", "2016-09-07T04:30:00Z", Zone.FEED, Precision.SECOND),
    ],
)
def test_the_feeds_zone_holds_where_none_is_stated(
    raw: str, at: str, zone: Zone, precision: Precision
) -> None:
    clock = read_date(raw, NOW, feed_zone=KOLKATA)
    assert clock is not None
    assert (clock.at, clock.zone, clock.precision) == (at, zone, precision)
    without = read_date("2016-09-07 10:00", NOW)
    assert without is not None
    assert without.zone is Zone.ASSUMED


@given(
    st.datetimes(),
    st.sampled_from(
        ["%Y-%m-%dT%H:%M:%S", "%a, %d %b %Y %H:%M:%S ", "%B %d, %Y %I:%M %p", "%Y%m%d"]
    ),
    st.from_regex(r"(Z|IST|[+-]\d\d:?\d\d|GMT\+5:30)?", fullmatch=True),
)
def test_no_clock_leaves_its_bounds(moment: datetime, shape: str, zone: str) -> None:
    clock = read_date(moment.strftime(shape) + zone, NOW)
    if clock is None:
        return
    ahead = timedelta(days=1) if clock.precision is Precision.DATE else AHEAD_MOST
    assert EARLIEST <= clock.moment <= NOW + ahead


@given(st.text(alphabet="0123456789-/:+TZ amp,ThuSepGMT\n", max_size=60))
def test_nothing_raises(raw: str) -> None:
    read_date(raw, NOW)


def test_a_long_string_is_read_at_its_beginning_only() -> None:
    assert read_date("2016-09-07" + " " * 1_000_000, NOW) is not None
    clock = read_date("2016-09-07" + " " * 200 + "x", NOW)
    assert clock is not None
    assert len(clock.raw) <= MAX_RAW_CHARS
