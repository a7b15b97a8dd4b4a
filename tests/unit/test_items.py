"""monitor.feeds.reading.entries, misread and plain: what an entry's item says."""

import sys
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.feed import Feed
from monitor.feeds.reading.document import Document
from monitor.feeds.reading.entries import Dropped, DropReason, read_entries
from monitor.feeds.reading.misread import captions_apart
from monitor.feeds.reading.parse import MAX_ADDRESS_CHARS, parse
from monitor.feeds.reading.plain import HIDDEN, plain
from streams.decision import Reason
from streams.item import MAX_FIELD_CHARS, Clock, Item, Precision

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FEED = Feed(id="f", outlet="The Paper", url="https://a.example/rss")
HEAD = (
    '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:m="http://search.yahoo.com/mrss" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0">'
)


def rss(*entries: str, lang: str = "") -> bytes:
    language = f"<language>{lang}</language>" if lang else ""
    inner = "".join(f"<item>{entry}</item>" for entry in entries)
    return f"{HEAD}<channel><title>T</title>{language}{inner}</channel></rss>".encode()


def items(body: bytes, feed: Feed = FEED) -> list[Item]:
    return [i for i in read_entries(parse(body), feed, NOW) if isinstance(i, Item)]


def item(entry: str, feed: Feed = FEED, lang: str = "") -> Item:
    [found] = items(rss(entry, lang=lang), feed)
    return found


def test_a_feed_that_calls_itself_a_book_costs_its_entries_little() -> None:
    named = rss("<title>One</title>").replace(b"<title>T<", b"<title>" + b"word " * 200_000 + b"<")
    [found] = items(named, Feed(id="f", url=FEED.url))
    assert 0 < len(found.outlet) <= MAX_FIELD_CHARS


def test_the_golden_story() -> None:
    found = item(
        "<title>Will not impose sanctions against Pakistan on terror: US</title>"
        "<link>https://www.paper.example/world/x?utm_source=rss</link>"
        "<guid isPermaLink='false'>27</guid><dc:creator>News Agencies</dc:creator>"
        "<pubDate>Wed, 07 Sep 2016 10:00:00 IST</pubDate><dc:date>11/02/2017</dc:date>"
        "<media:content url='https://a.example/x.jpg'><media:description>A file photo"
        "</media:description></media:content>"
        "<description>WASHINGTON: The US will not.</description>"
    )
    assert found.title == "Will not impose sanctions against Pakistan on terror: US"
    assert (found.credit, found.outlet) == ("News Agencies", "The Paper")
    assert (found.summary, found.text) == ("WASHINGTON: The US will not.", "")
    assert found.published is not None
    assert found.published.at == "2016-09-07T04:30:00Z"
    assert found.updated == Clock(at="2017-02-11", raw="11/02/2017", precision=Precision.DATE)
    assert found.canonical_url == "https://www.paper.example/world/x"


CAPTION = "<media:description type='html'>Caption</media:description>"


@pytest.mark.parametrize(
    ("entry", "summary", "text"),
    [
        (f"{CAPTION}<description>Text</description>", "Text", ""),
        (f"<description>Text</description>{CAPTION}", "Text", ""),
        (f"<media:content url='x'>{CAPTION}</media:content><description>T</description>", "T", ""),
        (f"<media:group>{CAPTION}</media:group><description>T</description>", "T", ""),
        ("<m:description>Caption</m:description><description>Text</description>", "Text", ""),
        (f"<media:description/>{CAPTION}<description>Text</description>", "Text", ""),
        (
            f"{CAPTION}<content:encoded>Full text</content:encoded><description>T</description>",
            "T",
            "Full text",
        ),
        ("<description>T</description><content:encoded>T</content:encoded>", "T", ""),
        (f"<media:content medium='image' url='x'>{CAPTION}</media:content>", "", ""),
        (f"<media:content medium='video' url='x'>{CAPTION}</media:content>", "Caption", ""),
    ],
)
def test_a_caption_is_no_summary(entry: str, summary: str, text: str) -> None:
    found = item(f"<title>T</title><link>https://a.example/1</link>{entry}")
    assert (found.summary, found.text) == (summary, text)


def test_every_content_is_text_once() -> None:
    contents = [{"value": value} for value in ("<p>One.</p>", "<p>Two.</p>", "One.", "Sum.")]
    document = Document(
        title="", lang="", entries=[{"title": "T", "summary": "Sum.", "content": contents}]
    )
    [found] = read_entries(document, FEED, NOW)
    assert isinstance(found, Item)
    assert (found.summary, found.text) == ("Sum.", "One.\nTwo.")


@pytest.mark.parametrize(
    ("entry", "lang", "own", "expected"),
    [
        ("<title>T</title><dc:language>ur</dc:language>", "en", "fr", "ur"),
        ("<title>T</title>", "en_IN", "fr", "en-IN"),
        ("<title xml:lang='hi'>T</title>", "en", "", "hi"),
        ("<title>T</title>", "", "fr", "fr"),
        ("<title>T</title>", "English (India)", "", ""),
    ],
)
def test_the_language_declared(entry: str, lang: str, own: str, expected: str) -> None:
    assert item(entry, Feed(id="f", language=own), lang).lang == expected


def test_dates_of_a_feed_with_a_zone() -> None:
    feed = Feed(id="f", timezone="Asia/Kolkata")
    found = item("<title>T</title><pubDate>7/9/2016 10:00 AM</pubDate>", feed, "en-us")
    assert found.published is not None
    assert found.published.at == "2016-09-07T04:30:00Z"


