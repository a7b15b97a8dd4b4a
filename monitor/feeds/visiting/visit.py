"""Visit: feeds asked once, as a poll would, with nothing remembered and nothing published.

In: feeds.  Out: what each answered, as items, or why there are none.  Invariant: one bad feed
never ends the rest; a private address is asked only where the feed allows it.
"""

import asyncio
import os
import re
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Self

from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import (
    Failed,
    Fetched,
    Later,
    NotModified,
    Retrieved,
    Trouble,
)
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.fetching.redacted import redacted_url
from monitor.feeds.fetching.secrets import Secret
from monitor.feeds.fetching.session import NOT_PUBLIC
from monitor.feeds.parsers.frames import Harmed, Job, Read, Unreadable
from monitor.feeds.parsers.pool import Parsers
from monitor.feeds.reading.entries import Dropped
from monitor.feeds.reading.parse import A_PAGE
from monitor.feeds.reading.plain import plain
from monitor.feeds.visiting.verdict import Facts, Level, Verdict, judge, unreadable
from streams.item import Item

VISITS_AT_ONCE = 20
"""Feeds under way; each host is asked by two connections at most."""

TURN_WITHIN_S = 120.0
"""So long a visit waits for its host's turn: over a hundred feeds of one outlet, a second apart."""

NO_SECRETS: Mapping[str, Secret] = {}
NONE_CLOSED: Mapping[str, str] = {}

_ROOT = re.compile(rb"<\s*(?:[A-Za-z]\w*:)?(rss|feed|RDF|urlset)\b", re.IGNORECASE)
_FORMATS = {b"rss": "rss", b"feed": "atom", b"rdf": "rdf", b"urlset": "sitemap"}
_HEAD_BYTES = 65_536
"""In which the root of a document is looked for, and in which its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A feed that could be read; `title` is its own.

    `moved_to` is where permanent redirects led, whole: `facts` has it as people may see it.
    """

    facts: Facts
    title: str
    entries: Sequence[Item | Dropped]
    moved_to: str = ""


