"""Verdict: how a feed stands, from one look at it; pure.

In: what the outlet answered, and the entries read out of it.  Out: a `Verdict`: `fine`, `note`
where there is something to know, `bad` where the feed cannot be read.  Invariant: each remark has
a code that stays, and words for a person.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.feeds.articles.headlines import is_headline_only
from monitor.feeds.feed import Feed
from monitor.feeds.pacing.failing import shown_span
from monitor.feeds.pacing.pace import bounds_of
from monitor.feeds.reading.entries import Dropped, DropReason
from streams.item import Clock, Item, Precision, Zone

SLOW_S = 5.0
"""A sixth of what a fetch may take."""

HUGE_BYTES = 2 * 1024 * 1024
"""A quarter of what a fetch may bring; the median of real feeds is 79 kB."""

QUIET = timedelta(days=7)
"""Without news for so long, a feed has often moved and left this one behind."""

WINDOWS_PER_POLL = 2
"""A window of fewer intervals can run through between two polls on a day of much news."""


CADENCE_ENTRIES = 5
"""With a time of day, at least: fewer say nothing of how often news comes."""

CADENCE_WINDOW_S = 600.0
"""At least: what was put in at once, or dated anew, is no cadence."""


class Level(StrEnum):
    """How a feed stands."""

    FINE = "fine"
    NOTE = "note"
    BAD = "bad"


class Code(StrEnum):
    """What there is to remark."""

    UNREADABLE = "unreadable"
    MOVED = "moved"
    SLOW = "slow"
    HUGE = "huge"
    TRUNCATED = "truncated"
    NO_VALIDATORS = "no_validators"
    TTL = "ttl"
    EMPTY = "empty"
    DROPPED = "dropped"
    QUIET = "quiet"
    UNDATED = "undated"
    CLAMPED = "clamped"
    ZONE_ASSUMED = "zone_assumed"
    UNSORTED = "unsorted"
    NO_IDS = "no_ids"
    REPEATED_IDS = "repeated_ids"
    GAP_RISK = "gap_risk"
    HEADLINE_ONLY = "headline_only"


PLAIN = frozenset({Code.NO_VALIDATORS, Code.UNSORTED})
"""True of much of the web, and nothing for the desk to do about: such a feed is fine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing to know of a feed."""

    code: Code
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the answer itself was like.

    `moved_to` is where permanent redirects led; `whole` is False where the document ends before
    its root does; `validators` says whether the next GET can be conditional.
    """

    took_s: float
    status: int = 0
    moved_to: str = ""
    size_bytes: int = 0
    format: str = ""
    whole: bool = True
    validators: bool = True
    ttl_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """How many entries state no date, an impossible one, or one without its zone."""

    missing: int = 0
    clamped: int = 0
    zone_assumed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """How many entries have no id of their own (none, or a shared one), and how many repeat one."""

    missing: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How one feed stands; times in seconds, `newest` in UTC or a date, empty where unknown.

    `entries` counts all, `dropped` those of them that are not carried; `window_s` is what the
    timed ones span, `per_day` how many come in a day at that pace, where there are enough to tell.
    `warnings` are what makes it a `note`; `remarks` do not.
    """

    feed: str
    verdict: Level
    status: int
    took_s: float
    moved_to: str = ""
    format: str = ""
    bytes: int = 0
    entries: int = 0
    dropped: int = 0
    newest: str = ""
    age_s: float | None = None
    window_s: float | None = None
    per_day: float | None = None
    dates: Dates = Dates()
    ids: Ids = Ids()
    warnings: tuple[Remark, ...] = ()
    remarks: tuple[Remark, ...] = ()


def unreadable(feed: Feed, why: str, facts: Facts) -> Verdict:
    """The verdict on a feed that gave nothing."""
    return Verdict(
        feed=feed.id,
        verdict=Level.BAD,
        status=facts.status,
        took_s=facts.took_s,
        moved_to=facts.moved_to,
        bytes=facts.size_bytes,
        warnings=(Remark(code=Code.UNREADABLE, message=why),),
    )


def judge(feed: Feed, facts: Facts, entries: Sequence[Item | Dropped], now: datetime) -> Verdict:
    """The verdict on a feed that was read at `now` (aware)."""
    items = [entry for entry in entries if isinstance(entry, Item)]
    dropped = [entry for entry in entries if isinstance(entry, Dropped)]
    newest = max(filter(None, map(_stated, items)), key=lambda clock: clock.moment, default=None)
    window_s = _window_s(items)
    found = Verdict(
        feed=feed.id,
        verdict=Level.FINE,
        status=facts.status,
        took_s=facts.took_s,
        moved_to=facts.moved_to,
        format=facts.format,
        bytes=facts.size_bytes,
        entries=len(entries),
        dropped=len(dropped),
        newest=newest.at if newest else "",
        age_s=_age_s(newest, now),
        window_s=window_s,
        per_day=_per_day(items, window_s),
        dates=_dates(items),
        ids=_ids(items, dropped),
    )
    remarks = (*_of_answer(feed, facts), *_of_entries(feed, found, items, dropped))
    return _remarked(found, remarks)


def shown_pace(per_day: float) -> str:
    """`40 a day`, `2.5 a day`, `3 a week`, `1 a month`: as a person says it; empty below that."""
    if per_day >= 1:
        return f"{per_day:.{int(per_day < 10)}f} a day".replace(".0 ", " ")
    for days, name in ((7, "week"), (30, "month")):
        if per_day * days >= 1:
            return f"{per_day * days:.0f} a {name}"
    return ""


def _of_answer(feed: Feed, facts: Facts) -> Iterator[Remark]:
    if facts.moved_to:
        yield _remark(Code.MOVED, f"moved for good to {facts.moved_to}: put that into feeds.yaml")
    if not facts.whole:
        yield _remark(Code.TRUNCATED, "ends in the middle: the last entries may be missing")
    if facts.size_bytes > HUGE_BYTES:
        yield _remark(Code.HUGE, f"{facts.size_bytes / 2**20:.1f} MB a poll")
    if facts.took_s > SLOW_S:
        yield _remark(Code.SLOW, f"took {facts.took_s:.0f} s to answer")
    if not facts.validators:
        yield _remark(Code.NO_VALIDATORS, "no ETag or Last-Modified: every poll brings all of it")
    if facts.ttl_s and facts.ttl_s > bounds_of(feed).longest_s:
        span = shown_span(facts.ttl_s)
        yield _remark(Code.TTL, f"asks to be polled once in {span} only")


def _of_entries(
    feed: Feed, found: Verdict, items: Sequence[Item], dropped: Sequence[Dropped]
) -> Iterator[Remark]:
    if not found.entries:
        yield _remark(Code.EMPTY, "a feed without entries")
        return
    if dropped:
        reasons = Counter(entry.reason for entry in dropped).most_common()
        counts = ", ".join(f"{n} {reason}" for reason, n in reasons)
        yield _remark(Code.DROPPED, f"not carried: {counts}")
    yield from _of_dates(found, items)
    if found.ids.missing:
        of = _of(found.ids.missing, items)
        yield _remark(Code.NO_IDS, f"{of} have no id of their own: a new address makes them new")
    if found.ids.repeated:
        yield _remark(Code.REPEATED_IDS, f"{found.ids.repeated} entries stand there twice")
    window_s, interval = found.window_s, bounds_of(feed).longest_s
    if (
        len(_timed(items)) >= CADENCE_ENTRIES
        and window_s is not None
        and window_s < WINDOWS_PER_POLL * interval
    ):
        message = (
            f"holds {shown_span(window_s)} of news, is polled up to {shown_span(interval)} apart: "
            "items may be missed; see priority and every"
        )
        yield _remark(Code.GAP_RISK, message)
    short = sum(map(is_headline_only, items))
    if items and 2 * short > len(items) and not feed.full_text:
        yield _remark(Code.HEADLINE_ONLY, f"{_of(short, items)} are headlines only: see full_text")


def _of_dates(found: Verdict, items: Sequence[Item]) -> Iterator[Remark]:
    dates = found.dates
    if dates.missing:
        yield _remark(Code.UNDATED, f"{_of(dates.missing, items)} have no date that can be read")
    if dates.clamped:
        message = f"{_of(dates.clamped, items)} have an impossible date: a wrong zone or clock"
        yield _remark(Code.CLAMPED, message)
    if dates.zone_assumed:
        message = f"{_of(dates.zone_assumed, items)} state no time zone, UTC is assumed"
        yield _remark(Code.ZONE_ASSUMED, f"{message}; set timezone")
    moments = [clock.moment for clock in map(_stated, items) if clock]
    if moments != sorted(moments, reverse=True):
        yield _remark(Code.UNSORTED, "not newest first")
    if found.age_s is not None and found.age_s > QUIET.total_seconds():
        yield _remark(Code.QUIET, f"nothing new for {shown_span(found.age_s)}")


def _of(n: int, items: Sequence[Item]) -> str:
    return f"{n} of {len(items)} entries"


def _remark(code: Code, message: str) -> Remark:
    return Remark(code=code, message=message)


def _remarked(verdict: Verdict, found: tuple[Remark, ...]) -> Verdict:
    warnings = tuple(remark for remark in found if remark.code not in PLAIN)
    remarks = tuple(remark for remark in found if remark.code in PLAIN)
    level = Level.NOTE if warnings else Level.FINE
    return replace(verdict, verdict=level, warnings=warnings, remarks=remarks)


def _clock(item: Item) -> Clock | None:
    return item.published or item.updated


def _stated(item: Item) -> Clock | None:
    """The item's date if it is one that can be."""
    clock = _clock(item)
    return None if clock is None or clock.clamped else clock


