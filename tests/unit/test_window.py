"""monitor.feeds.reading.window: half a document reads as the whole one does for its items."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stubs.outlet import Entry, rss

from monitor.feeds.reading.document import MAX_ENTRIES
from monitor.feeds.reading.oversize import MAX_RAW_ITEM_BYTES, within_limits
from monitor.feeds.reading.parse import parse
from monitor.feeds.reading.window import MAX_ITEMS, Whole, Window, look, portions

NEWS = ("id", "link", "title", "published", "updated", "summary", "author")
RSS = "<rss version='2.0' xmlns:d='u:d'><channel><title>T</title>%s</channel></rss>"
ATOM = "<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title>%s</feed>"
RDF = (
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
    " xmlns='http://purl.org/rss/1.0/'><channel><title>T</title></channel>%s</rdf:RDF>"
)
SHAPES = ((RSS, "item", "description"), (ATOM, "entry", "summary"), (RDF, "item", "description"))

texts = st.text(st.characters(codec="utf-8", exclude_categories=["C"], exclude_characters="<&]>"))
inner = st.one_of(
    texts,
    texts.map(lambda text: f"<![CDATA[</item><entry> {text} <item>]]>"),
    texts.map(lambda text: f"&lt;item&gt;{text}&amp;"),
)
between = st.sampled_from(
    [
        "",
        "\n",
        "<!-- <item> -->",
        "<!-- </item></entry> -->",
        "<?php <item> ?>",
        "<language>hi</language>",
    ]
)


def news(entry: Any) -> tuple[object, ...]:
    fields = tuple(dict(entry).get(name) for name in NEWS)
    contents = tuple(content.get("value") for content in entry.get("content", ()))
    return (*fields, contents, tuple(tag.get("term") for tag in entry.get("tags", ())))


@st.composite
def feeds(draw: st.DrawFn) -> str:
    frame, name, summary = draw(st.sampled_from(SHAPES))
    items = "".join(
        f"{draw(between)}<{name} d='x > y'><title>{draw(inner)}</title>"
        f"<{summary}>{draw(inner)}</{summary}>{draw(between)}<link>http://a.example/{n}</link>"
        f"</{name}\n>"
        for n in range(draw(st.integers(1, 5)))
    )
    return frame % (items + draw(between))


@given(feeds(), st.randoms(use_true_random=False))
def test_half_a_feed_reads_as_the_whole_does(feed: str, chance: random.Random) -> None:
    whole = parse(feed.encode())
    window = look(feed.encode())
    assert isinstance(window, Window)
    assert window.closed
    assert len(window.spans) == len(whole.entries)
    half = {digest for digest in window.digests if chance.random() < 0.5}
    wanted = [e for e, d in zip(whole.entries, window.digests, strict=True) if d in half]
    document = parse(window.reduced(half))
    assert [news(entry) for entry in document.entries] == [news(entry) for entry in wanted]
    assert (document.title, document.lang) == (whole.title, whole.lang)


@given(feeds(), st.data())
def test_of_a_feed_that_breaks_off_only_whole_items_count(feed: str, data: st.DataObject) -> None:
    body = feed.encode()
    whole = [news(entry) for entry in parse(body).entries]
    cut = body[: data.draw(st.integers(20, len(body) - 7))]
    window = look(cut)
    assert not window.closed
    if isinstance(window, Window):
        found = [news(entry) for entry in parse(window.reduced(lambda _: True)).entries]
        assert found == whole[: len(found)]


@given(st.binary() | feeds().map(str.encode))
def test_any_body_is_looked_at(body: bytes) -> None:
    found = look(body)
    assert isinstance(found, Window | Whole)
    if isinstance(found, Window) and found.closed:
        assert found.reduced(found.digests) == found.body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"/etc/passwd",
        b"<!doctype html><html><article><item>",
        rss(),
        b"<urlset></urlset>",
        b"<entry><title>A</title></entry>",
    ],
)
def test_what_has_no_items_is_parsed_whole(body: bytes) -> None:
    assert look(body) == Whole(body=body)


def test_a_forgotten_end_tag_is_no_break() -> None:
    body = (RSS % "<item><title>A</title><item><title>B</title></item>").encode()
    assert look(body) == Whole(body=body)
    assert look(body[:-3]).closed is False


def test_a_feed_whose_first_item_breaks_off_has_none() -> None:
    window = look((RSS % "<item><title>Half a ti").encode().split(b"</channel>")[0])
    assert isinstance(window, Window)
    assert (window.spans, window.closed) == ((), False)
    assert parse(window.reduced(())).entries == []


def test_nested_entries_stay_in_their_parents() -> None:
    body = ATOM % "<entry><title>A</title><x><entry><id>b</id></entry></x></entry><entry/>"
    window = look(body.encode())
    assert isinstance(window, Window)
    assert len(window.spans) == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_wide_encodings_are_split_as_utf8(encoding: str) -> None:
    body = '<?xml version="1.0" encoding="UTF-16"?>' + RSS % "<item><title>अ</title></item>"
    window = look(body.encode(encoding))
    assert isinstance(window, Window)
    document = parse(window.reduced(window.digests), content_type="text/xml; charset=latin-1")
    assert document.entries[0]["title"] == "अ"


def test_a_body_that_lies_about_utf16_is_split() -> None:
    body = '<?xml version="1.0" encoding="UTF-16"?>' + RSS % "<item><title>अ</title></item>"
    window = look(body.encode(), "text/xml; charset=utf-16")
    assert isinstance(window, Window)
    told = "text/xml; charset=utf-16"
    entry = parse(window.reduced(window.digests), content_type=told).entries[0]
    assert entry["title"] == "अ"


def test_equal_items_have_equal_digests() -> None:
    entries = [Entry(title=title, guid="1", link="http://o.example/1") for title in "AAB"]
    window = look(rss(*entries))
    assert isinstance(window, Window)
    one, two, three = window.digests
    assert one == two != three
    assert len(parse(window.reduced({one})).entries) == 2


@pytest.mark.parametrize("text", ["<![CDATA[%s]]>", "%s"])
def test_an_oversize_item_loses_text_and_no_more(text: str) -> None:
    long = text % ("word &amp; " * 60_000)
    body = RSS % f"<item><title>A</title><description>{long}</description><guid>1</guid></item>"
    body = body.replace("</channel>", "<item><title>B</title></item></channel>")
    bounded = within_limits(body.encode())
    first, second = parse(bounded.body).entries
    assert bounded.cut == {0}
    assert len(bounded.body) < MAX_RAW_ITEM_BYTES
    assert (first["title"], first["id"], second["title"]) == ("A", "1", "B")
    assert len(first["summary"]) > 100_000


def test_a_picture_in_letters_costs_no_text() -> None:
    picture = '<img src="data:image/png;base64,' + "A/b+" * 100_000 + '">'
    body = RSS % f"<item><description><![CDATA[{picture}The news]]></description></item>"
    bounded = within_limits(body.encode())
    assert bounded.cut == frozenset()
    assert parse(bounded.body).entries[0]["summary"].endswith("The news")


def test_of_very_many_items_the_first_are_read() -> None:
    items = "".join(f"<item><title>{n}</title></item>" for n in range(MAX_ENTRIES + 5))
    bounded = within_limits((RSS % items).encode())
    entries = parse(bounded.body).entries
    assert bounded.left_out == 5
    assert (len(entries), entries[-1]["title"]) == (MAX_ENTRIES, str(MAX_ENTRIES - 1))


def test_many_items_are_taken_in_portions() -> None:
    items = "".join(f"<item><title>{n}</title></item>" for n in (0, 1, 2, 1, 3, 4))
    window = look((RSS % items).encode())
    assert isinstance(window, Window)
    found = [parse(window.reduced(part)).entries for part in portions(window.digests, 2)]
    assert [[e["title"] for e in part] for part in found] == [["0", "1", "1"], ["2", "3"], ["4"]]


@pytest.mark.parametrize("frame", [RSS, ATOM])
def test_a_flood_of_items_is_told_apart_up_to_a_limit(frame: str) -> None:
    name = "item" if frame is RSS else "entry"
    items = "".join(f"<{name}><title>{n}</title></{name}>" for n in range(MAX_ITEMS + 3))
    window = look((frame % items).encode())
    assert isinstance(window, Window)
    assert (len(window.spans), window.beyond, window.closed) == (MAX_ITEMS, 3, True)
    kept = parse(window.reduced(frozenset(window.digests[-2:]))).entries
    assert [entry["title"] for entry in kept] == [str(MAX_ITEMS - 2), str(MAX_ITEMS - 1)]
    cut = look((frame % items).encode()[:-20])
    assert isinstance(cut, Window)
    assert (cut.beyond, cut.closed) == (3, False)
