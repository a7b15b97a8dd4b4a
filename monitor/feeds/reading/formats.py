"""Formats: a fetched body in, a `Document` out, whichever format a feed may have.

Invariant: the body decides, not what the server calls it; what is no feed is refused by what it
looks like.
"""

import re

from monitor.feeds.reading.document import Document
from monitor.feeds.reading.guard import SNIFFED_BYTES, NotAFeed, root_name
from monitor.feeds.reading.json_values import is_json, read_json
from monitor.feeds.reading.jsonfeed import read_json_feed
from monitor.feeds.reading.parse import parse
from monitor.feeds.reading.sitemap import read_sitemap

_PASSWORD = re.compile(rb"""<input[^>]{0,500}type\s*=\s*["']?password""", re.IGNORECASE)
_G2 = {"newsItem", "newsMessage", "packageItem"}


def read_document(body: bytes, *, url: str = "", content_type: str = "") -> Document:
    """The feed in `body`; `url`, where it came from, resolves relative links.

    Raises:
        NotAFeed: no feed at all; says what the body looks like.
    """
    if is_json(body):
        return read_json_feed(read_json(body), url=url)
    root = root_name(body)
    if root == "urlset":
        return read_sitemap(body)
    if root == "sitemapindex":
        raise NotAFeed("an index of sitemaps: one of the news sitemaps it names belongs here")
    if root.lower() == "opml":
        raise NotAFeed("OPML, a list of feeds: `wirewatch feeds import` takes such a file")
    if root in _G2:
        raise NotAFeed(f"a NewsML-G2 {root}, not a feed: agency files are read from a folder")
    try:
        return parse(body, url=url, content_type=content_type)
    except NotAFeed as error:
        if root.lower() == "html" and _PASSWORD.search(body[:SNIFFED_BYTES]):
            raise NotAFeed("a login page, not a feed") from error
        raise
