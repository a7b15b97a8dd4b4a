"""monitor.feeds.reading.dates: zones, languages, ambiguous days, bounds; beyond test_feeds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.reading.dates import AHEAD_MOST, EARLIEST, MAX_RAW_CHARS, read_date
from monitor.feeds.reading.months import NUMBERS_OF_NAMES
from monitor.feeds.reading.zones import OFFSETS_MINUTES, feed_zone
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
        ("Wed, 07 Sep 2016 10:00:00 UTC+05:30", "2016-09-07T04:30:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 GMT+530", "2016-09-07T04:30:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 (GMT+5:30)", "2016-09-07T04:30:00Z"),
        ("2016-09-07T10:00:00+0530", "2016-09-07T04:30:00Z"),
        ("2016-09-07T10:00:00−05:00", "2016-09-07T15:00:00Z"),
        ("2016-09-07T10:00:00+05:30[Asia/Kolkata]", "2016-09-07T04:30:00Z"),
        ("Wed Sep 07 2016 10:00:00 GMT+0530 (India Standard Time)", "2016-09-07T04:30:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 BST", "2016-09-07T09:00:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 CET", "2016-09-07T09:00:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 CEST", "2016-09-07T08:00:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 JST", "2016-09-07T01:00:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 MSK", "2016-09-07T07:00:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 AEST", "2016-09-07T00:00:00Z"),
        ("Sep 7, 2016, 5 pm ET", "2016-09-07T21:00:00Z"),
        ("Jan 7, 2016, 5 p.m. ET", "2016-01-07T22:00:00Z"),
        ("Wed Sep  7 10:00:00 2016", "2016-09-07T10:00:00Z"),
        ("Wed Sep  7 10:00:00 IST 2016", "2016-09-07T04:30:00Z"),
        ("Wed Sep 07 10:00:00 +0530 2016", "2016-09-07T04:30:00Z"),
        ("Wednesday, 07-Sep-16 10:00:00 GMT", "2016-09-07T10:00:00Z"),
        ("11-Feb-2017 10:00", "2017-02-11T10:00:00Z"),
        ("11-Feb-2017", "2017-02-11"),
        ("2016:09:07 10:00:00", "2016-09-07T10:00:00Z"),
        ("1473242400000", "2016-09-07T10:00:00Z"),
        ("1473242400.25", "2016-09-07T10:00:00Z"),
        ("1473242400000000", "2016-09-07T10:00:00Z"),
        ("20160907100000", "2016-09-07T10:00:00Z"),
        ("201609071000", "2016-09-07T10:00:00Z"),
        ("20160907T1000+0530", "2016-09-07T04:30:00Z"),
        ("20160907", "2016-09-07"),
        ("2016-09-07T10:00:00.1Z", "2016-09-07T10:00:00Z"),
        ("2016-09-07T10:00:00.123456Z", "2016-09-07T10:00:00Z"),
        ("Wed, 07 Sep 2016 10:00:5 GMT", "2016-09-07T10:00:05Z"),
        ("2016-06-30T23:59:60Z", "2016-06-30T23:59:59Z"),
        ("2016-09-07T24:00:00Z", "2016-09-08T00:00:00Z"),
        ("2016-09-07T24:00:01Z", None),
        ("2016-09-07T10:00:61Z", None),
        ("Mon, 07 Sep 2016 10:00:00 GMT", "2016-09-07T10:00:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 GMT (updated)", "2016-09-07T10:00:00Z"),
        ("10:00 AM IST, September 7, 2016", "2016-09-07T04:30:00Z"),
        ("Published: 7th Sept, 2016", "2016-09-07"),
        ("12:30 AM, Sep 7 2016", "2016-09-07T00:30:00Z"),
        ("14:30 PM, Sep 7 2016", "2016-09-07T14:30:00Z"),
        ("2016-09-07T10+05:30", "2016-09-07"),
        ("Mon, 01 Jan 0001 00:00:00 +0530", "2026-11-23T12:00:00Z"),
        ("31/12/9999 23:59:59 -0500", "2026-11-23T12:00:00Z"),
        ("Mon, 23 Nov 2026 17:20:00 GMT", "2026-11-23T12:00:00Z"),
        ("0000-00-00 00:00:00", None),
        ("2016-09", None),
        ("2016", None),
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


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        ("Mittwoch, 7. September 2016 10:00", "2016-09-07T10:00:00Z"),
        ("Mi, 09 Mär 2016 10:00:00 +0100", "2016-03-09T09:00:00Z"),
        ("07.09.2016, 10.30 Uhr", "2016-09-07T10:30:00Z"),
        ("07.09.2016 10:30 Uhr MESZ", "2016-09-07T08:30:00Z"),
        ("mercredi 7 septembre 2016 à 10h30", "2016-09-07T10:30:00Z"),
        ("11 févr. 2017", "2017-02-11"),
        ("lun., 1 août 2016", "2016-08-01"),
        ("Seg, 24 Set 2018 19:42:40 -0300", "2018-09-24T22:42:40Z"),
        ("7 de março de 2016 às 10:00", "2016-03-07T10:00:00Z"),
        ("mar, 07 set 2016 10:00:00 +0200", "2016-09-07T08:00:00Z"),
        ("mar 07 mar 2017", "2017-03-07"),
        ("miércoles, 7 de septiembre de 2016, 10:00 p. m.", "2016-09-07T22:00:00Z"),
        ("mercoledì 7 settembre 2016", "2016-09-07"),
        ("среда, 7 сентября 2016 г. 10:00 MSK", "2016-09-07T07:00:00Z"),
        ("11 фев 2017", "2017-02-11"),
        ("wo 7 sep 2016 10:00", "2016-09-07T10:00:00Z"),
        ("9 maart 2016", "2016-03-09"),
        ("7 września 2016", "2016-09-07"),
        ("7 Eylül 2016 Çarşamba 10:00", "2016-09-07T10:00:00Z"),
        ("7 سبتمبر 2016", "2016-09-07"),
        ("7 ستمبر 2016", "2016-09-07"),
        ("7 सितंबर 2016 10:00", "2016-09-07T10:00:00Z"),
        ("2016年9月7日 10:00", "2016-09-07T10:00:00Z"),
    ],
)
def test_months_of_many_languages(raw: str, at: str) -> None:
    clock = read_date(raw, NOW)
    assert clock is not None
    assert clock.at == at


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        ("10:00, 24 Nov 2020 (IST)", "2020-11-24T04:30:00Z"),
        ("10:00 24 Nov 2020 IST", "2020-11-24T04:30:00Z"),
        ("24 Nov 2020 IST 10:00", "2020-11-24T04:30:00Z"),
        ("24 Nov 2020 (IST), 10:00", "2020-11-24T04:30:00Z"),
        ("2:30 PM Sept. 7 2016 EDT", "2016-09-07T18:30:00Z"),
        ("10:00, 2016-09-07 ET", "2016-09-07T14:00:00Z"),
        ("10:00 AM, Wednesday, September 7, 2016 (PKT)", "2016-09-07T05:00:00Z"),
        ("10:00, 7 Sep 2016 GMT+5:30", "2016-09-07T04:30:00Z"),
        ("7 Sep 2016 10:00 Europe/London", "2016-09-07T09:00:00Z"),
        ("7 Jan 2016 10:00 (Europe/London)", "2016-01-07T10:00:00Z"),
        ("Asia/Kolkata, 7 Sep 2016 10:00", "2016-09-07T04:30:00Z"),
        ("10:00 7 Sep 2016 America/Argentina/Buenos_Aires", "2016-09-07T13:00:00Z"),
        ("7 Sep 2016 10:00 Etc/GMT+3", "2016-09-07T13:00:00Z"),
        ("02/11/2017 10:00 America/New_York", "2017-02-11T15:00:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 Eastern", "2016-09-07T14:00:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 (Pacific Time)", "2016-09-07T17:00:00Z"),
        ("10:00 AM, Sep 7, 2016 Central Standard Time", "2016-09-07T16:00:00Z"),
    ],
)
def test_a_zone_away_from_the_time(raw: str, at: str) -> None:
    clock = read_date(raw, NOW)
    assert clock is not None
    assert (clock.at, clock.zone) == (at, Zone.STATED)


@pytest.mark.parametrize(
    ("raw", "zone"),
    [
        ("10:00, le 24 nov. 2016 est", ""),
        ("24. Nov. 2016, es ist 10:00", ""),
        ("7 Sep 2016, met 10:00", ""),
        ("10:00, 7 Sep 2016, by ART SMITH", ""),
        ("BY ART SMITH, 7 SEP 2016 10:00", ""),
        ("10:00, 7 SEP 2016, FROM THE WEST", ""),
        ("7 SEPT 2016 ET 10:00", ""),
        ("10:00, Sep 7 2016 PM", ""),
        ("10:00, 7 Sep 2016 XYZ", ""),
        ("10:00, 7 Sep 2016 -2016", ""),
        ("7 Sep 2016 10:00 Central European Time", ""),
        ("7 Sep 2016 10:00 Eastern Daily Press", ""),
        ("Published in Pacific, 7 Sep 2016 10:00", ""),
        ("7 Sep 2016 10:00 Europe/Nowhere", ""),
        ("7 Sep 2016 10:00 News/Politics", ""),
        ("7 Sep 2016 10:00 Eastern", "Australia/Sydney"),
    ],
)
def test_no_word_is_taken_for_a_zone(raw: str, zone: str) -> None:
    clock = read_date(raw, NOW, feed_zone=feed_zone(zone))
    assert clock is not None
    assert clock.zone is (Zone.FEED if zone else Zone.ASSUMED)
    assert zone or clock.at.endswith("T10:00:00Z")


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        ("2016年9月7日(水) 午後2:30", "2016-09-07T14:30:00Z"),
        ("2016年9月7日 午前10:05", "2016-09-07T10:05:00Z"),
        ("2016年9月7日 午前0時30分", "2016-09-07T00:30:00Z"),
        ("2016年9月7日 14時30分", "2016-09-07T14:30:00Z"),
        ("2016년 9월 7일 오후 12:30", "2016-09-07T12:30:00Z"),
        ("2016-09-07 오후 2시 30분", "2016-09-07T14:30:00Z"),
        ("2016년 9월 7일 오전 12:30", "2016-09-07T00:30:00Z"),
        ("2016年9月7日 下午 2：30:15 JST", "2016-09-07T05:30:15Z"),
        ("2016/09/07 上午11:00", "2016-09-07T11:00:00Z"),
    ],
)
def test_halves_of_the_day_before_the_time(raw: str, at: str) -> None:
    clock = read_date(raw, NOW)
    assert clock is not None
    assert clock.at == at


def test_no_name_stands_for_two_months() -> None:
    assert {name for name, numbers in NUMBERS_OF_NAMES.items() if len(numbers) > 1} == set()
    assert set(NUMBERS_OF_NAMES) & set(OFFSETS_MINUTES) == set()


@pytest.mark.parametrize(
    ("raw", "zone", "lang", "at"),
    [
        ("13/02/2017", "America/New_York", "", "2017-02-13"),
        ("02/13/2017", "", "", "2017-02-13"),
        ("11/02/2017", "", "", "2017-02-11"),
        ("11-02-2017", "", "en-IN", "2017-02-11"),
        ("11.02.2017", "America/New_York", "", "2017-02-11"),
        ("02/11/2017", "America/New_York", "", "2017-02-11"),
        ("02/11/2017", "America/Indiana/Knox", "", "2017-02-11"),
        ("02/11/2017", "America/Toronto", "", "2017-11-02"),
        ("02/11/2017", "Asia/Kolkata", "en-US", "2017-11-02"),
        ("02/11/2017", "", "en_us", "2017-02-11"),
        ("02/11/2017 10:00 EST", "", "", "2017-02-11T15:00:00Z"),
        ("02/11/2017 10:00 IST", "", "en-US", "2017-11-02T04:30:00Z"),
        ("11/12/2026", "", "", "2026-11-12"),
        ("12/11/2026", "America/New_York", "", "2026-11-12"),
        ("07/09/16 10:00", "", "", "2016-09-07T10:00:00Z"),
    ],
)
def test_day_or_month(raw: str, zone: str, lang: str, at: str) -> None:
    clock = read_date(raw, NOW, feed_zone=feed_zone(zone), lang=lang)
    assert clock is not None
    assert clock.at == at


@pytest.mark.parametrize(
    ("raw", "zone", "at", "origin"),
    [
        ("2016-07-07 10:00", "Europe/London", "2016-07-07T09:00:00Z", Zone.FEED),
        ("2016-01-07 10:00", "Europe/London", "2016-01-07T10:00:00Z", Zone.FEED),
        ("2016-03-27 02:30", "Europe/Berlin", "2016-03-27T01:30:00Z", Zone.FEED),
        ("2016-09-07 10:00 +0000", "Asia/Kolkata", "2016-09-07T10:00:00Z", Zone.STATED),
        ("2016-09-07 10:00 IST", "Asia/Jerusalem", "2016-09-07T08:00:00Z", Zone.STATED),
        ("2016-01-07 10:00 IST", "Europe/Dublin", "2016-01-07T09:00:00Z", Zone.STATED),
        ("2016-09-07 10:00 CST", "Asia/Shanghai", "2016-09-07T02:00:00Z", Zone.STATED),
        ("2016-09-07 10:00 EST", "America/New_York", "2016-09-07T15:00:00Z", Zone.STATED),
        ("2016-09-07 10:00 XYZ", "Asia/Tokyo", "2016-09-07T01:00:00Z", Zone.FEED),
        ("2016-09-07 10:00", "No/Where", "2016-09-07T10:00:00Z", Zone.ASSUMED),
        ("2016-09-07 10:00", "../etc/passwd", "2016-09-07T10:00:00Z", Zone.ASSUMED),
    ],
)
def test_the_feeds_zone_by_name(raw: str, zone: str, at: str, origin: Zone) -> None:
    clock = read_date(raw, NOW, feed_zone=feed_zone(zone))
    assert clock is not None
    assert (clock.at, clock.zone) == (at, origin)


@given(st.integers(631_200_000, 1_795_000_000), st.integers(-14 * 60, 14 * 60))
def test_a_numeric_offset_is_exact(epoch_s: int, minutes: int) -> None:
    moment = datetime.fromtimestamp(epoch_s, timezone(timedelta(minutes=minutes)))
    at = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for raw in (
        moment.isoformat(),
        moment.isoformat(" "),
        moment.strftime("%a, %d %b %Y %H:%M:%S %z"),
        moment.strftime("%A, %d-%b-%y %H:%M:%S GMT%z"),
        moment.strftime("%B %d, %Y %I:%M:%S %p %z"),
        moment.strftime("%Y%m%dT%H%M%S%z"),
        moment.strftime("%d.%m.%Y %H:%M:%S %z"),
        moment.strftime("%a %b %d %H:%M:%S %z %Y"),
        str(epoch_s),
    ):
        clock = read_date(raw, NOW)
        assert clock is not None, raw
        assert clock.at == at, raw


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


@given(
    st.text(alphabet="0123456789-/:+TZ amp,ThuSepGMTIS()午後\n年月日ص&#;", max_size=60),
    st.sampled_from(["", "Asia/Kolkata", "America/New_York"]),
)
def test_nothing_raises(raw: str, zone: str) -> None:
    read_date(raw, NOW, feed_zone=feed_zone(zone))


def test_a_long_string_is_read_at_its_beginning_only() -> None:
    assert read_date("2016-09-07" + " " * 1_000_000, NOW) is not None
    clock = read_date("2016-09-07" + " " * 200 + "x", NOW)
    assert clock is not None
    assert len(clock.raw) <= MAX_RAW_CHARS
