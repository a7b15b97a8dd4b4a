"""Discovery: the feeds that an HTML page names; pure.

In: a page and its address.  Out: addresses where a feed is likely.  Invariant: bounded, http(s)
only, no address twice; guesses stay on the page's own host.
"""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from monitor.feeds.reading.canonical import canonical, web_url
from monitor.feeds.reading.plain import plain

MAX_PAGE_BYTES = 1_000_000
"""Of a page; what names its feeds stands in its head."""

MAX_LINKS = 10
"""Feeds looked at of one page."""

MAX_TITLE_CHARS = 200

FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/json",
    }
)
USUAL_PATHS = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml")
"""Where content systems put a feed that no page names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where a feed is likely, and how the page calls it."""

    url: str
    title: str = ""


def named_feeds(html: bytes, base: str) -> list[Link]:
    """The feeds that `<link rel=alternate>` of the page at `base` name, at most `MAX_LINKS`."""
    tree = LexborHTMLParser(html[:MAX_PAGE_BYTES])
    start = tree.css_first("base[href]")
    if start is not None:
        base = _joined(base, start.attributes.get("href") or "") or base
    found: dict[str, Link] = {}
    for node in tree.css("link[href]"):
        given = {name: value or "" for name, value in node.attributes.items()}
        if not _is_feed(given):
            continue
        url = _joined(base, given["href"])
        title = plain(given.get("title", ""))[:MAX_TITLE_CHARS]
        if url and len(found) < MAX_LINKS:
            found.setdefault(canonical(url), Link(url=url, title=title))
    return list(found.values())


def usual_addresses(base: str) -> list[Link]:
    """Where the host of `base` may have a feed that its page does not name."""
    return [Link(url=url) for path in USUAL_PATHS if (url := _joined(base, path))]


def _is_feed(given: dict[str, str]) -> bool:
    kind = given.get("type", "").partition(";")[0].strip().lower()
    relations = given.get("rel", "").lower().split()
    return kind in FEED_TYPES and "alternate" in relations and "/wp-json/" not in given["href"]


def _joined(base: str, href: str) -> str:
    try:
        joined = urljoin(base, href.strip())
        return web_url(joined) if urlsplit(joined).hostname else ""
    except ValueError:
        return ""