@pytest.mark.parametrize(
    ("entry", "url", "alt_ids"),
    [
        ("<guid>https://a.example/1</guid>", "https://a.example/1", ()),
        ("<guid isPermaLink='false'>https://a.example/1</guid>", "", ()),
        ("<guid>tag:1</guid>", "", ()),
        (
            "<link>https://feeds.example/~r/1</link>"
            "<feedburner:origLink>https://a.example/1</feedburner:origLink>",
            "https://a.example/1",
            (),
        ),
        ("<guid>1</guid><dc:identifier>urn:x:1</dc:identifier>", "", ("urn:x:1",)),
    ],
)
def test_addresses_and_other_ids(entry: str, url: str, alt_ids: tuple[str, ...]) -> None:
    found = item(f"<title>T</title>{entry}")
    assert (found.url, found.alt_ids) == (url, alt_ids)


def test_identity_is_stable_over_polls() -> None:
    entries = [
        "<title>A</title><guid isPermaLink='false'>1</guid>",
        "<title>B</title><guid isPermaLink='false'>2</guid><link>https://a.example/2</link>",
        "<title>C</title><guid isPermaLink='false'>2</guid><link>https://a.example/3</link>",
        "<title>D</title><link>https://a.example/4?utm_source=a</link>",
        "<title>E</title><pubDate>Wed, 07 Sep 2016 10:00:00 GMT</pubDate>",
        "<title>E</title><pubDate>Thu, 08 Sep 2016 10:00:00 GMT</pubDate>",
    ]
    before = [i.id for i in items(rss(*entries))]
    assert len(set(before)) == len(entries)
    entries[3] = "<title>D, updated</title><link>https://a.example/4</link>"
    entries[4] = entries[4].replace("10:00:00", "18:00:00")
    assert [i.id for i in items(rss(*reversed(entries)))] == before[::-1]


class Broken(Mapping[str, Any]):
    """An entry that no code foresaw."""

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError(f"no {key} \ud800")

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_an_entry_that_cannot_be_read_costs_no_other() -> None:
    entries = [{"title": "One"}, Broken(), {"title": "Two"}]
    one, broken, two = read_entries(Document(title="", lang="", entries=entries), FEED, NOW)
    assert isinstance(one, Item)
    assert isinstance(two, Item)
    assert isinstance(broken, Dropped)
    assert broken.reason is DropReason.UNREADABLE
    assert broken.item.ednote.startswith("entry 2: RuntimeError: no")
    assert broken.item.id not in {one.id, two.id}


def test_each_drop_has_its_reason() -> None:
    assert {reason.value for reason in DropReason} <= {reason.value for reason in Reason}


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("AT&amp;T &#8217;s", "AT&T ’s"),
        ("<b>AT&amp;amp;T</b> &amp;#8217;s", "AT&T ’s"),
        ("AT&T", "AT&T"),
        ("a?b=1&copy=2&reg=3", "a?b=1&copy=2&reg=3"),
        ("1 &lt; 2", "1 < 2"),
        ("<b>write &amp;lt; for</b>", "write &lt; for"),
        ("no\u200bn\u202ee\x00", "none"),
        ("می\u200cخواهم क्\u200dष", "می\u200cخواهم क्\u200dष"),
        ("cafe\u0301", "café"),
    ],
)
def test_text_as_a_reader_sees_it(html: str, text: str) -> None:
    assert plain(html) == text


def test_what_is_hidden_is_what_unicode_says() -> None:
    hidden = {"Cc", "Cf", "Cs", "Co"}
    kept = {"\u200c", "\u200d"}
    for char in map(chr, range(sys.maxunicode + 1)):
        category = unicodedata.category(char)
        expected = category in hidden and not char.isspace() and char not in kept
        if bool(HIDDEN.match(char)) is not expected:
            assert category == "Cn", hex(ord(char))  # not assigned yet in this Python's tables


def test_endless_marks_are_cut() -> None:
    assert len(plain("a" + "\u0300\u0316" * 100_000)) < 100


LONG = "a." * 3_000 + "@"


@pytest.mark.parametrize(
    "author",
    [
        f"<author>{LONG}</author>",
        f"<dc:creator><![CDATA[{LONG}]]></dc:creator>",
        f"<author>x <![CDATA[{LONG}]]></author>",
        f"<author><!-- x -->{LONG}</author>",
        f"<author><?x?>{LONG}</author>",
        f"<author>{'<![CDATA[a.]]>' * 3_000}</author>",
        f"<author>{'a&#46;' * 3_000}</author>",
        f"<author{' ' * 600}>{LONG}</author>",
        f"<dc:contributor>{LONG}</dc:contributor><dc:publisher>{LONG}</dc:publisher>",
        f"<author>{LONG}</author><description>&nbsp;</description>",
    ],
)
def test_names_are_short_when_feedparser_looks_into_them(author: str) -> None:
    [entry] = parse(rss(f"<title>T</title>{author}")).entries
    texts = [str(entry.get(key) or "") for key in ("author", "contributor", "publisher")]
    assert any(texts)
    assert max(map(len, texts)) <= len("x @") + MAX_ADDRESS_CHARS


def test_a_long_list_of_names_is_cut() -> None:
    [found] = items(rss(f"<title>T</title><dc:creator>{'Jané &amp; ' * 500}</dc:creator>"))
    assert found.credit.startswith("Jané & Jané")
    assert len(found.credit) <= MAX_FIELD_CHARS


@given(st.binary(max_size=200))
def test_documents_without_captions_stay_as_they_are(body: bytes) -> None:
    assert captions_apart(body) == body
