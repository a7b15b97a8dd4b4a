"""Zones: what a zone's name in a date means.

In: a name, a wall-clock time, the feed's own zone.  Out: the offset from UTC, or None for a word
that is no zone.  Invariants: a name that the feed's zone goes by itself means that zone (`IST` in
Jerusalem, `CST` in Shanghai); else the best-known zone of news outlets by that name.
"""

import re
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

OFFSETS_MINUTES = {
    "gmt": 0, "utc": 0, "ut": 0, "z": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "met": 60,
    "mez": 60, "cest": 120, "mest": 120, "mesz": 120, "eet": 120, "sast": 120, "cat": 120,
    "wat": 60, "eest": 180, "eat": 180, "msk": 180, "trt": 180, "ast": -240, "irst": 210,
    "gst": 240, "aft": 270, "pkt": 300, "uzt": 300, "ist": 330, "slst": 330, "npt": 345, "bdt": 360,
    "mmt": 390, "ict": 420, "wib": 420, "wita": 480, "wit": 540, "sgt": 480, "myt": 480, "hkt": 480,
    "pht": 480, "awst": 480, "jst": 540, "kst": 540, "acst": 570, "aest": 600, "acdt": 630,
    "aedt": 660, "nzst": 720, "nzdt": 780, "nst": -210, "ndt": -150, "adt": -180, "brt": -180,
    "art": -180, "clt": -240, "est": -300, "edt": -240, "pet": -300, "cst": -360, "cdt": -300,
    "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "akst": -540, "akdt": -480, "hst": -600,
}  # fmt: skip
"""Minutes east of UTC; of names that several zones share, the one news is dated in most."""

_REGIONS = {
    "et": "America/New_York",
    "ct": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
}
"""Names that leave summer time open."""

_IANA = re.compile(r"(?<![\w/])[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_-]+){1,2}(?:[+-]\d{1,2})?(?![\w/])")
_AMERICAN = re.compile(
    r"(?:\A|\d)[\s,(]*(?P<where>eastern|central|mountain|pacific)"
    r"(?: (?P<season>standard|daylight))?(?: time)?(?!\s?[^\W\d_])",
    re.IGNORECASE,
)
"""Behind a time or a date; `Central European Time` is another, `Eastern Daily Press` none."""

_AMERICAS = ("America/", "US/", "Canada/")
_US_NAMES = {
    "et", "ct", "mt", "pt", "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt", "akst", "akdt",
    "hst",
}  # fmt: skip
_US_CITIES = {
    "New_York", "Chicago", "Denver", "Los_Angeles", "Phoenix", "Anchorage", "Detroit", "Boise",
    "Juneau", "Nome", "Adak", "Sitka", "Menominee", "Metlakatla", "Yakutat", "Louisville",
    "Fort_Wayne", "Indianapolis", "Shiprock",
}  # fmt: skip
_US_AREAS = ("US/", "America/Indiana/", "America/Kentucky/", "America/North_Dakota/")


@lru_cache(maxsize=1_000)
def feed_zone(name: str) -> ZoneInfo | None:
    """The zone by its IANA name; None for an empty or unknown one."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def iana_zone(text: str) -> str:
    """The first name of a zone as `Europe/London` in `text`, which nothing else looks like."""
    return next((found[0] for found in _IANA.finditer(text) if feed_zone(found[0])), "")


def american_zone(behind: str, own: tzinfo | None) -> str:
    """The zone of `Eastern`, `Pacific Standard Time` … in what stands behind a time.

    Not where the feed's own zone is another continent's, which may have an east, too.
    """
    elsewhere = not getattr(own, "key", _AMERICAS[0]).startswith(_AMERICAS)
    found = None if elsewhere else _AMERICAN.search(behind)
    return f"{found['where'][0]}{(found['season'] or '')[:1]}t".lower() if found else ""


def is_zone(name: str, own: tzinfo | None) -> bool:
    """Whether the word (small letters) names a zone, in general or that of the feed."""
    return name in OFFSETS_MINUTES or name in _REGIONS or name in _own_names(own)


def offset(name: str, wall: datetime, own: tzinfo | None) -> timedelta:
    """Of a name for which `is_zone` holds, or of `iana_zone`, at the naive time `wall`.

    A feed that writes its zone's winter name in summer means the winter's offset.
    """
    if own and name in _own_names(own):
        moments = (wall, wall.replace(month=1, day=1), wall.replace(month=7, day=1))
        local = (moment.replace(tzinfo=own) for moment in moments)
        named = (at for at in local if (at.tzname() or "").lower() == name)
        found = next((at.utcoffset() for at in named), None)
        if found is not None:
            return found
    region = feed_zone(name if "/" in name else _REGIONS.get(name, ""))
    if region:
        return wall.replace(tzinfo=region).utcoffset() or timedelta()
    return timedelta(minutes=OFFSETS_MINUTES.get(name, 0))


def in_the_us(zone_name: str, own: tzinfo | None, lang: str) -> bool:
    """Whether a date of this origin has its month first: feed's zone, stated zone, language."""
    key = getattr(own, "key", "") or (zone_name if "/" in zone_name else "")
    if key:
        area, _, city = key.partition("/")
        return key.startswith(_US_AREAS) or (area == "America" and city in _US_CITIES)
    if zone_name and zone_name not in {"gmt", "utc", "ut", "z"}:
        return zone_name in _US_NAMES
    return lang.lower().replace("_", "-").endswith("-us")


@lru_cache(maxsize=1_000)
def _own_names(own: tzinfo | None) -> frozenset[str]:
    """What the zone is called in winters and summers, as far as in letters."""
    if own is None:
        return frozenset()
    names = (
        datetime(year, month, 1, tzinfo=own).tzname() or ""
        for year in range(1990, 2040)
        for month in (1, 7)
    )
    return frozenset(name.lower() for name in names if name.isalpha())
