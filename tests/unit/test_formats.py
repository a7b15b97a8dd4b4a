"""monitor.feeds.reading.formats: whatever a feed is written in, the same entries come out."""

import json
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stubs.outlet import Entry, rss

from monitor.feeds.feed import Feed
from monitor.feeds.parsers import worker
from monitor.feeds.parsers.frames import Job, Read
from monitor.feeds.reading.document import MAX_ENTRIES
from monitor.feeds.reading.entries import Dropped, DropReason, read_entries
from monitor.feeds.reading.formats import read_document
from monitor.feeds.reading.guard import NotAFeed, root_name
from monitor.feeds.reading.json_values import MAX_COMMAS, MAX_OPENINGS
from streams.item import Item

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MB = 2**20


def entries(body: bytes, url: str = "") -> list[Item | Dropped]:
    return read_entries(read_document(body, url=url), Feed(id="f"), NOW)


def items(body: bytes, url: str = "") -> list[Item]:
    return [entry for entry in entries(body, url) if isinstance(entry, Item)]


def json_feed(*, version: str = "https://jsonfeed.org/version/1.1", **fields: Any) -> bytes:
    return json.dumps({"version": version, "title": "Wire", "items": [], **fields}).encode()


ENTRY = {
    "id": "a1",
    "url": "/story?utm_source=x",
    "title": "Profit < forecasts, AT&T says",
    "summary": "In short",
    "content_html": "<p>One</p><p>Two</p>",
    "content_text": "not shown beside HTML",
    "authors": [{"name": "Ann Bee"}, {"name": "Cy Dee", "url": "https://x.example"}],
    "tags": ["trade", 7, None],
    "language": "hi",
    "date_published": "2026-11-23T10:00:00+05:30",
    "date_modified": "2026-11-23T06:00:00Z",
    "attachments": [{"url": "https://x.example/a.mp3", "mime_type": "audio/mpeg"}],
    "_ext": {"any": ["thing"]},
}


def test_a_json_feed_has_all_its_fields() -> None:
    body = json_feed(items=[ENTRY], language="en", hubs=[{"type": "rssCloud", "url": "x"}])
    [item] = items(body, "https://outlet.example/feed.json")
    assert (item.title, item.outlet) == ("Profit < forecasts, AT&T says", "Wire")
    assert item.url == "https://outlet.example/story?utm_source=x"
    assert item.canonical_url == "https://outlet.example/story"
    assert (item.guid, item.credit, item.lang) == ("a1", "Ann Bee, Cy Dee", "hi")
    assert (item.summary, item.text) == ("In short", "One\nTwo")
    assert item.tags == ("trade", "7")
    assert item.published
    assert item.published.at == "2026-11-23T04:30:00Z"
    assert item.updated
    assert item.updated.at == "2026-11-23T06:00:00Z"


def test_a_json_feed_of_1_0_and_what_its_writers_get_wrong() -> None:
    item = {
        "id": 12.0,
        "external_url": "https://else.example/1",
        "content_text": "First\n\nSecond <b",
        "author": {"name": "Ann"},
        "title": None,
        "tags": "no list",
        "date_published": "",
    }
    body = json_feed(
        version="https://jsonfeed.org/version/1", items=[item, "no mapping", {"id": {}}, {"id": 7}]
    )
    first, *others = entries(b"\xef\xbb\xbf \n" + body)
    assert isinstance(first, Item)
    assert (first.guid, first.url, first.credit) == ("12.0", "https://else.example/1", "Ann")
    assert (first.text, first.published, first.tags) == ("First\nSecond <b", None, ())
    assert [x.reason for x in others if isinstance(x, Dropped)] == [DropReason.EMPTY] * 3


def test_a_byte_that_is_no_utf_8_costs_a_letter() -> None:
    body = json_feed(items=[{"id": 1, "title": "caf_"}]).replace(b"caf_", b"caf\xe9")
    assert items(body)[0].title == "caf\ufffd"


