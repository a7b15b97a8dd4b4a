"""monitor.feeds.fetching.fetcher against real servers on loopback."""

import logging
import resource
import ssl
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import aiodns
import aiohttp
import brotli
import pytest
from stubs.certificates import Certificates
from stubs.names import Names
from stubs.outlet import AUTO, OutletStub
from stubs.raw import answering
from stubs.turns import Clock

from monitor.embedded.children import free_port
from monitor.feeds.fetching.answers import (
    Failed,
    Fetched,
    Hop,
    Later,
    NotModified,
    Retrieved,
    Trouble,
    Validators,
)
from monitor.feeds.fetching.fetcher import MAX_BODY_BYTES, MAX_REDIRECTS, Fetcher
from monitor.feeds.fetching.hosts import Hosts
from monitor.feeds.fetching.secrets import read_secret
from monitor.feeds.fetching.session import Sessions

STAMP = "Wed, 07 Sep 2016 10:00:00 GMT"
GROWTH_MOST_KB = 50 * 1024


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(contact="https://desk.example/about", proxies={}) as opened:
        yield opened


@pytest.fixture
def second() -> Iterator[OutletStub]:
    """Another origin."""
    with OutletStub() as server:
        yield server


async def get(fetcher: Fetcher, url: str, **given: object) -> Fetched:
    return await fetcher.fetch(url, allow_private=True, **given)  # type: ignore[arg-type]


def trouble(fetched: Fetched) -> Trouble:
    assert isinstance(fetched, Failed), fetched
    return fetched.trouble


async def test_a_body_comes_with_what_the_server_said(outlet: OutletStub, fetcher: Fetcher) -> None:
    said = {
        "Cache-Control": "public, max-age=300",
        "Age": "60",
        "Link": '<https://hub.example/>; rel="hub", </a>; rel=self',
    }
    outlet.serve("/a", "<rss/>", etag='"v1"', last_modified=STAMP, headers=said)
    assert await get(fetcher, outlet.url("/a#top")) == Retrieved(
        body=b"<rss/>",
        url=outlet.url("/a"),
        content_type="application/rss+xml",
        validators=Validators('"v1"', STAMP),
        max_age_s=240,
        links={"hub": "https://hub.example/", "self": outlet.url("/a")},
    )
    asked = outlet.requests[0].headers
    assert asked["User-Agent"].startswith("wirewatch/")
    assert "+https://desk.example/about" in asked["User-Agent"]
    assert asked["Accept-Encoding"] == "gzip, br"
    assert asked["A-IM"] == "feed"
    assert {"If-None-Match", "If-Modified-Since", "Cookie"}.isdisjoint(asked)


async def test_unchanged_is_304(outlet: OutletStub, fetcher: Fetcher) -> None:
    outlet.serve("/a", "<rss/>", etag='"v1"', last_modified=STAMP)
    for known in (Validators('"v1"', STAMP), Validators("", STAMP)):
        assert await get(fetcher, outlet.url("/a"), validators=known) == NotModified()
    changed = Validators('"v2"')
    assert isinstance(await get(fetcher, outlet.url("/a"), validators=changed), Retrieved)


async def test_304_without_being_asked_is_no_answer(fetcher: Fetcher) -> None:
    async with answering(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n") as url:
        assert trouble(await get(fetcher, url)) is Trouble.SOFT


async def test_a_delta_says_so(fetcher: Fetcher) -> None:
    head = b"HTTP/1.1 226 IM Used\r\nIM: feed\r\nContent-Length: 6\r\n\r\n"
    async with answering(head, b"<rss/>") as url:
        got = await get(fetcher, url)
    assert isinstance(got, Retrieved)
    assert got.delta


async def test_cookies_are_not_kept(outlet: OutletStub, fetcher: Fetcher) -> None:
    outlet.serve("/a", "<rss/>", headers={"Set-Cookie": "a=1"})
    for _ in range(2):
        await get(fetcher, outlet.url("/a"))
    assert not any("Cookie" in request.headers for request in outlet.requests)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (204, Trouble.SOFT),
        (206, Trouble.SOFT),
        (300, Trouble.HARD),
        (400, Trouble.HARD),
        (401, Trouble.HARD),
        (403, Trouble.HARD),
        (404, Trouble.HARD),
        (408, Trouble.SOFT),
        (410, Trouble.GONE),
        (425, Trouble.SOFT),
        (429, Trouble.BUSY),
        (451, Trouble.HARD),
        (500, Trouble.SOFT),
        (502, Trouble.SOFT),
        (503, Trouble.BUSY),
        (599, Trouble.SOFT),
    ],
)
async def test_statuses(outlet: OutletStub, fetcher: Fetcher, status: int, kind: Trouble) -> None:
    outlet.serve("/a", b"", status=status)
    failed = await get(fetcher, outlet.url("/a"))
    assert trouble(failed) is kind
    assert failed.status == status  # type: ignore[union-attr]


