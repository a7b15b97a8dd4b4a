"""Item: one version of one news-wire entry, as it travels on `wire.items`.

In: whatever an outlet published.  Out: a bounded, plain-text record.  Invariant: an item is never
refused for its size; `cut()` shortens what is too long and says so in `text_cut`.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

MAX_ITEM_CHARS = 100_000
"""Body text, code points: 400 kB at worst in UTF-8, so item and match fit Kafka's 1 MB message."""

MAX_TITLE_CHARS = 2_000
"""Title, code points: the longest real headline seen is under 500."""

MAX_SUMMARY_CHARS = 20_000
"""Summary, code points: longer ones are full articles and come again as text."""

MAX_FIELD_CHARS = 2_000
"""Any short field (credit, guid), code points."""

MAX_TAG_CHARS = 200
"""One tag, code points: a subject, not a text; 64 of them at 2,000 would fill half a message."""

MAX_TAGS = 64
"""Tags kept per item: feeds with more list their whole taxonomy."""

BEST_TIER, WORST_TIER = 1, 9
"""How much a desk thinks of a feed, in as few steps as people keep apart; 0 is unsaid."""


class Kind(StrEnum):
    """What the poller knows of an item against the feed's last window."""

    NEW = "new"
    UPDATE = "update"
    RESURFACED = "resurfaced"
    CANCELLED = "cancelled"


class Precision(StrEnum):
    """How much of a time the outlet stated."""

    DATE = "date"
    MINUTE = "minute"
    SECOND = "second"


class Zone(StrEnum):
    """Where a clock's time zone came from."""

    STATED = "stated"
    FEED = "feed"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One of an item's clocks.

    `at` is ISO 8601 in UTC (`2016-09-07T10:00:00Z`) or, with precision `date`, a date that stays
    one; `raw` is what the outlet wrote; `clamped` marks an impossible time set to the time of
    retrieval.
    """

    at: str
    raw: str = ""
    precision: Precision = Precision.SECOND
    zone: Zone = Zone.STATED
    clamped: bool = False

    @property
    def moment(self) -> datetime:
        """`at` as an aware time; midnight UTC for a date."""
        moment = datetime.fromisoformat(self.at)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def epoch_s(self) -> int:
        """`at` in seconds since 1970."""
        return int(self.moment.timestamp())


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One version of one entry of one feed.

    `id` is stable over versions, (`id`, `rev`) names this one.  `seen` is the ordering key.  `tier`
    is what the desk thinks of the feed, 1 best, 0 unsaid.
    """

    id: str
    feed: str = ""
    outlet: str = ""
    credit: str = ""
    url: str = ""
    canonical_url: str = ""
    guid: str = ""
    alt_ids: tuple[str, ...] = ()
    title: str = ""
    summary: str = ""
    text: str = ""
    lang: str = ""
    published: Clock | None = None
    updated: Clock | None = None
    seen: Clock | None = None
    kind: Kind = Kind.NEW
    rev: int = 1
    version: str = ""
    pub_status: str = ""
    ednote: str = ""
    notice: str = ""
    embargoed_until: str = ""
    urgency: int | None = None
    tags: tuple[str, ...] = ()
    tier: int = 0
    baseline: bool = False
    text_cut: bool = False
    payload_hash: str = ""
    v: int = 1


def iso_utc(moment: datetime) -> str:
    """An aware time as the records write it: ISO 8601, UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_SHORT_FIELDS = ("credit", "guid", "url", "canonical_url", "ednote", "notice", "version")


def cut(item: Item) -> Item:
    """The item within its limits; `text_cut` is set when anything had to go."""
    if _within(item):
        return item
    short = {name: getattr(item, name)[:MAX_FIELD_CHARS] for name in _SHORT_FIELDS}
    return replace(
        item,
        title=item.title[:MAX_TITLE_CHARS],
        summary=item.summary[:MAX_SUMMARY_CHARS],
        text=item.text[:MAX_ITEM_CHARS],
        alt_ids=tuple(x[:MAX_FIELD_CHARS] for x in item.alt_ids[:MAX_TAGS]),
        tags=tuple(tag[:MAX_TAG_CHARS] for tag in item.tags[:MAX_TAGS]),
        text_cut=True,
        **short,
    )


def _within(item: Item) -> bool:
    """Whether nothing is too long: most items, and making another one takes 7 µs."""
    return (
        len(item.title) <= MAX_TITLE_CHARS
        and len(item.summary) <= MAX_SUMMARY_CHARS
        and len(item.text) <= MAX_ITEM_CHARS
        and max(len(getattr(item, name)) for name in _SHORT_FIELDS) <= MAX_FIELD_CHARS
        and max(len(item.alt_ids), len(item.tags)) <= MAX_TAGS
        and max(map(len, item.alt_ids), default=0) <= MAX_FIELD_CHARS
        and max(map(len, item.tags), default=0) <= MAX_TAG_CHARS
    )
