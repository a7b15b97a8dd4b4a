"""Entries: what feedparser found in, Items out; pure.

In: a parsed feed, the feed's settings, the time of retrieval.  Out: one `Item` per entry, or a
`Dropped` with its reason.  Invariants: items are plain text within their limits, a line a
paragraph; an id is stable over versions and unique in the feed; links are http(s); an entry that
cannot be read costs no other.

Identity: the feed and the guid; a guid that several entries have, with the address too; without
guid the canonical address; without that the headline and its day.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from monitor.feeds.feed import Feed
from monitor.feeds.reading.canonical import addresses
from monitor.feeds.reading.credit import byline_of, credit
from monitor.feeds.reading.dates import read_date
from monitor.feeds.reading.document import Document
from monitor.feeds.reading.misread import CAPTION
from monitor.feeds.reading.plain import one_line, paragraphs, plain
from monitor.feeds.reading.window import DIGEST_BYTES
from monitor.feeds.reading.zones import feed_zone
from streams.item import MAX_FIELD_CHARS, Clock, Item, cut, iso_utc
from streams.text import digest, words

MAX_CONTENTS = 8
"""Texts of one entry that are read: real ones have two."""

MAX_NAMES = 10
"""Authors in a byline."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}")


class DropReason(StrEnum):
    """Why an entry is not carried."""

    EMPTY = "empty_entry"
    REPEATED = "repeated_entry"
    UNREADABLE = "unreadable_entry"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Dropped:
    """An entry the stream does not carry; `item` is what there is of it."""

    item: Item
    reason: DropReason


@dataclass(frozen=True, slots=True, kw_only=True)
class _Origin:
    """What holds for every entry of a document."""

    feed: Feed
    outlet: str
    lang: str
    zone: tzinfo | None
    now: datetime
    seen: Clock


def entry_digest(entry: Item | Dropped) -> bytes:
    """Of what an entry says, whether it is carried or not; 8 bytes, as a raw item's."""
    item = entry.item if isinstance(entry, Dropped) else entry
    said = f"{item.id}\x1f{item.payload_hash}".encode()
    return blake2b(said, digest_size=DIGEST_BYTES).digest()


def read_entries(document: Document, feed: Feed, now: datetime) -> list[Item | Dropped]:
    """The document's entries as items, in its order; what is said of the feed is said of each."""
    origin = _Origin(
        feed=feed,
        outlet=feed.outlet or plain(document.title[:MAX_FIELD_CHARS]),  # said of each entry
        lang=_language(document.lang) or feed.language,
        zone=feed_zone(feed.timezone),
        now=now,
        seen=Clock(at=iso_utc(now)),
    )
    each = [_read(entry, n, origin) for n, entry in enumerate(document.entries)]
    apart = iter(_apart([item for item in each if isinstance(item, Item)]))
    return without_repeats(next(apart) if isinstance(item, Item) else item for item in each)


def without_repeats(entries: Iterable[Item | Dropped]) -> list[Item | Dropped]:
    """The entries; those without words, or with an id that was there before, as dropped."""
    seen: set[str] = set()
    return [_once(entry, seen) if isinstance(entry, Item) else entry for entry in entries]


def _once(item: Item, seen: set[str]) -> Item | Dropped:
    if not _says_something(item):
        return Dropped(item, DropReason.EMPTY)
    if item.id in seen:
        return Dropped(item, DropReason.REPEATED)
    seen.add(item.id)
    return item


def _read(entry: Mapping[str, Any], position: int, origin: _Origin) -> Item | Dropped:
    try:
        return _item(entry, origin)
    except Exception as error:  # whatever it is, the feed's other entries are news
        why = f"entry {position + 1}: {type(error).__name__}: {error}"
        item = Item(
            id=_id(origin.feed.id, why),
            feed=origin.feed.id,
            outlet=origin.outlet,
            ednote=_encodable(why),
            seen=origin.seen,
        )
        return Dropped(cut(item), DropReason.UNREADABLE)


def _item(entry: Mapping[str, Any], origin: _Origin) -> Item:
    feed, lang = origin.feed, _entry_language(entry) or origin.lang
    guid = _encodable(str(entry.get("id") or ""))
    url, canonical_url = addresses(_link(entry, guid))
    title = plain(str(entry.get("title") or ""))
    summary, text = _texts(entry)
    credited = _credit(entry, summary, text)
    published, updated = (_clock(entry, name, origin, lang) for name in ("published", "updated"))
    tags = tuple(plain(str(tag.get("term") or "")) for tag in entry.get("tags") or ())
    item = Item(
        id=_id(feed.id, guid or canonical_url or f"{title}\x1f{_day(published, entry)}"),
        feed=feed.id,
        outlet=origin.outlet,
        credit=credited,
        url=url,
        canonical_url=canonical_url,
        guid=guid,
        alt_ids=_alt_ids(entry, guid),
        title=title,
        summary=summary,
        text=text,
        lang=lang,
        published=published,
        updated=updated,
        seen=origin.seen,
        tags=tags,
        tier=feed.tier,
        payload_hash=_hash((title, summary, text), (url, credited, *tags), (published, updated)),
    )
    return cut(item)