async def test_a_challenge_is_told_apart(outlet: OutletStub, fetcher: Fetcher) -> None:
    for status in (403, 503):
        outlet.serve("/a", b"", status=status, headers={"cf-mitigated": "challenge"})
        assert trouble(await get(fetcher, outlet.url("/a"))) is Trouble.CHALLENGED


async def test_the_server_s_own_words_are_not_repeated(fetcher: Fetcher) -> None:
    async with answering(b"HTTP/1.1 404 <!channel> hi\r\nContent-Length: 0\r\n\r\n") as url:
        assert await get(fetcher, url) == Failed(
            why="HTTP 404 Not Found", trouble=Trouble.HARD, status=404
        )


# --- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_and_told(
    outlet: OutletStub, fetcher: Fetcher, status: int
) -> None:
    outlet.serve("/old", b"", status=status, headers={"Location": "new?a=b#frag"})
    outlet.serve("/new", "<rss/>", etag=AUTO)
    got = await get(fetcher, outlet.url("/old"))
    assert isinstance(got, Retrieved)
    assert got.hops == (Hop(status, outlet.url("/new?a=b")),)
    assert got.hops[0].permanent == (status in {301, 308})
    assert str(got.hops[0]) == repr(got.hops[0]) == f"{status} {outlet.url('/new')}?a=***"
    assert got.validators.url == got.url == outlet.url("/new?a=b")


async def test_redirects_end(outlet: OutletStub, fetcher: Fetcher) -> None:
    for n in range(MAX_REDIRECTS + 1):
        outlet.serve(f"/{n}", b"", status=302, headers={"Location": f"/{n + 1}"})
    outlet.serve(f"/{MAX_REDIRECTS + 1}", "<rss/>")
    assert isinstance(await get(fetcher, outlet.url("/1")), Retrieved)
    assert await get(fetcher, outlet.url("/0")) == Failed(
        why=f"more than {MAX_REDIRECTS} redirects", trouble=Trouble.HARD, status=302
    )
    outlet.serve("/x", b"", status=301, headers={"Location": "/y"})
    outlet.serve("/y", b"", status=301, headers={"Location": "/x#again"})
    assert await get(fetcher, outlet.url("/x")) == Failed(
        why="redirects in a circle", trouble=Trouble.HARD, status=301
    )
    assert [r.path for r in outlet.requests if r.path in {"/x", "/y"}] == ["/x", "/y"]


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("", Trouble.HARD),
        ("file:///etc/passwd", Trouble.REFUSED),
        ("gopher://127.0.0.1/", Trouble.REFUSED),
        ("javascript:alert(1)", Trouble.REFUSED),
        ("http://[::1", Trouble.REFUSED),
        ("http://a:99999/", Trouble.REFUSED),
        ("\x80\xff", Trouble.HARD),
    ],
)
async def test_redirects_to_nowhere(
    outlet: OutletStub, fetcher: Fetcher, location: str, kind: Trouble
) -> None:
    outlet.serve("/a", b"", status=302, headers={"Location": location})
    assert trouble(await get(fetcher, outlet.url("/a"))) is kind


async def test_validators_go_to_the_address_they_belong_to(
    outlet: OutletStub, second: OutletStub, fetcher: Fetcher
) -> None:
    outlet.serve("/a", b"", status=301, headers={"Location": second.url("/b")})
    second.serve("/b", "<rss/>", etag='"v1"')
    first = await get(fetcher, outlet.url("/a"))
    assert isinstance(first, Retrieved)
    again = await get(fetcher, outlet.url("/a"), validators=first.validators)
    assert again == NotModified((Hop(301, second.url("/b")),))
    await get(fetcher, outlet.url("/a"), validators=Validators('"of a"'))
    assert ["If-None-Match" in r.headers for r in outlet.requests] == [False, False, True]
    assert ["If-None-Match" in r.headers for r in second.requests] == [False, True, False]


