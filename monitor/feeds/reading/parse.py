"""Parse: a fetched body in, what feedparser finds in it out.

Invariants: feedparser only ever gets a stream of bytes (given text it would open files and
addresses); its opinion "malformed" drops nothing by itself.  The only module that
speaks feedparser.
"""

import codecs
import io
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import feedparser
from feedparser.mixin import _FeedParserMixin

from monitor.feeds.reading.canonical import web_url
from monitor.feeds.reading.document import Document
from monitor.feeds.reading.guard import NotAFeed, guard, reads_ascii
from monitor.feeds.reading.misread import captions_apart

MAX_ADDRESS_CHARS = 64
"""A mail address's local part (RFC 5321); feedparser looks through longer words of an author in
quadratic time (20 kB: 5 s)."""

MAX_ENTRY_TAGS = 200
"""Of one entry, the first; feedparser looks through all for each (50,000: 35 s), items keep 64."""

BASES_KEPT = 8
"""Addresses that a document resolves others against; a hostile one is as long as a body."""

_LONG_WORD = re.compile(rf"[a-zA-Z0-9_.+-]{{{MAX_ADDRESS_CHARS + 1},}}")

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
"""Byte-order marks; UTF-32's little-endian one begins with UTF-16's."""

MAX_TTL_DIGITS = 6
"""A million minutes are two years; longer ones are no ttl."""

A_PAGE = "an HTML page, not a feed"
"""Said of what may name feeds."""

_CHARSET = re.compile(r"charset\s*=\s*[\"']*([^;\"'\s]+)", re.IGNORECASE)


def parse(body: bytes, *, url: str = "", content_type: str = "") -> Document:
    """The feed in `body`; `url` resolves relative links.

    Raises:
        NotAFeed: no feed at all: an HTML page, JSON, nothing.
    """
    headers = {"content-type": _content_type(body, content_type)}
    if url:
        headers["content-location"] = url
    safe = captions_apart(guard(body))
    try:
        found = feedparser.parse(
            io.BytesIO(safe),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except MemoryError:
        raise
    except Exception as error:  # one odd element, and feedparser 6.0.14 raises anything
        raise NotAFeed(f"feedparser cannot read it: {type(error).__name__}: {error}") from error
    if not found.get("version") and not found.entries:
        html = b"<html" in body[:2_000].lower()
        raise NotAFeed(A_PAGE if html else "no feed in it")
    return Document(
        title=str(found.feed.get("title", "")),
        lang=str(found.feed.get("language", "")),
        entries=found.entries,
        ttl_s=_ttl_s(found.feed.get("ttl")),
        hub=_link(found.feed, "hub"),
        self_url=_link(found.feed, "self"),
    )


def _ttl_s(minutes: Any) -> float | None:
    """RSS counts in whole minutes."""
    told = str(minutes or "").strip()
    return int(told) * 60.0 if told.isdecimal() and len(told) <= MAX_TTL_DIGITS else None


def _link(feed: Mapping[str, Any], rel: str) -> str:
    links: Sequence[Mapping[str, Any]] = feed.get("links") or ()
    return next((web_url(str(x.get("href") or "")) for x in links if x.get("rel") == rel), "")


def _content_type(body: bytes, told: str) -> str:
    """What the server says, unless a byte-order mark outweighs it (RFC 7303) or it hides markup."""
    usable = not body.startswith(_MARKS) and all(map(reads_ascii, _CHARSET.findall(told)))
    return (told if usable else "") or "application/xml"


def _bounded_author(parser: _FeedParserMixin, key: str = "author") -> None:
    """What feedparser does with authors, once their longest words are cut."""
    context = parser._get_context()
    if context.get(key):
        context[key] = _LONG_WORD.sub(lambda word: word[0][:MAX_ADDRESS_CHARS], context[key])
    _find_author(parser, key)


def _bounded_tag(parser: _FeedParserMixin, *said: str | None) -> None:
    """What feedparser does with a category, as long as the entry has few."""
    if len(parser._get_context().get("tags") or ()) < MAX_ENTRY_TAGS:
        _add_tag(parser, *said)


_add_tag = _FeedParserMixin._add_tag
_FeedParserMixin._add_tag = _bounded_tag
_find_author = _FeedParserMixin._sync_author_detail
_FeedParserMixin._sync_author_detail = _bounded_author
feedparser.api.PREFERRED_XML_PARSERS[:] = ["monitor.feeds.reading.sax"]

# What it does for each element, or for nobody, is a quarter of its time: it joins the base address
# with itself at each start tag, copies flat attributes as if they were deep, and reads dates that
# `dates` reads better.
feedparser.mixin.make_safe_absolute_uri = lru_cache(BASES_KEPT)(
    feedparser.mixin.make_safe_absolute_uri
)
feedparser.FeedParserDict.__deepcopy__ = lambda self, _: feedparser.FeedParserDict(self)
feedparser.datetimes._date_handlers.clear()
