"""Feeds: bodies of outlets in, items out; hostile and broken ones included."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stubs.outlet import Entry, rss

from monitor.feeds.feed import Feed
from monitor.feeds.reading.canonical import canonical, web_url
from monitor.feeds.reading.dates import read_date
from monitor.feeds.reading.entries import Dropped, DropReason, read_entries
from monitor.feeds.reading.guard import NotAFeed, guard
from monitor.feeds.reading.parse import parse
from monitor.feeds.reading.plain import MAX_TAGS, one_line, paragraphs, plain
from monitor.feeds.state.changes import Changes, find_changes
from monitor.feeds.state.known import Known
from streams.item import MAX_ITEM_CHARS, Item, Kind, Precision

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def entries(body: bytes) -> list[Item | Dropped]:
    return read_entries(parse(body), Feed(id="f"), NOW)


def items(body: bytes) -> list[Item]:
    return [entry for entry in entries(body) if isinstance(entry, Item)]


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        ("Wed, 07 Sep 2016 10:00:00 +0530", "2016-09-07T04:30:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 GMT+5:30", "2016-09-07T04:30:00Z"),
        ("2016-09-07 10:00:00 +0530", "2016-09-07T04:30:00Z"),
        ("2016-09-07T10:00:00.123456+05:30", "2016-09-07T04:30:00Z"),
        ("Wed, 7 Sep 2016 10:00 IST", "2016-09-07T04:30:00Z"),
        ("Wed, 07 Sep 2016 10:00:00 EST", "2016-09-07T15:00:00Z"),
        ("2016/09/07 10:00:00", "2016-09-07T10:00:00Z"),
        ("20160907T100000Z", "2016-09-07T10:00:00Z"),
        ("September 7, 2016 10:00 PM", "2016-09-07T22:00:00Z"),
        ("11 February 2017", "2017-02-11"),
        ("Mon, 01 Jan 0001 00:00:00 GMT", "2026-11-23T12:00:00Z"),
        ("Sep 7, 2030 1:00 pm", "2026-11-23T12:00:00Z"),
        ("Wed, 31 Feb 2016 10:00:00 GMT", None),
        ("1473242400", "2016-09-07T10:00:00Z"),
        ("soon", None),
    ],
)
def test_dates(raw: str, at: str | None) -> None:
    clock = read_date(raw, NOW)
    assert (clock.at if clock else None) == at
    if clock:
        assert (clock.precision is Precision.DATE) == (len(clock.at) == 10)
        assert clock.clamped == (at == "2026-11-23T12:00:00Z")


@given(st.text(max_size=40))
def test_any_date_is_read_within_bounds_or_not_at_all(raw: str) -> None:
    clock = read_date(raw, NOW)
    assert clock is None or 1990 <= clock.moment.year <= 2026


def test_an_entry_becomes_an_item() -> None:
    body = rss(
        Entry(
            "AT&amp;T <b>wins</b>\u202e",
            "g1",
            "https://a.example/x?utm_source=rss&id=5#top",
            summary="<p>One.</p><p>Two.</p><script>evil()</script>",
            published="11 February 2017",
            author="News Agencies",
        )
    )
    [item] = items(body)
    assert (item.title, item.summary, item.credit) == ("AT&T wins", "One.\nTwo.", "News Agencies")
    assert item.canonical_url == "https://a.example/x?id=5"
    assert item.published is not None
    assert (item.published.at, item.updated) == ("2017-02-11", None)
    assert item.id.startswith("f/")


def test_identity_and_drops() -> None:
    body = rss(
        Entry("One", "same", "https://a.example/1"),
        Entry("Two", "same", "https://a.example/2"),
        Entry("One", "same", "https://a.example/1"),
        Entry("", "empty", "https://a.example/3"),
        Entry("No link", "", "javascript:alert(1)"),
    )
    read = entries(body)
    assert [e.reason for e in read if isinstance(e, Dropped)] == [
        DropReason.REPEATED,
        DropReason.EMPTY,
    ]
    found = items(body)
    assert len({i.id for i in found}) == len(found) == 3
    assert found[-1].url == ""
    assert [i.id for i in found] == [i.id for i in items(body)]


def test_a_huge_item_is_cut_not_refused() -> None:
    [item] = items(rss(Entry("Big", "b", "https://a.example/b", summary="word " * 300_000)))
    assert item.text_cut
    assert len(item.summary) + len(item.text) <= 2 * MAX_ITEM_CHARS


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"{}", "neither XML nor JSON in it"),
        (b"<html><body>Log in</body></html>", "an HTML page, not a feed"),
        (b"/etc/passwd", "neither XML nor JSON in it"),
        (b"\n" * 80_000 + b"x", "neither XML nor JSON in it"),
    ],
)
def test_what_is_no_feed(body: bytes, why: str) -> None:
    with pytest.raises(NotAFeed, match=why):
        parse(body)


def test_the_guard_is_linear_and_drops_doctypes() -> None:
    feed = rss(Entry("One", "1", "https://a.example/1"))
    bomb = b'<!DOCTYPE r [\n<!ENTITY a "%b">\n]>\n' % (b"x" * 100_000)
    late = b"<!-- <!DOCTYPE fake --><?xml version='1.0'?>" + b"\n" * 80_000
    start = time.process_time()
    for prolog in (bomb, late):
        [item] = items(prolog + feed.split(b"?>", 1)[1])
        assert item.title == "One"
    assert time.process_time() - start < 2  # unguarded: 20 s
    assert b"DOCTYPE" not in guard(bomb + feed)
    assert items(feed.decode().replace("UTF-8", "UTF-16").encode("utf-16"))[0].title == "One"


def test_links() -> None:
    assert web_url("file:///etc/passwd") == web_url("javascript:x") == web_url("http://[::1") == ""
    assert canonical("HTTPS://A.example:443/x?fbclid=1&Id=2") == "https://a.example/x?Id=2"
    assert canonical("https://a.example/#!/x") == "https://a.example/#!/x"


@given(st.text(max_size=60))
def test_plain_text_shows_nothing_hidden(html: str) -> None:
    text = plain(html)
    assert not set(text) & set("\u202e\u200b\x00\n")
    assert text == text.strip()


HTML = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<br>", "<br/> ", "<li>", "<b>", "</b>", "\n", "\n \n", " ", "a"]
    )
    | st.text(max_size=3),
    max_size=30,
).map("".join)


@given(HTML, st.sampled_from(["", "<b>" * MAX_TAGS]))
def test_paragraphs_are_the_same_words_on_lines(html: str, many: str) -> None:
    text = paragraphs(many + html)
    assert one_line(text) == plain(many + html)
    assert text.split("\n") == [one_line(line) for line in text.split("\n")]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One.</p><p>Two <b>b</b>.", "One.\nTwo b."),
        ("One.<br>More.<br/> <br>Two.", "One. More.\nTwo."),
        ("One.\nMore.\n \n\nTwo &amp; three.", "One. More.\nTwo & three."),
        ("<p>One.\n\nMore.</p>", "One. More."),
        ("<ul><li>One<li>Two</ul><h2>Three</h2>Four", "One\nTwo\nThree\nFour"),
        ("<i>" * MAX_TAGS + "<P class='x'>One.</P><div>Two.", "One.\nTwo."),
    ],
)
def test_a_paragraph_is_a_line(html: str, text: str) -> None:
    assert paragraphs(html) == text


def test_an_item_keeps_its_paragraphs_and_its_feeds_tier() -> None:
    summary = "<![CDATA[<p>One.</p><p>Two.</p>]]>"
    body = rss(Entry("A<br><br>B", "1", "https://a.example/1")).replace(
        b"</item>", f"<description>{summary}</description></item>".encode()
    )
    [item] = read_entries(parse(body), Feed(id="f", tier=2), NOW)
    assert isinstance(item, Item)
    assert (item.summary, item.tier) == ("One.\nTwo.", 2)
    assert "\n" not in item.title


def test_another_layout_of_the_same_words_is_no_change() -> None:
    def window(summary: str) -> list[Item]:
        return items(rss(Entry("T", "g", "https://a.example/1", summary=summary)))

    before, after = window("<p>One.</p><p>Two.</p>"), window("One. Two.")
    assert before[0].summary != after[0].summary
    assert before[0].payload_hash == after[0].payload_hash
    assert changed(after, known(before)).publish == ()


def test_content_that_says_what_the_summary_says_is_left_out() -> None:
    body = rss(Entry("T", "g", "https://a.example/1", summary="One. Two.")).replace(
        b"</item>",
        b"<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
        b"&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</content:encoded></item>",
    )
    assert items(body)[0].text == ""


def changed(found: list[Item], before: dict[str, Known], *, again: bool = False) -> Changes:
    return find_changes(found, before, feed=Feed(id="f"), now=NOW, again=again)


def known(found: list[Item]) -> dict[str, Known]:
    return dict(changed(found, {}).known)


def test_changes() -> None:
    window = items(rss(*(Entry(f"T{n}", f"g{n}", f"https://a.example/{n}") for n in range(9))))
    assert [i.kind for i in changed(window, {}).publish] == [Kind.NEW] * 9
    assert changed(window, known(window)).publish == ()
    moved = [replace(window[0], title="T0 changed", payload_hash="x"), *window[1:]]
    [update] = changed(moved, known(window)).publish
    assert (update.id, update.kind, update.rev) == (window[0].id, Kind.UPDATE, 2)
    cosmetic = [replace(window[0], title="t0!", payload_hash="y"), *window[1:]]
    assert changed(cosmetic, known(window)).publish == ()
    later = {**known(window), **changed(moved, known(window)).known}
    assert [i.rev for i in changed(moved, later, again=True).publish] == [2] + [1] * 8


def test_a_path_as_body_opens_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_bytes(rss(Entry("Secret", "s", "https://a.example/s")))
    with pytest.raises(NotAFeed):
        parse(str(secret).encode())
