"""OPML: what other programs write is read, what is hostile is refused, what we write reads back."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.feed import Feed
from monitor.feeds.visiting.opml import (
    MAX_DEPTH,
    BadOutline,
    NotOpml,
    Outline,
    read_opml,
    write_opml,
)

NESTED = b"""<?xml version="1.0"?>
<opml version="1.0"><head><title>x</title></head><body>
<outline text="World">
  <outline text="Asia">
    <outline text="short" title="Example &amp; Co" xmlUrl="https://a.example/feed?a=1&amp;b=2"/>
  </outline>
</outline>
<outline type="rss" text="no address"/>
<outline text="b" XMLURL="ftp://b.example/"/>
<outline text="a page" type="link" url="https://c.example/"/>
</body></opml>
"""


def test_feeds_are_found_however_deeply_filed_and_bad_ones_named_by_line() -> None:
    assert read_opml(NESTED) == [
        Outline(
            url="https://a.example/feed?a=1&b=2",
            outlet="Example & Co",
            folder="World / Asia",
            line=5,
        ),
        BadOutline(line=8, why='feed "no address" has no address (xmlUrl)'),
        BadOutline(line=9, why='"ftp://b.example/" is no http or https address'),
    ]


def test_addresses_are_taken_as_in_feeds_yaml() -> None:
    given = [
        "feed://a.example/x",
        "http://b.example/x",
        "https://u:p@c.example:99999/",
        "d.example",
    ]
    body = "".join(f"<outline text='x' xmlUrl='{url}'/>" for url in given)
    *good, port, bare = read_opml(f"<opml><body>{body}</body></opml>".encode())
    assert [outline.url for outline in good] == ["http://a.example/x", "http://b.example/x"]
    assert [port.why, bare.why] == [
        '"https://***@c.example:99999/": no such port; they go from 1 to 65535',
        '"d.example" is no http or https address: did you mean "https://d.example"?',
    ]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty, not OPML"),
        (b"\xef\xbb\xbf\n", "empty, not OPML"),
        (b"my feeds", r"not OPML: no XML either \(line 1, column 1: syntax error\)"),
        (b' {"feeds": []}', "JSON, not OPML"),
        (b"<opml>\n<body>", "broken XML, line 2, column 7: no element found"),
        (b"<opml>\n<outline text=x/></opml>", "broken XML, line 2, column 15: not well-formed"),
        (b"<html><body/></html>", "line 1: an HTML page, not OPML"),
        (b"<!doctype html><p>x", "an HTML page, not OPML"),
        (b"<rss/>", "line 1: a feed, not a list of feeds"),
        (b"<playlist/>", "<playlist> is no OPML"),
        (b"\xff\xfe\x00", "line 1"),
        (b'<?xml version="1.0" encoding="no-such"?><opml/>', "unknown encoding"),
        (b'<!DOCTYPE opml [<!ENTITY a "b">]><opml>&a;</opml>', "declares entities"),
        (
            b'<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml>&a;</opml>',
            "declares entities",
        ),
        (b'<!DOCTYPE opml [<!ENTITY % a "b"> %a;]><opml/>', "declares entities"),
        (b"<opml>" + b"<outline>" * MAX_DEPTH, f"more than {MAX_DEPTH} levels deep"),
        (b" " * (8 * 2**20 + 1), "larger than 8 MB"),
    ],
)
def test_what_is_no_opml_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(NotOpml, match=why):
        read_opml(body)


def test_an_external_dtd_is_not_fetched() -> None:
    body = b'<!DOCTYPE opml SYSTEM "http://127.0.0.1:9/x.dtd"><opml><body/></opml>'
    assert read_opml(body) == []


NAMES = st.text(max_size=60).map(lambda text: " ".join(text.split()))
PATHS = st.text("abc/?&=;%'\"<>é", max_size=20).map(lambda path: f"https://a.example/{path}")


@given(st.lists(st.tuples(NAMES, PATHS), max_size=8), NAMES)
def test_what_is_written_reads_back(given: list[tuple[str, str]], title: str) -> None:
    feeds = [Feed(id=f"f{n}", outlet=name, url=url) for n, (name, url) in enumerate(given)]
    read = read_opml(write_opml(feeds, title=title).encode())
    assert [outline.url for outline in read] == [feed.url for feed in feeds]
    for outline, feed in zip(read, feeds, strict=True):
        legal = "".join(c for c in feed.outlet or feed.id if c >= " " and c not in "\ufffe\uffff")
        assert outline.outlet == " ".join(legal.split())


@given(st.binary(max_size=200))
def test_nothing_else_than_a_refusal_comes_of_any_bytes(body: bytes) -> None:
    for raw in (body, b"<opml>" + body):
        with contextlib.suppress(NotOpml):
            read_opml(raw)
