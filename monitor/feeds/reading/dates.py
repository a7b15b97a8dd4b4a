"""Dates: what an outlet wrote, read without guessing wrong; pure.

In: a date string, the time of retrieval, the feed's zone and language.  Out: a `Clock` in UTC, or
None.  Invariants: a date stays a date; the zone is the numeric offset, else the zone's name, else
the feed's, else UTC, and the clock says which; what cannot be (before 1990, or over 15 minutes
ahead) is clamped to the time of retrieval and marked.

A zone's name may stand behind the time; away from it only in capitals, right before the time or
behind the date, so that no word is taken for one (`est`, `ist` and `met` are words elsewhere).

Of `11/02/2017` a part above 12 is the day; else the reading that is not in the future; else the day
comes first, unless the feed's zone, the stated zone or, failing both, the language is of the US.
With points the day always comes first.  Other entries of the feed have no say: a date reads the
same in whichever window it comes.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from html import unescape

from monitor.feeds.reading.months import month
from monitor.feeds.reading.zones import american_zone, iana_zone, in_the_us, is_zone, offset
from streams.item import Clock, Precision, Zone

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No feed is older; earlier dates are epochs and placeholders."""

AHEAD_MOST = timedelta(minutes=15)
"""Clocks of outlets run fast by a little; more is a wrong zone or a scheduled stub."""

MAX_RAW_CHARS = 100
"""Of the date string, white space folded; kept on the clock, and all that is read."""

_MAX_SPACED_CHARS = 1_000
_FIRST_ZONE = timezone(timedelta(hours=14))  # where a day begins first
_MOST_OFFSET_MINUTES = 14 * 60 + 59
_POINT_AND_SIGNS = str.maketrans({"−": "-", "–": "-", "٫": ".", "：": ":"})