def test_a_feed_says_how_long_it_lasts_and_where_changes_are_told() -> None:
    links = b"""<ttl> 15 </ttl><atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub"
    href="https://hub.example/"/><atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self"
    href="https://outlet.example/feed"/>"""
    document = read_document(rss().replace(b"</title>", b"</title>" + links, 1))
    assert (document.ttl_s, document.hub) == (900.0, "https://hub.example/")
    assert document.self_url == "https://outlet.example/feed"
    hubs = [{"type": "WebSub", "url": "https://hub.example/"}]
    document = read_document(json_feed(hubs=hubs, feed_url="https://outlet.example/feed.json"))
    assert (document.ttl_s, document.hub) == (None, "https://hub.example/")
    assert document.self_url == "https://outlet.example/feed.json"


@pytest.mark.parametrize("ttl", ["", "soon", "-5", "1.5", "9" * 400, "²"])
def test_an_odd_ttl_says_nothing(ttl: str) -> None:
    ttl_in = f"</title><ttl>{ttl}</ttl>".encode()
    assert read_document(rss().replace(b"</title>", ttl_in, 1)).ttl_s is None


def test_a_hub_is_an_address() -> None:
    body = json_feed(hubs=[{"type": "WebSub", "url": "javascript:x"}], feed_url="file:///etc")
    document = read_document(body)
    assert (document.hub, document.self_url) == ("", "")


NEWS = """<url><loc>{loc}</loc><lastmod>2026-11-23T11:00:00Z</lastmod><news:news>
<news:publication><news:name>Example Times</news:name><news:language>en</news:language>
</news:publication><news:publication_date>2026-11-23T10:00:00+05:30</news:publication_date>
<news:title>{title}</news:title><news:keywords>trade, , tariffs</news:keywords>
</news:news></url>"""


def sitemap(*urls: str, root: str = "urlset") -> bytes:
    return (
        f'<?xml version="1.0"?>\n<!-- made by us -->\n<{root} xmlns="http://www.sitemaps.org/'
        'schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
        + "".join(urls)
        + f"</{root}>"
    ).encode()


def news(title: str, loc: str = "https://times.example/1") -> str:
    return NEWS.format(title=escape(title), loc=escape(loc))


def test_a_news_sitemap_gives_entries() -> None:
    [item] = items(sitemap(news("A < B & C")))
    assert (item.title, item.outlet, item.lang) == ("A < B & C", "Example Times", "en")
    assert item.guid == item.url == "https://times.example/1"
    assert item.tags == ("trade", "tariffs")
    assert item.published
    assert item.published.at == "2026-11-23T04:30:00Z"
    assert item.updated
    assert item.updated.at == "2026-11-23T11:00:00Z"


def test_an_address_without_news_is_dropped_by_name() -> None:
    first, second = entries(sitemap("<url><loc>https://times.example/about</loc></url>", news("x")))
    assert isinstance(first, Dropped)
    assert first.reason is DropReason.EMPTY
    assert isinstance(second, Item)


def test_a_sitemap_in_utf_16_or_cut_off_is_read_as_far_as_it_goes() -> None:
    body = sitemap(news("One"), news("Two", "https://times.example/2"))
    assert len(items(body.decode().encode("utf-16"))) == 2
    assert [item.title for item in items(body[: body.index(b"<news:title>Two") + 14])] == ["One"]


