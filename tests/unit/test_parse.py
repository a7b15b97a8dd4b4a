"""monitor.feeds.reading.parse: what feedparser is given, and what it may say."""

from pathlib import Path

import pytest
from stubs.outlet import Entry, rss

from monitor.feeds.reading.guard import NotAFeed
from monitor.feeds.reading.parse import parse

FEED = rss(
    Entry(title="One", guid="1", link="http://outlet.example/1"),
    Entry(title="Two", guid="2", link="http://outlet.example/2"),
    title="Wire",
)


def test_a_feed_gives_title_and_entries() -> None:
    document = parse(FEED)
    assert document.title == "Wire"
    assert [entry["title"] for entry in document.entries] == ["One", "Two"]


def test_atom_gives_language_and_entries() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="hi"><title>T</title>
    <entry><id>a</id><title>One</title><link href="/1"/></entry></feed>"""
    document = parse(body, url="http://outlet.example/feed")
    assert document.lang == "hi"
    assert len(document.entries) == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<!doctype html><html><body><p>Sign in</p></body></html>", "an HTML page"),
        (b"<HTML><title>404</title></HTML>", "an HTML page"),
        (b"<note>hello</note>", "no feed in it"),
        (b"", "empty"),
        (b'{"items": []}', "neither XML nor JSON in it"),
        (b"\x00\x01\x02", "neither XML nor JSON in it"),
        (b"http://127.0.0.1:1/feed.xml", "neither XML nor JSON in it"),
    ],
)
def test_no_feed_is_refused_by_name(body: bytes, says: str) -> None:
    with pytest.raises(NotAFeed, match=says):
        parse(body)


def test_an_empty_feed_is_a_feed() -> None:
    assert parse(rss()).entries == []


def test_a_truncated_feed_keeps_its_whole_entries() -> None:
    cut = FEED[: FEED.index(b"<title>Two") + 8]
    assert parse(cut).entries[0]["title"] == "One"


def test_malformed_xml_drops_nothing() -> None:
    body = FEED.replace(b"One", b"One & <b>only").replace(b"\n</rss>", b"")
    assert [entry["title"][:3] for entry in parse(body).entries] == ["One", "Two"]


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_body_that_is_a_path_is_never_opened(tmp_path: Path, scheme: str) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_bytes(FEED)
    with pytest.raises(NotAFeed):
        parse(f"{scheme}{feed}".encode())


def test_external_entities_are_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    doctype = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>'.encode()
    body = FEED.replace(b"<rss", doctype + b"<rss", 1).replace(b"One", b"&x;")
    assert all("hunter2" not in str(entry) for entry in parse(body).entries)


def test_the_charset_of_the_server_counts() -> None:
    body = "<rss version='2.0'><channel><item><title>Страна</title></item></channel></rss>"
    told = "application/rss+xml; charset=windows-1251"
    document = parse(body.encode("windows-1251"), content_type=told)
    assert document.entries[0]["title"] == "Страна"


@pytest.mark.parametrize("told", ["", "; charset=utf-16"])
def test_utf16_is_read_whatever_the_server_says(told: str) -> None:
    body = FEED.replace(b"UTF-8", b"UTF-16").decode().replace("One", "Страна").encode("utf-16")
    assert parse(body, content_type=f"text/xml{told}").entries[0]["title"] == "Страна"


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ("utf-7", ""),
        ("utf-7'", ""),
        ("utf-8", "application/xml; Charset = 'utf-7'"),
        ("unicode_escape", ""),
        ("cp037", "text/xml; charset=cp037"),
    ],
)
def test_no_encoding_hides_a_doctype(declared: str, told: str) -> None:
    doctype = b'+ADwAIQBE-OCTYPE rss [<!ENTITY a "xxxxxxxxxx">]>'
    if declared == "unicode_escape":
        doctype = doctype.replace(b"+ADwAIQBE-", rb"\x3c!D")
    body = f'<?xml version="1.0" encoding="{declared}"?>'.encode() + doctype
    body += b"<rss version='2.0'><item><title>" + b"&a;" * 50 + b"</title></item></rss>"
    assert "xxx" not in str(parse(body, content_type=told).entries)


def test_a_body_that_lies_about_utf16_is_read() -> None:
    lies = FEED.replace(b"UTF-8", b"UTF-16")
    assert parse(lies, content_type="text/xml").entries[0]["title"] == "One"
    assert parse(lies, content_type="text/xml; charset=utf-16").entries[0]["title"] == "One"


@pytest.mark.parametrize("bad", [b"&#xD800;", b"&#0;", b"&#x&#0;D800;", b"&#99999999999;"])
def test_a_reference_to_no_character_costs_nothing_else(bad: bytes) -> None:
    assert len(parse(FEED.replace(b"One", b"One " + bad)).entries) == 2
