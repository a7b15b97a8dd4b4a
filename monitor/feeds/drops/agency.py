"""Agency: what ninjs and NewsML-G2 both state of an item, and the `Item` made of it; pure.

In: the fields of one file's item, as written.  Out: one `Item`, or a `Dropped` that says nothing.
Invariants: plain text within the limits of items; an embargo that cannot be read holds for good;
a cancelled item is carried even without a word, because others hang on it.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from monitor.feeds.feed import Feed
from monitor.feeds.reading.canonical import canonical, web_url
from monitor.feeds.reading.dates import read_date
from monitor.feeds.reading.entries import Dropped, DropReason
from monitor.feeds.reading.json_values import MAX_LISTED
from monitor.feeds.reading.plain import one_line, paragraphs, plain
from monitor.feeds.reading.zones import feed_zone
from monitor.feeds.state.status import version_number
from streams.item import Clock, Item, cut, iso_utc
from streams.text import digest

HELD_FOR_GOOD = "9999-12-31T00:00:00Z"
"""As an embargo's end: one without an end (NewsML-G2 allows it), or with one nobody can read."""

USABLE, WITHHELD, CANCELED = "usable", "withheld", "canceled"
"""The IPTC's publishing statuses, in its spelling; nothing said means usable."""

_STATUSES = {"cancelled": CANCELED}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyItem:
    """One item as its file has it; texts are HTML, times and numbers as written.

    `embargoed` is None where there is no embargo.
    """

    guid: str
    version: str = ""
    pub_status: str = ""
    urgency: str = ""
    embargoed: str | None = None
    ednote: str = ""
    notice: str = ""
    outlet: str = ""
    credit: str = ""
    title: str = ""
    summary: str = ""
    text: str = ""
    url: str = ""
    lang: str = ""
    published: str = ""
    updated: str = ""
    alt_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def make_item(given: AgencyItem, feed: Feed, now: datetime) -> Item | Dropped:
    """The item that `given` states; `now` is when its file was read."""
    url, zone = web_url(given.url or given.guid), feed_zone(feed.timezone)
    lang = plain(given.lang) or feed.language
    summary, text = paragraphs(given.summary), paragraphs(given.text)
    item = Item(
        id=f"{feed.id}/{digest(given.guid)}" if feed.id else digest(given.guid),
        feed=feed.id,
        outlet=feed.outlet or plain(given.outlet),
        credit=plain(given.credit),
        url=url,
        canonical_url=canonical(url),
        guid=plain(given.guid),
        alt_ids=_distinct(given.alt_ids),
        title=plain(given.title),
        summary=summary,
        text=text if text != summary else "",
        lang=lang,
        published=_clock(given.published, now, zone, lang),
        updated=_clock(given.updated, now, zone, lang),
        seen=Clock(at=iso_utc(now)),
        version=plain(given.version),
        pub_status=status(given.pub_status),
        ednote=plain(given.ednote),
        notice=given.notice,
        embargoed_until="" if given.embargoed is None else embargo_end(given.embargoed, zone),
        urgency=_urgency(given.urgency),
        tags=_distinct(given.tags),
        tier=feed.tier,
    )
    item = cut(replace(item, payload_hash=_payload(item)))
    says = item.title or item.summary or item.text or item.pub_status == CANCELED
    return item if says else Dropped(item, DropReason.EMPTY)


def status(written: str) -> str:
    """`stat:canceled`, `http://cv.iptc.org/newscodes/pubstatusg2/canceled`, `Canceled`: canceled.

    A status nobody knows stays, in small letters: it is not usable.
    """
    code = plain(last_part(written)).lower()[:40]
    return _STATUSES.get(code, code) or USABLE


def last_part(code: str) -> str:
    """What stands after a code's scheme: `medtop:04000000` and `http://…/04000000` are 04000000."""
    return code.strip().rstrip("/").replace("/", ":").rpartition(":")[2]


def embargo_end(written: str, zone: tzinfo | None = None) -> str:
    """ISO 8601 in UTC; `zone` holds where none is stated, UTC without one.

    A time of day that comes twice as clocks are put back is the later one.
    """
    try:
        stated = datetime.fromisoformat(written.strip())
        aware = [stated] if stated.tzinfo else _moments(stated, zone or UTC)
        return max(each.astimezone(UTC) for each in aware).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return HELD_FOR_GOOD


def _moments(naive: datetime, zone: tzinfo) -> list[datetime]:
    return [naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]


def latest_only(entries: list[Item | Dropped]) -> list[Item | Dropped]:
    """Of several versions of one item the last; the others are dropped, and stay in place.

    The last is the one of the highest number, else the one read last.
    """
    last: dict[str, tuple[int, int]] = {}
    for place, entry in enumerate(entries):
        if isinstance(entry, Item):
            rank = (version_number(entry.version), place)
            last[entry.id] = max(rank, last.get(entry.id, rank))
    return [
        Dropped(entry, DropReason.REPEATED)
        if isinstance(entry, Item) and last[entry.id][1] != place
        else entry
        for place, entry in enumerate(entries)
    ]


def _payload(item: Item) -> str:
    """A digest of what a desk may care about: a cancel without another word is a change, too."""
    texts = map(one_line, (item.title, item.summary, item.text))
    state = (item.version, item.pub_status, item.embargoed_until, str(item.urgency or ""))
    notes = (item.ednote, item.notice, item.url, item.credit, *item.tags)
    clocks = tuple(clock.raw for clock in (item.published, item.updated) if clock)
    return digest(*texts, *state, *notes, *clocks)


def _urgency(written: str) -> int | None:
    """1 to 9, 1 most urgent (IPTC); anything else is none."""
    code = last_part(written)
    return int(code) if len(code) == 1 and code in "123456789" else None


def _clock(written: str, now: datetime, zone: tzinfo | None, lang: str) -> Clock | None:
    return read_date(written, now, feed_zone=zone, lang=lang) if written else None


def _distinct(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(plain, texts[:MAX_LISTED]))))