def test_entries_are_read_up_to_their_limit() -> None:
    many = range(MAX_ENTRIES + 5)
    addresses = sitemap(*(news(f"n{n}", f"https://times.example/{n}") for n in many))
    for body in (addresses, json_feed(items=[{"id": n, "title": "x"} for n in many])):
        read = worker.read(Job(body=body, url="", content_type="", feed=Feed(id="f"), now=NOW))
        assert isinstance(read, Read)
        assert (len(read.entries), read.left_out) == (MAX_ENTRIES, 5)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (sitemap("<url><loc>https://times.example/</loc></url>"), "a sitemap without news"),
        (sitemap(root="sitemapindex"), "an index of sitemaps"),
        (b"<urlset><url>", "malformed XML"),
        (b'{"error": "no access"}', "JSON, but no JSON Feed"),
        (b'[{"id": 1}]', "JSON, but no JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1"}', "JSON, but no JSON Feed"),
        (b'{"version": ', "broken JSON, it ends in the middle"),
        (b'{"a": 1}\n{"a": 2}\n', "broken JSON, line 2: it goes on after its end"),
        ('[1,\n {"é": é}]'.encode(), "broken JSON, line 2, column 8: invalid character"),
        (b'{"a": "\xff", }', "broken JSON, line 1, column 13: trailing comma in object"),
        (b"<html><body><form><input type='password'></form></body></html>", "a login page"),
        (b"<!doctype html><html><body>Hello</body></html>", "an HTML page"),
        (b"<newsMessage xmlns='http://iptc.org/std/nar/2006-10-01/'/>", "NewsML-G2"),
        (b"<note>hello</note>", "no feed in it"),
        (b"", "empty"),
        (b"file:///etc/passwd", "neither XML nor JSON in it"),
    ],
)
def test_no_feed_is_refused_by_what_it_looks_like(body: bytes, says: str) -> None:
    with pytest.raises(NotAFeed, match=says):
        read_document(body)


def test_the_body_decides_not_what_the_server_says() -> None:
    feed = rss(Entry(title="One", guid="1", link="https://outlet.example/1"))
    assert len(read_document(feed, content_type="application/json").entries) == 1
    assert read_document(json_feed(), content_type="text/html").title == "Wire"


LAUGHS = (
    "<!DOCTYPE urlset [<!ENTITY a 'ha'>"
    + "".join(
        f"<!ENTITY {b} '{f'&{a};' * 20}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
HOSTILE = {
    "many lists": b"[" * (8 * MB),
    "deep lists": b"[" * (MAX_OPENINGS - 1),
    "deep mappings": b'{"a":' * (MAX_OPENINGS - 1),
    "many small lists": b"[" + b"[]," * (2 * MB) + b"[]]",
    "many elements": b"<urlset>" + b"<a/>" * MB + b"</urlset>",
    "many attributes": b"<urlset>" + b"<a b='' c=''/>" * 200_000 + b"</urlset>",
    "many numbers": b"[" + b"1," * (MAX_COMMAS + 1) + b"1]",
    "a long number": b'{"version": ' + b"9" * MB + b"}",
    "lone surrogate": b'{"version": "\\ud800"}',
    "no UTF-8": b'{"version": "\xff"}',
    "billion laughs": (LAUGHS + "<urlset><url><loc>&i;</loc></url></urlset>").encode(),
    "laughs on lines": (LAUGHS + "<urlset><url><loc>&i;</loc></url></urlset>")
    .replace("<!E", "\n<!E")
    .encode(),
    "outer entity": b"<!DOCTYPE urlset [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
    b"<urlset><url><loc>&x;</loc></url></urlset>",
    "urlset in a DTD": b"<!DOCTYPE rss [<!ENTITY x '<urlset>'>]><rss><url>&x;</url></rss>",
    "deep sitemap": b"<urlset>" + b"<url>" * MB,
    "attributes": b"<urlset><url " + b" ".join(b"a%d=''" % n for n in range(200_000)) + b"/>",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_made_to_hurt_is_refused_within_bounds(body: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(NotAFeed) as refused:
            read_document(body)
        assert tracemalloc.get_traced_memory()[1] < 50 * MB
    finally:
        tracemalloc.stop()
    assert "root:" not in str(refused.value)
    assert len(str(refused.value)) < 300


JSON_VALUES = st.recursive(
    st.none() | st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON_VALUES)
def test_any_value_costs_a_json_feed_no_other(value: Any) -> None:
    odd = ("id", "url", "authors", "tags", "content_html", "date_published", "language")
    item = {"title": "kept"} | dict.fromkeys(odd, value)
    about = dict.fromkeys(("authors", "hubs", "language", "feed_url"), value)
    assert items(json_feed(items=[value, item], **about))[-1].title == "kept"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_feed_or_refused(body: bytes) -> None:
    for start in (b"", b"{", b"<urlset>", b"<urlset><url>", b"\xff\xfe<\x00"):
        root_name(start + body)
        with suppress(NotAFeed):
            read_document(start + body)