_HALF = r"(?P<half>[ap]\.?\s?m\b\.?|[صم](?!\w))"
_AFTERNOON = {"午後", "오후", "下午"}
_TIME = re.compile(
    r"(?:(?:(?P<before>午[前後]|오[전후]|[上下]午)\s?)?"
    r"(?<![\d:+.-])(?P<hour>\d{1,2})(?:[:h]|\s?[時时시]\s?)(?P<minute>\d\d)"
    r"(?::(?P<second>\d{1,2})(?:[.,:]\d{1,9})?)?(?!\d)"
    r"|(?<=\d)t(?P<hour_t>\d\d)(?P<minute_t>\d\d)(?P<second_t>\d\d)?(?:[.,]\d{1,9})?(?!\d)"
    r"|(?<![\d.])(?P<hour_p>\d{1,2})\.(?P<minute_p>\d\d)(?P<second_p>)(?![\d.]))"
    rf"(?:\s*{_HALF})?"
    r"|(?<![\d:+.-])(?P<hour_h>\d{1,2})(?P<minute_h>)(?P<second_h>)\s?(?P<half_h>[ap]\.?m\b\.?)",
    re.IGNORECASE,
)
_WAYS = (
    ("hour", "minute", "second", "half"),
    ("hour_t", "minute_t", "second_t", "half"),
    ("hour_p", "minute_p", "second_p", "half"),
    ("hour_h", "minute_h", "second_h", "half_h"),
)
_ZONE = re.compile(
    r"\s*(?:(?:uhr|hours?|hrs?|h)\b\.?)?,?\s*\(?(?P<name>[a-z]{1,5}(?![^\W\d_]))?\)?"
    r"\s*(?P<offset>[+-](?:\d\d:?\d\d|\d:\d\d|\d{1,3})(?!\d))?\)?",
    re.IGNORECASE,
)
_ZONE_BEFORE = re.compile(r"\d[\s,]*\(?(?P<name>[A-Z]{3,5})\)?[\s,:]*\Z")
_ZONE_AT_END = re.compile(
    r"(?:\d[\s,]*\(?|\()(?P<name>[A-Z]{2,5})(?P<offset>[+-](?:\d\d:?\d\d|\d:\d\d|\d{1,2}))?\)?\s*\Z"
)
_YEAR_FIRST = re.compile(
    r"\D*(?P<year>\d{4})(?P<mark>[-/.:])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?!\d)"
)
_YEAR_LAST = re.compile(r"\D*(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4}|\d\d)(?!\d)")
_EAST_ASIAN = re.compile(
    r"\D*(?P<year>\d{4})\s?[年년]\s?(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日일]"
)
_COMPACT = re.compile(r"\D*(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?!\d)")
_ALL_DIGITS = re.compile(r"(?P<whole>\d{8,16})(?:\.\d{1,9})?")
_PART = re.compile(r"\d+|[^\d\s.,/:;|()\[\]-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Origin:
    now: datetime
    zone: tzinfo | None
    lang: str


@dataclass(frozen=True, slots=True)
class _Time:
    """A time of day; `zone_name` as `zones` knows it, `minutes` the numeric offset."""

    hour: int
    minute: int
    second: int | None
    zone_name: str = ""
    minutes: int | None = None


def read_date(
    raw: str, now: datetime, *, feed_zone: tzinfo | None = None, lang: str = ""
) -> Clock | None:
    """The clock that `raw` states; None when it is no date this reader knows.

    `now` is the time of retrieval (aware); `feed_zone` holds where the string states no zone;
    `lang` (`en-US`) tells day from month where nothing better does.
    """
    text = unescape(raw[:_MAX_SPACED_CHARS]) if "&" in raw else raw[:_MAX_SPACED_CHARS]
    text = " ".join(text.split())[:MAX_RAW_CHARS]
    origin = _Origin(now=now, zone=feed_zone, lang=lang)
    try:
        return _read(text, text.translate(_POINT_AND_SIGNS), origin)
    except ValueError:
        return None


def _read(raw: str, text: str, origin: _Origin) -> Clock | None:
    digits = _ALL_DIGITS.fullmatch(text)
    if digits:
        return _read_digits(raw, digits["whole"], origin)
    at, rest = _take_time(text, origin.zone)
    day = _day(rest, at.zone_name if at else "", origin)
    if day is None:
        return None
    return _clock(day, at, raw, origin)


def _clock(day: date, at: _Time | None, raw: str, origin: _Origin) -> Clock:
    if at is None:
        return _date_clock(day, raw, origin)
    precision = Precision.MINUTE if at.second is None else Precision.SECOND
    wall, zone = _wall(day, at), Zone.STATED
    try:
        if at.minutes is not None:
            moment = (wall - timedelta(minutes=at.minutes)).replace(tzinfo=UTC)
        elif at.zone_name:
            moment = (wall - offset(at.zone_name, wall, origin.zone)).replace(tzinfo=UTC)
        else:
            zone = Zone.FEED if origin.zone else Zone.ASSUMED
            moment = wall.replace(tzinfo=origin.zone or UTC).astimezone(UTC)
    except OverflowError:  # an hour before year 1 or after year 9999
        moment = datetime.min.replace(tzinfo=UTC)
    return _bounded(moment, raw, origin.now, precision, zone)


def _wall(day: date, at: _Time) -> datetime:
    """Naive; 24:00 is the next midnight, a leap second the one before.

    Raises:
        ValueError: no such time of day.
    """
    second = 59 if at.second == 60 else at.second or 0
    if (at.hour, at.minute, second) == (24, 0, 0):
        return datetime.combine(min(day, date.max - timedelta(days=1)), time()) + timedelta(days=1)
    return datetime.combine(day, time(at.hour, at.minute, second))


def _date_clock(day: date, raw: str, origin: _Origin) -> Clock:
    today = (origin.now + AHEAD_MOST).astimezone(origin.zone or _FIRST_ZONE).date()
    possible = EARLIEST.date() <= day <= today
    shown = day if possible else origin.now.date()
    return Clock(at=shown.isoformat(), raw=raw, precision=Precision.DATE, clamped=not possible)


def _bounded(moment: datetime, raw: str, now: datetime, precision: Precision, zone: Zone) -> Clock:
    possible = EARLIEST <= moment <= now + AHEAD_MOST
    at = f"{(moment if possible else now.astimezone(UTC)).isoformat()[:19]}Z"
    return Clock(at=at, raw=raw, precision=precision, zone=zone, clamped=not possible)


def _read_digits(raw: str, digits: str, origin: _Origin) -> Clock | None:
    """A date and time without marks between, else the time since 1970 in s, ms or µs."""
    plain_year = digits[:2] in {"19", "20"}
    if len(digits) in {8, 12, 14} and (plain_year or len(digits) == 8):
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
        clock = digits[8:]
        second = int(clock[4:]) if clock[4:] else None
        at = _Time(int(clock[:2]), int(clock[2:4]), second) if clock else None
        return _clock(day, at, raw, origin)
    unit = {9: 1, 10: 1, 12: 1_000, 13: 1_000, 15: 1_000_000, 16: 1_000_000}.get(len(digits))
    if unit is None:
        return None
    moment = datetime.fromtimestamp(int(digits) // unit, UTC)
    return _bounded(moment, raw, origin.now, Precision.SECOND, Zone.STATED)


def _take_time(text: str, own: tzinfo | None) -> tuple[_Time | None, str]:
    """The time of day with its zone, and what is left of the text: the date and other words."""
    found = _TIME.search(text)
    if found is None:
        return None, text
    hour, minute, second, half = next(g for ways in _WAYS if (g := found.group(*ways))[0])
    name, minutes, end = _take_zone(text, found.end(), own)
    if not name and minutes is None:
        name, minutes = _distant_zone(text[: found.start()], text[end:], own)
    at = _Time(
        _hour(int(hour), found["before"] or half or ""),
        int(minute or 0),
        int(second) if second else None,
        name,
        minutes,
    )
    return at, f"{text[: found.start()]} {text[end:]}"


def _hour(hour: int, half: str) -> int:
    """`14:30 PM` is what it says, half a day later it is not."""
    if not half or hour > 12:
        return hour
    return hour % 12 + (12 if half[0] in "pPم" or half in _AFTERNOON else 0)


def _take_zone(text: str, start: int, own: tzinfo | None) -> tuple[str, int | None, int]:
    """The zone's name, the numeric offset in minutes, and where they end; a word is no zone."""
    found = _ZONE.match(text, start)
    if found is None:
        return "", None, start
    name, numeric = (found["name"] or "").lower(), found["offset"]
    if numeric:
        return name if is_zone(name, own) else "", _minutes(numeric), found.end()
    return (name, None, found.end("name")) if name and is_zone(name, own) else ("", None, start)


def _distant_zone(before: str, behind: str, own: tzinfo | None) -> tuple[str, int | None]:
    """The zone that stands elsewhere in the text: its name, and the offset in minutes if any."""
    found = iana_zone(before) or iana_zone(behind) or american_zone(behind, own)
    if found:
        return found, None
    for stands in (_ZONE_AT_END.search(behind), _ZONE_BEFORE.search(before)):
        if stands and is_zone(name := stands["name"].lower(), own):
            numeric = stands.groupdict().get("offset")
            return name, _minutes(numeric) if numeric else None
    return "", None


def _minutes(numeric: str) -> int:
    """Of `+0530`, `+5:30`, `+530`, `+05`, `+5`, in minutes east.

    Raises:
        ValueError: nowhere on earth.
    """
    hours, colon, minutes = numeric[1:].partition(":")
    if not colon and len(hours) > 2:
        hours, minutes = hours[:-2], hours[-2:]
    total = int(hours) * 60 + int(minutes or 0)
    if total > _MOST_OFFSET_MINUTES or int(minutes or 0) > 59:
        raise ValueError(numeric)
    return -total if numeric[0] == "-" else total


def _day(text: str, zone_name: str, origin: _Origin) -> date | None:
    """The date in what is left of the text.

    Raises:
        ValueError: there is no such day.
    """
    found = _YEAR_FIRST.match(text)
    if found is None:
        named = _named_day(text)
        if named:
            return named
        found = _EAST_ASIAN.match(text) or _COMPACT.match(text)
    if found:
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    found = _YEAR_LAST.match(text)
    if found is None:
        return None
    first, mark, second, year_digits = found.groups()
    return _day_and_month(int(first), int(second), _year(year_digits), mark, zone_name, origin)


def _day_and_month(
    first: int, second: int, year: int, mark: str, zone_name: str, origin: _Origin
) -> date:
    """See the module's rule."""
    if first > 12 or mark == ".":
        return date(year, second, first)
    if second > 12:
        return date(year, first, second)
    day_first, month_first = date(year, second, first), date(year, first, second)
    today = (origin.now + AHEAD_MOST).astimezone(origin.zone or _FIRST_ZONE).date()
    if (day_first > today) != (month_first > today):
        return min(day_first, month_first)
    return month_first if in_the_us(zone_name, origin.zone, origin.lang) else day_first


def _named_day(text: str) -> date | None:
    """`7 Sep 2016`, `Sep 7, 2016` or `2016-Sep-07`, whatever stands before and behind.

    A month between two numbers comes first: in `mar, 07 set 2016` the first word is a weekday.
    """
    parts = _PART.findall(text)
    numbers = [n for n, part in enumerate(parts) if part.isdecimal()]
    months = [(n, found) for n, part in enumerate(parts) if (found := month(part))]
    for position, number in months:
        before = [parts[n] for n in numbers if n < position][-1:]
        after = [parts[n] for n in numbers if n > position][:1]
        if before and after:
            day, year = (after, before) if len(before[0]) == 4 else (before, after)
            return date(_year(year[0]), number, int(day[0]))
    for position, number in reversed(months):
        after = [parts[n] for n in numbers if n > position][:2]
        if len(after) == 2:
            return date(_year(after[1]), number, int(after[0]))
    return None


def _year(digits: str) -> int:
    """Raises ValueError for one of neither two nor four digits."""
    if len(digits) not in {2, 4}:
        raise ValueError(digits)
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 70 else 1900)
