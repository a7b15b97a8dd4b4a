"""Dates: what an outlet wrote, read without guessing wrong; pure.

In: a date string and the time of retrieval.  Out: a `Clock` in UTC, or None.  Invariants: a date
stays a date; a stated zone counts, numeric or named; what cannot be (before 1990, or over 15
minutes ahead) is clamped to the time of retrieval and marked.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone

from streams.item import Clock, Precision, Zone

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No feed is older; earlier dates are epochs and placeholders."""

AHEAD_MOST = timedelta(minutes=15)
"""Clocks of outlets run fast by a little; more is a wrong zone or a scheduled stub."""

MAX_RAW_CHARS = 100
"""Of the raw string kept on the clock."""

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_ZONES_MINUTES = {
    "gmt": 0, "utc": 0, "ut": 0, "z": 0, "wet": 0, "bst": 60, "cet": 60, "cest": 120, "eet": 120,
    "eest": 180, "msk": 180, "ist": 330, "pkt": 300, "npt": 345, "gst": 240, "sgt": 480, "hkt": 480,
    "jst": 540, "kst": 540, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780, "est": -300,
    "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
}  # fmt: skip

_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{1,2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?"
)
_OFFSET = (
    r"(?:\(?(?P<zone>[a-z]{1,5})\)?)?\s*(?P<offset>[+-]\d{1,2}:?(?:\d{2})?)?(?:\s*\([a-z ]+\))?"
)
_COMPACT_TIME = rf"t(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?{_OFFSET}"
_WEEKDAY = r"(?:[a-z]{3,9}\.?,?\s+)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_NAME = r"(?P<name>[a-z]{3,9})\.?"
_SHAPES = tuple(
    re.compile(shape + r"\Z", re.IGNORECASE)
    for shape in (
        r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})"
        rf"(?:[t\s]+{_TIME}\s*{_OFFSET})?",
        rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}})(?:{_COMPACT_TIME})?",
        rf"{_WEEKDAY}{_DAY}[\s-]+{_NAME},?[\s-]+(?P<year>\d{{4}}|\d{{2}})"
        rf"(?:,?\s+{_TIME}\s*{_OFFSET})?",
        rf"{_WEEKDAY}{_NAME}\s+{_DAY},?\s+(?P<year>\d{{4}})(?:,?\s+{_TIME}\s*{_OFFSET})?",
    )
)


def read_date(raw: str, now: datetime, *, feed_zone: timezone | None = None) -> Clock | None:
    """The clock that `raw` states; None when it is no date this reader knows.

    `now` is the time of retrieval (aware); `feed_zone` holds where the string states none.
    """
    text = " ".join(raw[:MAX_RAW_CHARS].replace("&#43;", "+").split())
    for shape in _SHAPES:
        found = shape.match(text)
        if found:
            try:
                return _clock(found, text, now, feed_zone)
            except (ValueError, OverflowError):
                return None
    return None


def _clock(
    found: re.Match[str], raw: str, now: datetime, feed_zone: timezone | None
) -> Clock | None:
    part = found.groupdict()
    month = int(part["month"]) if part.get("month") else _MONTHS.get(part["name"][:3].lower(), 0)
    day = date(_year(part["year"]), month, int(part["day"]))
    if not part.get("hour"):
        return _clamped_date(day, raw, now)
    zone, origin = _zone(part, feed_zone)
    moment = datetime(
        day.year, day.month, day.day, _hour(part), int(part["minute"]),
        min(int(part.get("second") or 0), 59), tzinfo=zone,
    )  # fmt: skip
    precision = Precision.SECOND if part.get("second") else Precision.MINUTE
    return _clamped(moment.astimezone(UTC), raw, now, precision, origin)


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 70 else 1900)


def _hour(part: dict[str, str]) -> int:
    hour, half = int(part["hour"]), (part.get("half") or "").lower()
    if not half:
        return hour
    return hour % 12 + (12 if half.startswith("p") else 0)


def _zone(part: dict[str, str], feed_zone: timezone | None) -> tuple[timezone, Zone]:
    """Numeric offset, zone name, the feed's zone, UTC: the first there is."""
    offset, name = part.get("offset"), (part.get("zone") or "").lower()
    if offset:
        digits = offset[1:].replace(":", "")
        hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
        total = int(hours) * 60 + int(minutes)
        return timezone(timedelta(minutes=-total if offset[0] == "-" else total)), Zone.STATED
    if name in _ZONES_MINUTES:
        return timezone(timedelta(minutes=_ZONES_MINUTES[name])), Zone.STATED
    return (feed_zone, Zone.FEED) if feed_zone else (UTC, Zone.ASSUMED)


def _clamped_date(day: date, raw: str, now: datetime) -> Clock:
    possible = EARLIEST.date() <= day <= (now + timedelta(days=1)).date()
    shown = day if possible else now.date()
    return Clock(at=shown.isoformat(), raw=raw, precision=Precision.DATE, clamped=not possible)


def _clamped(moment: datetime, raw: str, now: datetime, precision: Precision, zone: Zone) -> Clock:
    possible = EARLIEST <= moment <= now + AHEAD_MOST
    at = (moment if possible else now).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Clock(at=at, raw=raw, precision=precision, zone=zone, clamped=not possible)