def _age_s(newest: Clock | None, now: datetime) -> float | None:
    return max(0.0, (now - newest.moment).total_seconds()) if newest else None


def _timed(items: Sequence[Item]) -> list[Clock]:
    """Those of the items' dates that state a time of day."""
    clocks = filter(None, map(_stated, items))
    return [clock for clock in clocks if clock.precision is not Precision.DATE]


def _window_s(items: Sequence[Item]) -> float | None:
    """What the items span that state a time of day; None for fewer than two."""
    moments = [clock.moment for clock in _timed(items)]
    return (max(moments) - min(moments)).total_seconds() if len(moments) > 1 else None


def _per_day(items: Sequence[Item], window_s: float | None) -> float | None:
    n = len(_timed(items))
    if window_s is None or n < CADENCE_ENTRIES or window_s < CADENCE_WINDOW_S:
        return None
    return round((n - 1) * 86_400 / window_s, 3)


def _dates(items: Sequence[Item]) -> Dates:
    clocks = [clock for clock in map(_clock, items) if clock]
    return Dates(
        missing=len(items) - len(clocks),
        clamped=sum(clock.clamped for clock in clocks),
        zone_assumed=sum(clock.zone is Zone.ASSUMED for clock in clocks),
    )


def _ids(items: Sequence[Item], dropped: Sequence[Dropped]) -> Ids:
    return Ids(
        missing=sum(not item.guid for item in items),
        repeated=sum(entry.reason is DropReason.REPEATED for entry in dropped),
    )
