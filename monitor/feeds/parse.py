"""Parse: a fetched body in, what feedparser finds in it out.

Invariants: feedparser only ever gets a stream of bytes (given text it would open files and
addresses); its opinion "malformed" drops nothing by itself.  The only module that
speaks feedparser.
"""

import codecs
import io

import feedparser

from monitor.feeds.document import Document
from monitor.feeds.guard import NotAFeed, guard

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
"""Byte-order marks; UTF-32's little-endian one begins with UTF-16's."""


def parse(body: bytes, *, url: str = "", content_type: str = "") -> Document:
    """The feed in `body`; `url` resolves relative links.

    Raises:
        NotAFeed: no feed at all: an HTML page, JSON, nothing.
    """
    # RFC 7303: a byte-order mark outweighs what the server says
    told = "" if body.startswith(_MARKS) else content_type
    headers = {"content-type": told or "application/xml"}
    if url:
        headers["content-location"] = url
    safe = guard(body)
    try:
        found = feedparser.parse(
            io.BytesIO(safe),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # one odd element, and feedparser 6.0.14 raises anything
        raise NotAFeed(f"feedparser cannot read it: {type(error).__name__}: {error}") from error
    if not found.get("version") and not found.entries:
        html = b"<html" in body[:2_000].lower()
        raise NotAFeed("an HTML page, not a feed" if html else "no feed in it")
    return Document(
        title=str(found.feed.get("title", "")),
        lang=str(found.feed.get("language", "")),
        entries=found.entries,
    )
