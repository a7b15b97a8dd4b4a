"""monitor.feeds.fetching.fetch against a real HTTP server on loopback."""

import gzip
from collections.abc import AsyncIterator
from math import inf

import aiohttp
import pytest
from stubs.outlet import AUTO, OutletStub

from monitor.embedded.children import free_port
from monitor.feeds.fetching.fetch import (
    MAX_BODY_BYTES,
    MAX_REDIRECTS,
    Failed,
    NotModified,
    Retrieved,
    Validators,
    fetch,
    open_session,
)

STAMP = "Wed, 07 Sep 2016 10:00:00 GMT"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as opened:
        yield opened


async def test_a_body_comes_with_its_validators(
    outlet: OutletStub, session: aiohttp.ClientSession
) -> None:
    outlet.serve("/a", "<rss/>", etag='"v1"', last_modified=STAMP)
    assert await fetch(session, outlet.url("/a")) == Retrieved(
        body=b"<rss/>",
        url=outlet.url("/a"),
        content_type="application/rss+xml",
        validators=Validators('"v1"', STAMP),
    )
    asked = outlet.requests[0].headers
    assert asked["User-Agent"].startswith("wirewatch/")
    assert "If-None-Match" not in asked
    assert "If-Modified-Since" not in asked


@pytest.mark.parametrize("validators", [Validators('"v1"', STAMP), Validators("", STAMP)])
async def test_unchanged_is_304(
    outlet: OutletStub, session: aiohttp.ClientSession, validators: Validators
) -> None:
    outlet.serve("/a", "<rss/>", etag='"v1"', last_modified=STAMP)
    assert await fetch(session, outlet.url("/a"), validators) == NotModified()
    outlet.serve("/a", "<rss>2</rss>", etag='"v2"', last_modified="Thu, 08 Sep 2016 10:00:00 GMT")
    assert isinstance(await fetch(session, outlet.url("/a"), validators), Retrieved)


async def test_404_fails_at_once(outlet: OutletStub, session: aiohttp.ClientSession) -> None:
    assert await fetch(session, outlet.url("/none")) == Failed(why="HTTP 404 Not Found")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), ("0", 0), ("-5", 0), ("soon", 0), ("²", 0), (STAMP, 0), ("9" * 400, inf)],
)
async def test_429_says_how_long_to_wait(
    outlet: OutletStub, session: aiohttp.ClientSession, header: str, seconds: float
) -> None:
    outlet.serve("/a", b"", status=429, headers={"Retry-After": header})
    failed = await fetch(session, outlet.url("/a"))
    assert failed == Failed(why="HTTP 429 Too Many Requests", retry_after_s=seconds)


async def test_a_redirect_is_followed_and_a_loop_ends(
    outlet: OutletStub, session: aiohttp.ClientSession
) -> None:
    outlet.serve("/old", b"", status=301, headers={"Location": "/new"})
    outlet.serve("/new", "<rss/>", etag=AUTO)
    moved = await fetch(session, outlet.url("/old"))
    assert isinstance(moved, Retrieved)
    assert moved.url == outlet.url("/new")
    outlet.serve("/loop", b"", status=302, headers={"Location": "/loop"})
    assert await fetch(session, outlet.url("/loop")) == Failed(
        why=f"more than {MAX_REDIRECTS} redirects"
    )
    assert len([r for r in outlet.requests if r.path == "/loop"]) <= MAX_REDIRECTS + 1


async def test_a_redirect_to_a_file_is_refused(
    outlet: OutletStub, session: aiohttp.ClientSession
) -> None:
    outlet.serve("/a", b"", status=302, headers={"Location": "file:///etc/passwd"})
    assert isinstance(await fetch(session, outlet.url("/a")), Failed)


async def test_a_gzip_bomb_is_cut_off(outlet: OutletStub, session: aiohttp.ClientSession) -> None:
    zipped = {"Content-Encoding": "gzip"}
    outlet.serve("/bomb", gzip.compress(b" " * (MAX_BODY_BYTES * 4)), headers=zipped)
    assert await fetch(session, outlet.url("/bomb")) == Failed(why="larger than 8 MB")
    outlet.serve("/fits", gzip.compress(b" " * MAX_BODY_BYTES), headers=zipped)
    assert isinstance(await fetch(session, outlet.url("/fits")), Retrieved)
    outlet.serve("/broken", b"no gzip at all", headers=zipped)
    assert isinstance(await fetch(session, outlet.url("/broken")), Failed)


@pytest.mark.parametrize("url", ["http://", "nonsense", "ftp://outlet.example/a", "http://[::1"])
async def test_no_address_is_a_failure(session: aiohttp.ClientSession, url: str) -> None:
    assert isinstance(await fetch(session, url), Failed)


async def test_connection_refused(session: aiohttp.ClientSession) -> None:
    failed = await fetch(session, f"http://127.0.0.1:{free_port()}/")
    assert isinstance(failed, Failed)
    assert failed.why.startswith("cannot connect: ")