@pytest.mark.parametrize("secret", ["user:pass word", "Bearer t0ken", "X-Api-Key: k3y"])
async def test_a_secret_goes_to_its_own_origin_only(
    outlet: OutletStub, second: OutletStub, fetcher: Fetcher, secret: str
) -> None:
    held = read_secret(secret)
    outlet.serve("/a", b"", status=302, headers={"Location": "/b"})
    outlet.serve("/b", b"", status=307, headers={"Location": second.url("/c")})
    second.serve("/c", b"", status=302, headers={"Location": outlet.url("/d")})
    outlet.serve("/d", "<rss/>")
    assert isinstance(await get(fetcher, outlet.url("/a"), secret=held), Retrieved)
    assert [r.headers[held.header] for r in outlet.requests] == [held.value] * 3
    assert held.header not in second.requests[0].headers


async def test_who_moved_away_from_a_secret_is_told(
    outlet: OutletStub, second: OutletStub, fetcher: Fetcher
) -> None:
    outlet.serve("/a", b"", status=301, headers={"Location": second.url("/b?token=abc")})
    second.serve("/b", b"", status=401)
    failed = await get(fetcher, outlet.url("/a"), secret=read_secret("user:password"))
    assert isinstance(failed, Failed)
    assert failed.why == (
        f"HTTP 401 Unauthorized: it moved to http://127.0.0.1:{second.port}, "
        "which is not told the feed's secret"
    )


async def test_credentials_in_an_address_are_sent_but_not_kept(
    outlet: OutletStub, second: OutletStub, fetcher: Fetcher
) -> None:
    outlet.serve("/a", b"", status=302, headers={"Location": f"http://x:y@{second.url('/b')[7:]}"})
    second.serve("/b", "<rss/>")
    url = outlet.url("/a").replace("http://", "http://us%40er:s3cret%21@")
    got = await get(fetcher, url)
    assert isinstance(got, Retrieved)
    assert got.url == second.url("/b")
    login = b64encode(b"us@er:s3cret!").decode()
    assert outlet.requests[0].headers["Authorization"] == f"Basic {login}"
    assert "Authorization" not in second.requests[0].headers
    given = read_secret("Bearer other")
    await get(fetcher, url, secret=given)
    assert outlet.requests[1].headers["Authorization"] == "Bearer other"


# --- bounded


def _zipped(pieces: int) -> Iterator[bytes]:
    packer, piece = zlib.compressobj(9, zlib.DEFLATED, 31), bytes(1 << 20)
    for _ in range(pieces):
        yield packer.compress(piece)
    yield packer.flush()


def _brotli(pieces: int) -> Iterator[bytes]:
    packer, piece = brotli.Compressor(quality=5), bytes(1 << 20)
    for _ in range(pieces):
        yield packer.process(piece)
    yield packer.finish()


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", _zipped), ("br", _brotli)])
async def test_a_bomb_is_cut_off(fetcher: Fetcher, encoding: str, pack: object) -> None:
    bomb = b"".join(pack(200))  # type: ignore[operator]  # 200 MB
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(bomb)}\r\n\r\n"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with answering(head.encode(), bomb) as url:
        assert await get(fetcher, url) == Failed(
            why="larger than 8 MB", trouble=Trouble.TOO_LARGE, status=200
        )
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWTH_MOST_KB
    fits = b"".join(pack(MAX_BODY_BYTES >> 20))  # type: ignore[operator]
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(fits)}\r\n\r\n"
    async with answering(head.encode(), fits) as url:
        got = await get(fetcher, url)
    assert isinstance(got, Retrieved)
    assert len(got.body) == MAX_BODY_BYTES


async def test_an_endless_body_is_cut_off(fetcher: Fetcher) -> None:
    endless = (b"x" * 65_536 for _ in range(10**9))
    async with answering(b"HTTP/1.1 200 OK\r\n\r\n", repeat=endless) as url:
        assert trouble(await get(fetcher, url)) is Trouble.TOO_LARGE


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_what_cannot_be_inflated(outlet: OutletStub, fetcher: Fetcher, encoding: str) -> None:
    outlet.serve("/a", b"not packed at all", headers={"Content-Encoding": encoding})
    assert trouble(await get(fetcher, outlet.url("/a"))) is Trouble.UNREADABLE


