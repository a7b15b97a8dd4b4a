"""JSON Feed 1.0 and 1.1 (jsonfeed.org): a decoded body in, a `Document` out; pure.

Invariant: entries have the keys feedparser gives them; a field of an unexpected type is as if it
were not there, and costs no other field.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from monitor.feeds.reading.canonical import web_url
from monitor.feeds.reading.document import Document
from monitor.feeds.reading.guard import NotAFeed
from monitor.feeds.reading.json_values import mappings, string, strings

VERSION = "jsonfeed.org/version/1"
"""In `version` of every JSON Feed: 1.0 ends here, 1.1 in `.1`."""


def is_json_feed(value: Any) -> bool:
    """True for a mapping that says so."""
    return isinstance(value, dict) and VERSION in string(value.get("version"))


def read_json_feed(value: Any, *, url: str = "") -> Document:
    """The feed in `value`; `url`, where it came from, resolves relative links.

    Raises:
        NotAFeed: JSON, but no feed.
    """
    if not is_json_feed(value) or not isinstance(value.get("items"), list):
        raise NotAFeed("JSON, but no JSON Feed")
    base = url or string(value.get("feed_url"))
    author = _author(value)
    hubs = mappings(value.get("hubs"))
    return Document(
        title=as_html(string(value.get("title"))),
        lang=string(value.get("language")),
        entries=[_entry(item, base, author) for item in value["items"]],
        hub=next(
            (web_url(string(h.get("url"))) for h in hubs if _type(h) in {"websub", "pubsubhubbub"}),
            "",
        ),
        self_url=web_url(string(value.get("feed_url"))),
    )


def as_html(text: str) -> str:
    """Plain text as entries have it; entities stay, because outlets escape what need not be."""
    return text.replace("<", "&lt;")


def _type(hub: Mapping[str, Any]) -> str:
    return string(hub.get("type")).lower()


def _entry(given: Any, base: str, author: str) -> dict[str, Any]:
    """An entry of `given`; an empty one where that is no mapping."""
    item: Mapping[str, Any] = given if isinstance(given, dict) else {}
    html, text = string(item.get("content_html")), string(item.get("content_text"))
    entry: dict[str, Any] = {
        "id": string(item.get("id")),
        "link": _resolved(base, string(item.get("url")) or string(item.get("external_url"))),
        "title": as_html(string(item.get("title"))),
        "summary": as_html(string(item.get("summary"))),
        "author": as_html(_author(item) or author),
        "language": string(item.get("language")),
        "content": _contents(html, text),
        "tags": [{"term": as_html(tag)} for tag in strings(item.get("tags"))],
    }
    dates = {"published": "date_published", "updated": "date_modified"}
    return entry | {key: string(item[name]) for key, name in dates.items() if item.get(name)}


def _contents(html: str, text: str) -> list[dict[str, str]]:
    if html:
        return [{"type": "text/html", "value": html}]
    return [{"type": "text/plain", "value": as_html(text)}] if text else []


def _author(of: Mapping[str, Any]) -> str:
    """Names of 1.1's `authors`, else of 1.0's `author`."""
    authors = mappings(of.get("authors")) or mappings(of.get("author"))
    return ", ".join(filter(None, (string(author.get("name")) for author in authors)))


def _resolved(base: str, link: str) -> str:
    try:
        return urljoin(base, link) if link else ""
    except ValueError:
        return ""
