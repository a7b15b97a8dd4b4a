"""Parse: a fetched body in, what feedparser finds in it out.

Invariants: feedparser only ever gets a stream of bytes (given text it would open files and
addresses); its opinion "malformed" drops nothing by itself.  The only module that
speaks feedparser.
"""

import io

import feedparser

from monitor.feeds.document import Document
from monitor.feeds.guard import NotAFeed, guard


def parse(body: bytes, *, url: str = "", content_type: str = "") -> Document:
    """The feed in `body`; `url` resolves relative links.

    Raises:
        NotAFeed: no feed at all: an HTML page, JSON, nothing.
    """
    headers = {"content-type": content_type or "application/xml"}
    if url:
        headers["content-location"] = url
    found = feedparser.parse(
        io.BytesIO(guard(body)),
        response_headers=headers,
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not found.get("version") and not found.entries:
        html = b"<html" in body[:2_000].lower()
        raise NotAFeed("an HTML page, not a feed" if html else "no feed in it")
    return Document(
        title=str(found.feed.get("title", "")),
        lang=str(found.feed.get("language", "")),
        entries=found.entries,
    )