def _id(feed: str, identity: str) -> str:
    return f"{feed}/{digest(identity)}" if feed else digest(identity)


def _hash(texts: Sequence[str], rest: Sequence[str], clocks: Sequence[Clock | None]) -> str:
    """Where a paragraph ends is no news: an outlet's new layout is no new payload."""
    return digest(*map(one_line, texts), *rest, *(clock.raw for clock in clocks if clock))


def _day(published: Clock | None, entry: Mapping[str, Any]) -> str:
    """The day on which a headline without address counts as one; not that of the retrieval."""
    return published.at[:10] if published and not published.clamped else _raw(entry, "published")


def _link(entry: Mapping[str, Any], guid: str) -> str:
    """The article's address: what stood before a redirecting service's, the link, a permalink."""
    link = _encodable(str(entry.get("feedburner_origlink") or entry.get("link") or ""))
    return guid if not link and entry.get("guidislink") else link


def _alt_ids(entry: Mapping[str, Any], guid: str) -> tuple[str, ...]:
    named = (plain(str(entry.get(name) or "")) for name in ("dc_identifier", "prism_doi"))
    return tuple(dict.fromkeys(name for name in named if name and name != guid))


def told_apart(item_id: str) -> bool:
    """True for the id of an entry that another one shared with it."""
    return "." in item_id.rpartition("/")[2]


def _apart(items: Sequence[Item]) -> list[Item]:
    """Entries under one id, told apart by their addresses, then by their headlines.

    A guid or address that several entries share is taken off them: it would lead to the story of
    whichever was told first.
    """
    split = _split(items, lambda item: item.canonical_url)
    return [
        again if again is item else replace(again, canonical_url="")
        for item, again in zip(split, _split(split, _headline), strict=True)
    ]


def _split(items: Sequence[Item], part: Callable[[Item], str]) -> list[Item]:
    """Items whose id stands for several values of `part` get one for each, and lose the guid."""
    shared = {name for name, n in Counter(item.id for item in items).items() if n > 1}
    if not shared:
        return [*items]
    parts: dict[str, set[str]] = {}
    for item in items:
        if item.id in shared and _says_something(item):
            parts.setdefault(item.id, set()).add(part(item))
    return [
        replace(item, id=f"{item.id}.{digest(part(item))}", guid="")
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


def _credit(entry: Mapping[str, Any], *texts: str) -> str:
    """See `credit`; an author with an address and no name is nobody."""
    authors = [str(author.get("name") or "") for author in entry.get("authors") or ()]
    given = [name for name in authors if name] or [str(entry.get("author") or "")]
    names = (byline_of(plain(name[:MAX_FIELD_CHARS])) for name in given[:MAX_NAMES])
    source = entry.get("source") or {}
    byline = ", ".join(dict.fromkeys(name for name in names if name))
    return credit(byline, plain(str(source.get("title") or "")), *texts)


def _texts(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Summary and text: every content that says something the others do not."""
    summary = paragraphs(str(entry.get("summary") or _video_text(entry)))
    said, kept = [one_line(summary)], list[str]()
    contents: Sequence[Mapping[str, Any]] = entry.get("content") or ()
    for content in contents[:MAX_CONTENTS]:
        text = paragraphs(str(content.get("value") or ""))
        line = one_line(text)
        if line and not any(line in before for before in said):
            said.append(line)
            kept.append(text)
    return summary, "\n".join(kept)


def _video_text(entry: Mapping[str, Any]) -> str:
    """A video's description is its text; a picture's is a caption, no news of its own."""
    media: Sequence[Mapping[str, Any]] = entry.get("media_content") or ()
    video = any(
        m.get("medium") == "video" or str(m.get("type")).startswith("video/") for m in media
    )
    return str(entry.get(CAPTION) or "") if video or entry.get("yt_videoid") else ""


def _entry_language(entry: Mapping[str, Any]) -> str:
    """Its own `dc:language`, else `xml:lang` of its headline, which may be the feed's."""
    detail = entry.get("title_detail") or {}
    return _language(entry.get("language")) or _language(detail.get("language"))


def _language(tag: object) -> str:
    """A language tag (`en-IN`), or nothing for what is none."""
    text = str(tag or "").strip()
    return text.replace("_", "-") if _LANGUAGE.fullmatch(text) else ""


def _raw(entry: Mapping[str, Any], name: str) -> str:
    # feedparser answers .get("updated") with the published date; only membership tells
    return _encodable(str(entry[name] or "")) if name in entry else ""


def _clock(entry: Mapping[str, Any], name: str, origin: _Origin, lang: str) -> Clock | None:
    raw = _raw(entry, name)
    return read_date(raw, origin.now, feed_zone=origin.zone, lang=lang) if raw else None
