"""Google-News sitemaps: a body in, a `Document` out; pure.

Invariant: entries have the keys feedparser gives them; an address without news is an entry without
a title, and dropped as such by those who read entries.
"""

from collections.abc import Iterator
from typing import Any

from monitor.feeds.reading.document import Document
from monitor.feeds.reading.guard import NotAFeed
from monitor.feeds.reading.jsonfeed import as_html
from monitor.feeds.reading.xml_tree import elements


def read_sitemap(body: bytes) -> Document:
    """The news in a `urlset`.

    Raises:
        NotAFeed: malformed from the start, or without any news.
    """
    urls = [*_urls(body)]
    news = [url for url in urls if url["news"]]
    if not news:
        raise NotAFeed("a sitemap without news: addresses, no headlines")
    first = news[0]
    return Document(title=first["publication"], lang=first["language"], entries=urls)


def _urls(body: bytes) -> Iterator[dict[str, Any]]:
    """Each address; where the body is malformed or ends too early, those before."""
    some = False
    try:
        for url in elements(body, "{*}url"):
            yield _entry(url)
            some = True
    except NotAFeed:
        if not some:
            raise


def _entry(url: Any) -> dict[str, Any]:
    news = url.find("{*}news")
    link = _text(url, "{*}loc")
    dates = {
        "published": _text(news, "{*}publication_date"),
        "updated": _text(url, "{*}lastmod"),
    }
    return {
        "news": news is not None,
        "publication": as_html(_text(news, "{*}publication/{*}name")),
        "id": link,
        "link": link,
        "title": as_html(_text(news, "{*}title")),
        "language": _text(news, "{*}publication/{*}language"),
        "tags": [{"term": as_html(tag)} for tag in _keywords(news)],
    } | {name: date for name, date in dates.items() if date}


def _keywords(news: Any) -> list[str]:
    words = (word.strip() for word in _text(news, "{*}keywords").split(","))
    return [*filter(None, words)]


def _text(element: Any, path: str) -> str:
    """All text under the first element at `path`, nothing where there is none."""
    found = element.find(path) if element is not None else None
    return "".join(found.itertext()).strip() if found is not None else ""