async def test_a_drip_is_cut_off(outlet: OutletStub) -> None:
    outlet.serve("/a", "x" * 1_000, drip=True)
    outlet.serve("/to", b"", status=302, headers={"Location": "/a"})
    async with Fetcher(proxies={}, total_s=0.5) as fetcher:
        for path in ("/a", "/to"):
            assert await get(fetcher, outlet.url(path)) == Failed(
                why="no complete answer within 0 s"
            )


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly this",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"",
    ],
)
async def test_what_breaks_off_is_soft(fetcher: Fetcher, answer: bytes) -> None:
    async with answering(answer) as url:
        assert trouble(await get(fetcher, url)) is Trouble.SOFT


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
async def test_what_is_no_http(fetcher: Fetcher, answer: bytes) -> None:
    async with answering(answer) as url:
        assert await get(fetcher, url) == Failed(
            why="its answer is no HTTP", trouble=Trouble.UNREADABLE
        )


async def test_long_headers_are_taken(fetcher: Fetcher) -> None:
    policy = b"Content-Security-Policy: " + b"x" * 20_000 + b"\r\n"
    async with answering(b"HTTP/1.1 200 OK\r\n", policy, b"Content-Length: 2\r\n\r\nok") as url:
        assert isinstance(await get(fetcher, url), Retrieved)


# --- no connection


