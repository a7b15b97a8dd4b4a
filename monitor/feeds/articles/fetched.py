"""Fetched: items that are a headline and no more get the text of their pages, if it comes soon.

In: the new items of a poll, before they are published.  Out: the same items in the same order,
some with `text`.  Invariants: no headline waits longer than `PATIENCE_S`; whatever fails leaves its
item as it was; `payload_hash` stays that of the feed's entry, so that the next poll sees no change.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from monitor.feeds.articles.headlines import wants_article
from monitor.feeds.articles.robots import (
    Allows,
    RobotsRules,
    allow_none,
    read_robots,
    robots_url,
    rules_for,
)
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import Failed, Fetched, Later, Retrieved
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.parsers.frames import Job, Read
from monitor.feeds.parsers.pool import Parsers
from monitor.feeds.reading.article import MAX_PAGE_BYTES
from streams.item import Item, cut

log = logging.getLogger("wirewatch.poll")

PATIENCE_S = 5.0
"""For all pages of one poll: news is told with its text, or after this long without it."""

MAX_PAGES_PER_POLL = 10
"""Asked of an outlet in one go; the items beyond stay headlines."""

Get = Callable[[str, Feed], Awaitable[Fetched]]
"""An unconditional GET of what a feed links to: guarded as the feed is, without its secret."""

Extract = Callable[[bytes, str], Awaitable[str]]
"""`article_text` in a parser process: page and address in, text out; empty where it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """What articles are got with; one for each process, which it remembers hosts' rules for."""

    get: Get
    extract: Extract
    robots: RobotsRules = field(default_factory=RobotsRules)
    now_s: Callable[[], float] = time.monotonic


def pages_by(fetcher: Fetcher, parsers: Parsers) -> Pages:
    """Pages got by the process's own fetcher and read by its parsers."""

    def get(url: str, feed: Feed) -> Awaitable[Fetched]:
        return fetcher.fetch(url, allow_private=feed.allow_private)

    async def extract(html: bytes, url: str) -> str:
        job = Job(body=html, url=url, feed=Feed(id=""), now=datetime.now(UTC), article=True)
        answer = await parsers.read(job)
        return answer.text if isinstance(answer, Read) else ""

    return Pages(get=get, extract=extract)


async def with_articles(items: Sequence[Item], feed: Feed, pages: Pages) -> list[Item]:
    """The items, those that want an article with its text if it came within `PATIENCE_S`."""
    wanted = [item for item in items if wants_article(item, feed)][:MAX_PAGES_PER_POLL]
    if not wanted:
        return list(items)
    texts: dict[str, str] = {}
    try:
        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as hosts:
            for where, of_host in _by_host(wanted).items():
                hosts.create_task(_ask_host(where, of_host, feed, pages, texts))
    except TimeoutError:
        pass  # what has come is in `texts`
    except ExceptionGroup as failed:  # the headlines are told, whatever the program's mistake
        log.exception("feed %s: articles failed", feed.id, exc_info=failed)
    log.info("feed %s: %d of %d articles came", feed.id, len(texts), len(wanted))
    return [_with_text(item, texts.get(item.id, "")) for item in items]


def _with_text(item: Item, text: str) -> Item:
    return cut(replace(item, text=text)) if len(text) > len(item.text) else item


def _by_host(items: Sequence[Item]) -> dict[str, list[Item]]:
    """Items by the address of the robots.txt that holds for them."""
    hosts: dict[str, list[Item]] = {}
    for item in items:
        hosts.setdefault(robots_url(item.url), []).append(item)
    return hosts


async def _ask_host(
    where: str, items: Sequence[Item], feed: Feed, pages: Pages, texts: dict[str, str]
) -> None:
    """Puts into `texts`, by item, what comes; what has come stays when time is up."""
    allows = await _rules(where, feed, pages)
    async with asyncio.TaskGroup() as tasks:
        for item in items:
            if allows(item.url):
                tasks.create_task(_ask(item, feed, pages, texts))


async def _ask(item: Item, feed: Feed, pages: Pages, texts: dict[str, str]) -> None:
    page = await _get(item.url, feed, pages)
    if not isinstance(page, Retrieved) or not _is_html(page):
        return
    text = await pages.extract(page.body[:MAX_PAGE_BYTES], page.url)
    if text:
        texts[item.id] = text


async def _get(url: str, feed: Feed, pages: Pages) -> Fetched:
    """The answer in the host's turn, `Later` where that would be too late."""
    while True:
        answer = await pages.get(url, feed)
        if not isinstance(answer, Later) or answer.wait_s >= PATIENCE_S:
            return answer
        await asyncio.sleep(answer.wait_s)


async def _rules(where: str, feed: Feed, pages: Pages) -> Allows:
    known = pages.robots.known(where, pages.now_s())
    if known is not None:
        return known
    answer = await _get(where, feed, pages)
    match answer:
        case Retrieved():
            allows = await asyncio.to_thread(read_robots, answer.body)
        case Failed():
            allows = rules_for(answer.status)
        case _:  # not asked: nothing is learned
            return allow_none
    pages.robots.learn(where, allows, pages.now_s())
    return allows


def _is_html(page: Retrieved) -> bool:
    kind = page.content_type.partition(";")[0].strip().lower()
    return kind in {"", "text/html", "application/xhtml+xml"}