class Way(StrEnum):
    """What helps where there is no feed."""

    NONE = ""
    AUTH = "auth"
    """It asks for a secret and was not given any."""
    ALLOW_PRIVATE = "allow_private"
    """It lies at a private address, which is not asked unasked."""
    ADD = "add"
    """It is a page, which may name feeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unvisited:
    """No feed; `page` is what was there in its place, at `url`, empty if nothing came."""

    facts: Facts
    why: str
    way: Way = Way.NONE
    page: bytes = b""
    url: str = ""


class Visits:
    """Visits as many feeds as one likes, from `async with` on.

    `secrets` are by feed id; `closed` says of feeds whose secret is missing, why: they are not
    asked.  `contact` stands in the User-Agent.
    """

    def __init__(
        self,
        *,
        contact: str = "",
        secrets: Mapping[str, Secret] = NO_SECRETS,
        closed: Mapping[str, str] = NONE_CLOSED,
    ) -> None:
        self.closed = closed
        self._fetcher = Fetcher(contact=contact)
        self._parsers = Parsers()
        self._secrets = secrets
        self._places = asyncio.Semaphore(VISITS_AT_ONCE)

    async def __aenter__(self) -> Self:
        await self._fetcher.__aenter__()
        await self._parsers.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._parsers.__aexit__(None, None, None)
        await self._fetcher.__aexit__()

    async def visit(self, feed: Feed) -> Visited | Unvisited:
        """What the feed's address answers to an unconditional GET, in its host's turn."""
        give_up = time.monotonic() + TURN_WITHIN_S
        secret = self._secrets.get(feed.id)
        while True:
            async with self._places:
                begun = time.monotonic()
                fetched = await self._fetcher.fetch(
                    feed.url, secret=secret, allow_private=feed.allow_private
                )
                facts = _facts(fetched, time.monotonic() - begun)
                if isinstance(fetched, Retrieved):
                    return await self._read(feed, fetched, facts)
            if not isinstance(fetched, Later) or begun + fetched.wait_s > give_up:
                way = _way(fetched, closed=secret is None)
                return Unvisited(facts=facts, why=_why(fetched), way=way)
            await asyncio.sleep(fetched.wait_s)

    async def _read(self, feed: Feed, fetched: Retrieved, facts: Facts) -> Visited | Unvisited:
        job = Job(
            body=fetched.body,
            url=fetched.url,
            content_type=fetched.content_type,
            feed=feed,
            now=datetime.now(UTC),
        )
        match await self._parsers.read(job):
            case Read() as read:
                facts = replace(facts, ttl_s=read.ttl_s)
                return Visited(
                    facts=facts,
                    title=plain(read.title),
                    entries=read.entries,
                    moved_to=_moved_to(fetched),
                )
            case Unreadable(why) | Harmed(why):
                way = Way.ADD if why == A_PAGE else Way.NONE
                return Unvisited(facts=facts, why=why, way=way, page=fetched.body, url=fetched.url)


def check_feeds(feeds: Sequence[Feed], visits: Visits) -> Generator[Verdict]:
    """The verdicts on the feeds, in their order; `visits` is not entered yet.

    Whoever does not take all of them closes it: what is under way needs a loop to end on.
    """

    async def begin() -> list[asyncio.Task[Verdict]]:
        await visits.__aenter__()
        return [asyncio.create_task(_verdict(visits, feed)) for feed in feeds]

    async def done(task: asyncio.Task[Verdict]) -> Verdict:
        return await task

    with asyncio.Runner() as runner:
        try:
            for task in runner.run(begin()):
                yield runner.run(done(task))
        finally:
            runner.run(visits.__aexit__())


async def _verdict(visits: Visits, feed: Feed) -> Verdict:
    if feed.folder:
        return _of_folder(feed)
    if feed.id in visits.closed:
        return unreadable(feed, visits.closed[feed.id], Facts(took_s=0.0))
    seen = await visits.visit(feed)
    if isinstance(seen, Unvisited):
        return unreadable(feed, f"{seen.why}{_advice(feed, seen.way)}", seen.facts)
    return judge(feed, seen.facts, seen.entries, datetime.now(UTC))


def _advice(feed: Feed, way: Way) -> str:
    match way:
        case Way.ALLOW_PRIVATE:
            return "; for a feed on your own network say allow_private: true"
        case Way.ADD:
            return f"; `wirewatch feeds add {redacted_url(feed.url)}` looks for the feeds it names"
        case Way.AUTH:
            return "; what opens it belongs into auth"
        case Way.NONE:
            return ""


def _way(fetched: NotModified | Later | Failed, *, closed: bool) -> Way:
    """What helps; `closed`: no secret was sent."""
    match fetched:
        case Failed(trouble=Trouble.REFUSED, why=why) if NOT_PUBLIC in why:
            return Way.ALLOW_PRIVATE
        case Failed(status=HTTPStatus.UNAUTHORIZED) if closed:
            return Way.AUTH
        case _:
            return Way.NONE


def _of_folder(feed: Feed) -> Verdict:
    """A folder must be there, and files must be takeable out of it."""
    path = Path(feed.folder)
    facts = Facts(took_s=0.0, format="folder")
    if not path.is_dir():
        return unreadable(feed, f"{path} is no folder", facts)
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return unreadable(feed, f"{path} cannot be read and written", facts)
    return Verdict(feed=feed.id, verdict=Level.FINE, status=0, took_s=0.0, format=facts.format)


def _facts(fetched: Fetched, took_s: float) -> Facts:
    if not isinstance(fetched, Retrieved):
        return Facts(took_s=round(took_s, 3), status=_status(fetched))
    kind, whole = shape(fetched.body)
    validators = fetched.validators
    return Facts(
        took_s=round(took_s, 3),
        status=200,
        moved_to=redacted_url(moved) if (moved := _moved_to(fetched)) else "",
        size_bytes=len(fetched.body),
        format=kind,
        whole=whole,
        validators=bool(validators.etag or validators.last_modified),
    )


def _status(fetched: NotModified | Later | Failed) -> int:
    return fetched.status if isinstance(fetched, Failed) else 0


def _moved_to(fetched: Retrieved) -> str:
    """Where the fetch ended, if every redirect on its way was permanent."""
    hops = fetched.hops
    return fetched.url if hops and all(hop.permanent for hop in hops) else ""


def _why(fetched: NotModified | Later | Failed) -> str:
    if isinstance(fetched, NotModified):
        return "304 to a question without conditions"
    return fetched.why


def shape(body: bytes) -> tuple[str, bool]:
    """How the document is written, empty where unknown, and whether its root is closed."""
    head = body[:_HEAD_BYTES].replace(b"\0", b"")  # UTF-16 reads like ASCII without them
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return "json feed", True
    root = _ROOT.search(head)
    if root is None:
        return "", True
    tail = body[-_HEAD_BYTES:].replace(b"\0", b"").lower()
    name = root[1].lower()
    return _FORMATS[name], re.search(rb"</\s*(?:\w+:)?" + name + rb"\s*>", tail) is not None