class Away(Names):
    """A resolver that fails as aiodns does."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code

    async def resolve(self, host: str, port: int = 0, family: object = 0) -> list:  # type: ignore[override,type-arg]
        raise OSError(None, "failed") from aiodns.error.DNSError(self.code, "failed")


@pytest.mark.parametrize(
    ("resolver", "kind"),
    [
        (Names(), Trouble.DNS),
        (Away(aiodns.error.ARES_ENOTFOUND), Trouble.DNS),
        (Away(aiodns.error.ARES_ENODATA), Trouble.DNS),
        (Away(aiodns.error.ARES_ETIMEOUT), Trouble.SOFT),
        (Away(aiodns.error.ARES_ESERVFAIL), Trouble.SOFT),
        (Away(aiodns.error.ARES_ECONNREFUSED), Trouble.SOFT),
    ],
)
async def test_no_such_name_and_no_name_server_are_two_things(
    resolver: Names, kind: Trouble
) -> None:
    async with Fetcher(proxies={}, resolver=resolver) as fetcher:
        failed = await fetcher.fetch("http://nobody.example/?key=s3cret")
    assert trouble(failed) is kind
    assert "nobody.example" in failed.why  # type: ignore[union-attr]
    assert "s3cret" not in repr(failed)


async def test_names_are_looked_up_by_aiodns(outlet: OutletStub, fetcher: Fetcher) -> None:
    outlet.serve("/a", "<rss/>")
    assert isinstance(fetcher._sessions.resolver, aiohttp.AsyncResolver)
    assert isinstance(await get(fetcher, f"http://localhost:{outlet.port}/a"), Retrieved)


async def test_a_certificate_nobody_vouches_for_is_hard(fetcher: Fetcher, tmp_path: Path) -> None:
    held = Certificates(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(held.server_both)
    async with answering(b"HTTP/1.1 200 OK\r\n\r\n", context=context) as url:
        failed = await get(fetcher, url)
    assert trouble(failed) is Trouble.HARD
    assert failed.why == "TLS: unable to get local issuer certificate"  # type: ignore[union-attr]


async def test_connection_refused(fetcher: Fetcher) -> None:
    failed = await get(fetcher, f"http://127.0.0.1:{free_port()}/?key=s3cret")
    assert trouble(failed) is Trouble.SOFT
    assert failed.why.startswith("cannot connect: ")  # type: ignore[union-attr]
    assert "s3cret" not in repr(failed)


async def test_no_tls_is_hard(outlet: OutletStub, fetcher: Fetcher) -> None:
    failed = await get(fetcher, outlet.url("/a").replace("http", "https"))
    assert trouble(failed) is Trouble.HARD
    assert failed.why.startswith("TLS: ")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "url", ["", "http://", "nonsense", "ftp://outlet.example/a", "http://[::1", "http://a:b/"]
)
async def test_no_address_is_refused(fetcher: Fetcher, url: str) -> None:
    assert trouble(await fetcher.fetch(url)) is Trouble.REFUSED


# --- polite


def _named(clock: Clock, outlet: OutletStub) -> tuple[Hosts, Fetcher]:
    """A fetcher for which every `*.example` is the outlet, at an address that counts as public."""
    names = Names(a_paper_example=["127.0.0.1"], b_paper_example=["127.0.0.1"])
    hosts = Hosts(clock=clock, draw=lambda: 0.0)
    return hosts, Fetcher(proxies={}, hosts=hosts, resolver=names, public=lambda _: True)


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (429, "120", 120),
        (503, "7", 7),
        (429, "9" * 400, 86_400),
        (429, format_datetime(datetime.now(UTC) + timedelta(days=9), usegmt=True), 86_400),
        (429, "soon", 600),
        (503, STAMP, 600),
        (429, "-5", 600),
    ],
)
async def test_retry_after_holds_for_the_whole_host(
    outlet: OutletStub, status: int, header: str, seconds: float
) -> None:
    outlet.serve("/a", b"", status=status, headers={"Retry-After": header})
    outlet.serve("/b", "<rss/>")
    clock = Clock()
    hosts, opened = _named(clock, outlet)
    async with opened as fetcher:
        failed = await fetcher.fetch(f"http://a.paper.example:{outlet.port}/a")
        assert trouble(failed) is Trouble.BUSY
        assert failed.retry_after_s == seconds  # type: ignore[union-attr]
        assert failed.site == "paper.example"  # type: ignore[union-attr]
        other = f"http://b.paper.example:{outlet.port}/b"
        assert await fetcher.fetch(other) == Later(
            wait_s=seconds, why="paper.example asked for a pause"
        )
        clock.now += seconds
        assert isinstance(await fetcher.fetch(other), Retrieved)
    assert len(outlet.requests) == 2
    assert hosts.blocked_s("paper.example") == 0


async def test_turns_are_given_back(outlet: OutletStub) -> None:
    clock = Clock()
    _, opened = _named(clock, outlet)
    async with opened as fetcher:
        for path in ("/a", "/missing") * 3:
            clock.now += 1
            outlet.serve("/a", b"", status=302, headers={"Location": "/b"})
            outlet.serve("/b", "<rss/>")
            assert not isinstance(
                await fetcher.fetch(f"http://a.paper.example:{outlet.port}{path}"), Later
            )
    assert len(outlet.requests) == 9


async def test_one_s_own_network_takes_no_turns(outlet: OutletStub) -> None:
    hosts = Hosts(clock=Clock(), draw=lambda: 0.0)
    outlet.serve("/a", b"", status=503)
    async with Fetcher(proxies={}, hosts=hosts) as fetcher:
        for _ in range(5):
            assert await get(fetcher, outlet.url("/a")) == Failed(
                why="HTTP 503 Service Unavailable", trouble=Trouble.BUSY, status=503
            )


# --- nothing is shown


async def test_no_log_line_shows_a_secret(
    outlet: OutletStub, fetcher: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outlet.serve("/to", b"", status=302, headers={"Location": "/none?token=t0ken"})
    url = outlet.url("/to?key=k3y").replace("http://", "http://user:s3cret@")
    answers = [
        await get(fetcher, url),
        await fetcher.fetch(url),
        await get(fetcher, url.replace(str(outlet.port), str(free_port()))),
        await fetcher.fetch("http://user:s3cret@[::1?key=k3y"),
        await fetcher.fetch("ftp://user:s3cret@host/?key=k3y"),
        await fetcher.fetch("http://user:s3cret@2130706433/?key=k3y"),
    ]
    shown = caplog.text + repr(answers)
    assert all(isinstance(answer, Failed) for answer in answers)
    for secret in ("s3cret", "k3y", "t0ken", b64encode(b"user:s3cret").decode()):
        assert secret not in shown


async def test_without_aiodns_the_system_s_resolver_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unusable() -> None:
        raise RuntimeError("Resolver requires aiodns library")

    monkeypatch.setattr(aiohttp, "AsyncResolver", unusable)
    sessions = Sessions.opened()
    assert isinstance(sessions.resolver, aiohttp.ThreadedResolver)
    await sessions.close()
