"""Every real feed of the corpora: each entry's item says what the outlet said."""

import email.utils
import re
from datetime import UTC, datetime

from test_corpus import EVERY, bodies, within_bounds

from monitor.feeds.feed import Feed
from monitor.feeds.reading.canonical import addresses
from monitor.feeds.reading.document import Document
from monitor.feeds.reading.entries import Dropped, read_entries
from monitor.feeds.reading.guard import NotAFeed
from monitor.feeds.reading.parse import parse
from monitor.feeds.reading.plain import HIDDEN
from streams.decision import Reason
from streams.item import Clock, Item, Precision

NOW = datetime.now(UTC)
FEED = Feed(id="f", url="https://outlet.example/rss")
NUMERIC = re.compile(r"(?:[+-]\d\d:?\d\d|Z)\Z")


def oracle(raw: str) -> datetime | None:
    """What the standard library makes of a date with a numeric offset."""
    if not NUMERIC.search(raw):
        return None
    for reader in (datetime.fromisoformat, email.utils.parsedate_to_datetime):
        try:
            return reader(raw)
        except ValueError:
            continue
    return None


def exact(clock: Clock | None) -> bool:
    if clock is None or clock.clamped or clock.precision is Precision.DATE:
        return True
    told = oracle(clock.raw)
    return told is None or told.tzinfo is None or int(told.timestamp()) == clock.epoch_s


def doubts(document: Document) -> list[str]:
    lines = read_entries(document, FEED, NOW)
    found = [] if len(lines) == len(document.entries) else ["entries are lost"]
    if lines != read_entries(document, FEED, NOW):
        found.append("read twice, it differs")
    for line in lines:
        item = line.item if isinstance(line, Dropped) else line
        if isinstance(line, Dropped) and line.reason == Reason.UNREADABLE_ENTRY:
            found.append(f"unreadable: {item.ednote}")
        found += [f"{item.id}: {doubt}" for doubt in item_doubts(item)]
    return found


def item_doubts(item: Item) -> list[str]:
    texts = (item.title, item.summary, item.text, item.credit, *item.tags)
    clocks = (item.published, item.updated, item.seen)
    again = addresses(item.canonical_url)[1] if item.canonical_url else ""
    checks = {
        f"hidden characters in {texts}": not any(map(HIDDEN.search, texts)),
        f"lines in {item.title!r} or {item.credit!r}": "\n" not in item.title + item.credit,
        f"address {item.url}": not item.url or item.url.lower().startswith(("http://", "https://")),
        f"canonical {item.canonical_url}": again == item.canonical_url,
        f"bounds {clocks}": all(map(within_bounds, clocks)),
        f"not exact {clocks}": all(map(exact, (item.published, item.updated))),
    }
    return [doubt for doubt, holds in checks.items() if not holds]


def test_every_item_says_what_its_outlet_said() -> None:
    found: list[str] = []
    for name, body in bodies()[::EVERY]:
        try:
            document = parse(body)
        except NotAFeed:
            continue
        found += [f"{name}: {doubt}" for doubt in doubts(document)]
    assert found == []
