"""Entries: what feedparser found in, Items out; pure.

In: a parsed feed, the feed's settings, the time of retrieval.  Out: one `Item` per entry, or a
`Dropped` with its reason.  Invariants: items are plain text within their limits, a line a
paragraph; an id is stable over versions and unique in the feed; links are http(s).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from monitor.feeds.reading.canonical import canonical, web_url
from monitor.feeds.reading.dates import read_date
from monitor.feeds.reading.document import Document
from monitor.feeds.reading.plain import one_line, paragraphs, plain
from streams.item import Clock, Item, cut, iso_utc
from streams.text import digest, words


class DropReason(StrEnum):
    """Why an entry is not carried."""

    EMPTY = "empty_entry"
    REPEATED = "repeated_entry"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Dropped:
    """An entry the stream does not carry; `item` is what there is of it."""

    item: Item
    reason: DropReason


def read_entries(
    document: Document, *, feed: str, outlet: str, now: datetime, tier: int = 0
) -> list[Item | Dropped]:
    """The document's entries as items, in its order; what is said of the feed is said of each."""
    outlet = outlet or plain(document.title)
    items = [
        replace(_item(entry, document, feed, now), outlet=outlet, tier=tier)
        for entry in document.entries
    ]
    read: list[Item | Dropped] = []
    seen: set[str] = set()
    for item in _told_apart(items, feed):
        if not _says_something(item):
            read.append(Dropped(item, DropReason.EMPTY))
        elif item.id in seen:
            read.append(Dropped(item, DropReason.REPEATED))
        else:
            seen.add(item.id)
            read.append(item)
    return read


def _item(entry: Mapping[str, Any], document: Document, feed: str, now: datetime) -> Item:
    url = web_url(_encodable(str(entry.get("link") or "")))
    guid = _encodable(str(entry.get("id") or ""))
    title = plain(str(entry.get("title") or ""))
    summary = paragraphs(str(entry.get("summary") or ""))
    item = Item(
        id=_id(feed, guid or canonical(url) or f"{title}\x1f{_raw(entry, 'published')[:16]}"),
        feed=feed,
        credit=_credit(entry),
        url=url,
        canonical_url=canonical(url),
        guid=guid,
        title=title,
        summary=summary,
        text=_longest_content(entry, summary),
        lang=_encodable(str(entry.get("language") or document.lang)),
        published=_clock(entry, "published", now),
        updated=_clock(entry, "updated", now),
        seen=Clock(at=iso_utc(now)),
        tags=tuple(plain(str(tag.get("term") or "")) for tag in entry.get("tags") or ()),
    )
    return cut(_with_hash(item))


def _id(feed: str, identity: str) -> str:
    return f"{feed}/{digest(identity)}" if feed else digest(identity)


def _with_hash(item: Item) -> Item:
    """Where a paragraph ends is no news: an outlet's new layout is no new payload."""
    texts = map(one_line, (item.title, item.summary, item.text))
    content = (*texts, item.url, item.credit, *item.tags)
    raw = tuple(clock.raw for clock in (item.published, item.updated) if clock)
    return replace(item, payload_hash=digest(*content, *raw))


def _told_apart(items: Sequence[Item], feed: str) -> list[Item]:
    """Entries under one id, told apart by their addresses, then by their headlines.

    A guid or address that several entries share is taken off them: it would lead to the story of
    whichever was told first.
    """
    split = _split(items, feed, lambda item: item.canonical_url)
    return [
        again if again is item else replace(again, canonical_url="")
        for item, again in zip(split, _split(split, feed, _headline), strict=True)
    ]


def _split(items: Sequence[Item], feed: str, part: Callable[[Item], str]) -> list[Item]:
    """Items whose id stands for several values of `part` get one for each, and lose the guid."""
    parts: dict[str, set[str]] = {}
    for item in filter(_says_something, items):
        parts.setdefault(item.id, set()).add(part(item))
    return [
        replace(item, id=_id(feed, f"{item.id}\x1f{part(item)}"), guid="")
        if len(parts.get(item.id, ())) > 1
        else item
        for item in items
    ]


def _encodable(text: str) -> str:
    """`text` without lone surrogates, which character references can smuggle in."""
    return text.encode("utf-8", "ignore").decode()


def _headline(item: Item) -> str:
    return " ".join(words(item.title or item.summary))


def _says_something(item: Item) -> bool:
    return bool(item.title or item.summary or item.text)


def _credit(entry: Mapping[str, Any]) -> str:
    """Byline, else the source the entry names."""
    source = entry.get("source") or {}
    return plain(str(entry.get("author") or source.get("title") or ""))


def _longest_content(entry: Mapping[str, Any], summary: str) -> str:
    """The longest of the contents, unless the summary says as much."""
    contents: Sequence[Mapping[str, Any]] = entry.get("content") or ()
    text = max((paragraphs(str(c.get("value") or "")) for c in contents), key=len, default="")
    return text if one_line(text) != one_line(summary) else ""


def _raw(entry: Mapping[str, Any], name: str) -> str:
    # feedparser answers .get("updated") with the published date; only membership tells
    return _encodable(str(entry[name] or "")) if name in entry else ""


def _clock(entry: Mapping[str, Any], name: str, now: datetime) -> Clock | None:
    raw = _raw(entry, name)
    return read_date(raw, now) if raw else None
