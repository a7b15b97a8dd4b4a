"""Full text: for headlines only, within bounds, as robots.txt allows, over a real server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from stubs.outlet import OutletStub

from monitor.feeds.articles import fetched as articles
from monitor.feeds.articles.fetched import MAX_PAGES_PER_POLL, Pages, pages_by, with_articles
from monitor.feeds.articles.headlines import wants_article
from monitor.feeds.articles.robots import (
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
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import UNCONDITIONAL, Fetched, Later, Retrieved
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.parsers.pool import Parsers
from monitor.feeds.reading.article import MAX_PAGE_BYTES, article_text
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


@pytest.mark.parametrize("delay", ["9" * 5_000, "²"])
def test_robots_that_cannot_be_read_allow_nothing(delay: str) -> None:
    rules = read_robots(f"User-agent: *\nCrawl-delay: {delay}".encode())
    assert not rules("https://a.example/news")


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


PRIVATE = replace(FEED, allow_private=True)


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    """Pages by a real fetcher and a real parser process."""
    async with Fetcher() as fetcher, Parsers() as parsers:
        yield pages_by(fetcher, parsers)


async def test_headlines_come_with_their_text(outlet: OutletStub, pages: Pages) -> None:
    outlet.serve("/1", PAGE, content_type="text/html; charset=utf-8")
    outlet.serve("/pdf", "%PDF", content_type="application/pdf")
    long = item(4, outlet.url("/1"), summary="x" * 200)
    given = [item(1, outlet.url("/1")), item(2, outlet.url("/gone")), item(3, outlet.url("/pdf"))]
    got = await with_articles([*given, long], PRIVATE, pages)
    assert FIRST in got[0].text
    assert got[0].payload_hash == "h"
    assert got[1:] == [*given[1:], long]
    await with_articles(given, PRIVATE, pages)
    assert len(outlet.wait_for("/robots.txt", 1, 5)) == 1  # one question a day, not one a page


async def test_robots_keep_us_out(outlet: OutletStub, pages: Pages) -> None:
    outlet.serve("/robots.txt", "User-agent: *\nDisallow: /1", content_type="text/plain")
    outlet.serve("/1", PAGE, content_type="text/html")
    given = [item(1, outlet.url("/1"))]
    assert await with_articles(given, PRIVATE, pages) == given
    assert [each.path for each in outlet.requests] == ["/robots.txt"]


async def test_no_more_pages_than_allowed_are_asked(outlet: OutletStub, pages: Pages) -> None:
    given = [item(n, outlet.url(f"/{n}")) for n in range(MAX_PAGES_PER_POLL + 5)]
    assert await with_articles(given, PRIVATE, pages) == given
    assert len(outlet.requests) == MAX_PAGES_PER_POLL + 1


async def test_a_feed_that_does_not_ask_for_it_asks_nothing(
    outlet: OutletStub, pages: Pages
) -> None:
    given = [item(1, outlet.url("/1"))]
    assert await with_articles(given, Feed(id="a", url="https://a"), pages) == given
    assert outlet.requests == []


async def test_no_headline_waits_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(articles, "PATIENCE_S", 2.0)

    async def get(url: str, _: Feed) -> Fetched:
        await asyncio.sleep(600 if url.endswith("/2") else 0)
        if url.endswith("/3"):
            return Later(wait_s=600, why="its host asked for a pause")
        kind = "text/html"
        return Retrieved(body=b"", url=url, content_type=kind, validators=UNCONDITIONAL)

    async def extract(*_: object) -> str:
        return FIRST

    given = [item(n, f"https://a.example/{n}") for n in (1, 2, 3)]
    got = await with_articles(given, FEED, Pages(get=get, extract=extract))
    assert got == [replace(given[0], text=FIRST), *given[1:]]  # what has come is kept


async def test_a_mistake_of_ours_costs_no_headline(outlet: OutletStub, pages: Pages) -> None:
    outlet.serve("/1", PAGE, content_type="text/html")

    async def breaks(*_: object) -> str:
        await asyncio.sleep(0)
        raise RuntimeError("broken")

    given = [item(1, outlet.url("/1"))]
    assert await with_articles(given, PRIVATE, replace(pages, extract=breaks)) == given


async def test_a_feed_of_the_internet_leads_to_no_private_address(
    outlet: OutletStub, pages: Pages
) -> None:
    outlet.serve("/1", PAGE, content_type="text/html")
    given = [item(1, outlet.url("/1"))]
    assert await with_articles(given, FEED, pages) == given
    assert outlet.requests == []
