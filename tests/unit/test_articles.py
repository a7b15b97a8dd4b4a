"""Full text: for headlines only, within bounds, as robots.txt allows, over a real server."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from stubs.outlet import OutletStub

from monitor.feeds import articles
from monitor.feeds.articles import MAX_PAGES_PER_POLL, Pages, with_articles
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.headlines import wants_article
from monitor.feeds.reading.article import MAX_PAGE_BYTES, article_text
from monitor.feeds.robots import (
    KEPT_S,
    MAX_HOSTS,
    UNANSWERED_KEPT_S,
    RobotsRules,
    allow_all,
    allow_none,
    read_robots,
    robots_url,
    rules_for,
)
from streams.item import Item, Kind

FEED = Feed(id="a", url="https://a.example", full_text=True)
FIRST = (
    "The United States will not impose sanctions against Pakistan, a spokesman said on Wednesday."
)
SECOND = "The spokesman told reporters in Washington that talks between the two sides would go on."
PAGE = (
    "<html><head><title>T</title></head><body><nav><a href=/>Home</a></nav><article><h1>T</h1>"
    f"<p>{FIRST}\u202e</p><p>{SECOND} R&amp;D &lt;b&gt;</p></article>"
    "<footer>© A</footer></body></html>"
)


def item(n: int, url: str = "https://a.example/1", **more: object) -> Item:
    return Item(id=f"a/{n}", url=url, title="T", payload_hash="h", **more)


def test_only_news_that_is_a_headline_wants_its_article() -> None:
    assert wants_article(item(1), FEED)
    assert wants_article(item(1, summary="x" * 99), FEED)
    assert not wants_article(item(1, summary="x" * 50, text="y" * 50), FEED)
    assert not wants_article(item(1), Feed(id="a", url="https://a.example"))
    assert not wants_article(item(1, url=""), FEED)
    assert not wants_article(item(1, baseline=True), FEED)
    assert not wants_article(item(1, kind=Kind.CANCELLED), FEED)


def test_the_text_of_a_page_is_plain_paragraphs() -> None:
    text = article_text(PAGE.encode(), "https://a.example/1")
    assert text.splitlines()[-2:] == [FIRST, f"{SECOND} R&D <b>"]
    assert "Home" not in text


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"\x00\xff",
        b"/etc/passwd",
        b"http://127.0.0.1/",
        b"<html></html>",
        b"<div>" * 50_000,
        b"<" * 100_000,
        b"%PDF-1.7",
        b"x" * (MAX_PAGE_BYTES + 10),
    ],
)
def test_whatever_a_page_is_the_answer_is_a_text(page: bytes) -> None:
    assert len(article_text(page, "https://a.example/1")) <= MAX_PAGE_BYTES


def test_robots_say_who_may_read_what() -> None:
    rules = read_robots(b"\xef\xbb\xbfUser-agent: *\nDisallow: /paid\n\nUser-agent: x\nDisallow: /")
    assert rules("https://a.example/news")
    assert not rules("https://a.example/paid/1")
    assert not read_robots(b"User-agent: wirewatch\nDisallow: /")("https://a.example/news")
    assert read_robots(b"\xff\x00<html>")("https://a.example/news")


def test_no_robots_is_a_permission_and_no_answer_is_none() -> None:
    assert rules_for(404) is allow_all
    assert rules_for(403) is allow_all
    assert {rules_for(status) for status in (0, 429, 500, 503)} == {allow_none}
    assert robots_url("https://u:p@a.example:8/x?y#z") == "https://a.example:8/robots.txt"


def test_rules_are_kept_a_day_and_not_for_ever_many_hosts() -> None:
    rules = RobotsRules()
    rules.learn("a", allow_all, 0.0)
    rules.learn("b", allow_none, 0.0)
    assert rules.known("a", KEPT_S - 1) is allow_all
    assert rules.known("b", UNANSWERED_KEPT_S - 1) is allow_none
    assert rules.known("a", KEPT_S) is None
    assert rules.known("b", UNANSWERED_KEPT_S) is None
    for n in range(MAX_HOSTS):
        rules.learn(str(n), allow_all, 0.0)
    assert rules.known("a", 0.0) is None


Make = Callable[..., Pages]


@pytest.fixture
async def pages(outlet: OutletStub) -> AsyncIterator[Make]:
    """Pages over a real session; `extract` as the parser process does it."""
    async with Fetcher() as fetcher:

        async def extract(html: bytes, url: str) -> str:
            return article_text(html, url)

        def make(extract: Callable[[bytes, str], Awaitable[str]] = extract) -> Pages:
            return Pages(get=lambda url, _: fetcher.fetch(url, allow_private=True), extract=extract)

        yield make


async def test_headlines_come_with_their_text(outlet: OutletStub, pages: Make) -> None:
    outlet.serve("/1", PAGE, content_type="text/html; charset=utf-8")
    outlet.serve("/pdf", "%PDF", content_type="application/pdf")
    long = item(4, outlet.url("/1"), summary="x" * 200)
    given = [item(1, outlet.url("/1")), item(2, outlet.url("/gone")), item(3, outlet.url("/pdf"))]
    means = pages()
    got = await with_articles([*given, long], FEED, means)
    assert FIRST in got[0].text
    assert got[0].payload_hash == "h"
    assert got[1:] == [*given[1:], long]
    await with_articles(given, FEED, means)
    assert len(outlet.wait_for("/robots.txt", 1, 5)) == 1  # one question a day, not one a page


async def test_robots_keep_us_out(outlet: OutletStub, pages: Make) -> None:
    outlet.serve("/robots.txt", "User-agent: *\nDisallow: /1", content_type="text/plain")
    outlet.serve("/1", PAGE, content_type="text/html")
    given = [item(1, outlet.url("/1"))]
    assert await with_articles(given, FEED, pages()) == given
    assert [each.path for each in outlet.requests] == ["/robots.txt"]


async def test_no_more_pages_than_allowed_are_asked(outlet: OutletStub, pages: Make) -> None:
    given = [item(n, outlet.url(f"/{n}")) for n in range(MAX_PAGES_PER_POLL + 5)]
    assert await with_articles(given, FEED, pages()) == given
    assert len(outlet.requests) == MAX_PAGES_PER_POLL + 1


async def test_a_feed_that_does_not_ask_for_it_asks_nothing(
    outlet: OutletStub, pages: Make
) -> None:
    given = [item(1, outlet.url("/1"))]
    assert await with_articles(given, Feed(id="a", url="https://a"), pages()) == given
    assert outlet.requests == []


async def test_no_headline_waits_for_long(
    outlet: OutletStub, pages: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(articles, "PATIENCE_S", 1.0)
    outlet.serve("/1", PAGE, content_type="text/html")
    outlet.serve("/2", PAGE, content_type="text/html", delay_s=60)
    given = [item(1, outlet.url("/1")), item(2, outlet.url("/2"))]
    begun = time.monotonic()
    got = await with_articles(given, FEED, pages())
    assert time.monotonic() - begun < 30
    assert FIRST in got[0].text  # what has come is kept
    assert got[1] == given[1]


async def test_a_mistake_of_ours_costs_no_headline(outlet: OutletStub, pages: Make) -> None:
    outlet.serve("/1", PAGE, content_type="text/html")

    async def breaks(*_: object) -> str:
        await asyncio.sleep(0)
        raise RuntimeError("broken")

    given = [item(1, outlet.url("/1"))]
    assert await with_articles(given, FEED, pages(breaks)) == given
