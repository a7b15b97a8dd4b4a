"""What the fetcher does with hostile, broken, busy and unreachable servers; and what it shows."""

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
from stubs.fetching import get, trouble
from stubs.names import Names
from stubs.outlet import OutletStub
from stubs.raw import answering
from stubs.turns import Clock

from monitor.embedded.children import free_port
from monitor.feeds.fetching.answers import (
    MAX_BODY_BYTES,
    UNCONDITIONAL,
    Failed,
    Later,
    Retrieved,
    Trouble,
)
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.fetching.hosts import Hosts
from monitor.feeds.fetching.session import Sessions

STAMP = "Wed, 07 Sep 2016 10:00:00 GMT"
GROWTH_MOST_KB = 50 * 1024


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(contact="https://desk.example/about", proxies={}) as opened:
        yield opened


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


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        (b"", b"\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: <%b>\r\n\r\n" % (b"x" * 4_000)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
    ],
)
async def test_what_says_nothing_at_great_length_is_cut_off(
    fetcher: Fetcher, begins: bytes, goes_on: bytes
) -> None:
    long = [goes_on * (65_536 // len(goes_on))] * 300
    async with answering(begins, *long) as url:
        assert await get(fetcher, url) == Failed(
            why="sends more than 9 MB", trouble=Trouble.TOO_LARGE
        )


async def test_one_connection_may_bring_many_bodies(outlet: OutletStub, fetcher: Fetcher) -> None:
    outlet.serve("/a", bytes(MAX_BODY_BYTES))
    for _ in range(3):
        assert isinstance(await get(fetcher, outlet.url("/a")), Retrieved)


async def test_tls_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Certificates(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.server_both)
    monkeypatch.setenv("SSL_CERT_FILE", made.ca)
    long = [b"\r\n" * 32_768] * 300
    async with (
        Fetcher(proxies={}) as trusting,
        answering(*long, context=context) as url,
    ):
        assert trouble(await get(trusting, url)) is Trouble.TOO_LARGE


@pytest.mark.parametrize("value", ["é".encode("latin-1"), b'"\x01"', b"x" * 2_000])
async def test_validators_that_cannot_be_sent_back_are_not_kept(
    fetcher: Fetcher, value: bytes
) -> None:
    head = b"HTTP/1.1 200 OK\r\nETag: %b\r\nLast-Modified: %b\r\nContent-Length: 0\r\n\r\n"
    async with answering(head % (value, value)) as url:
        got = await get(fetcher, url)
    assert isinstance(got, Retrieved)
    assert got.validators == UNCONDITIONAL


async def test_a_content_type_of_any_bytes_is_text(fetcher: Fetcher) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; \xff\xe9\r\nContent-Length: 0\r\n\r\n"
    async with answering(head) as url:
        got = await get(fetcher, url)
    assert isinstance(got, Retrieved)
    assert got.content_type == "text/xml; ??"


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
async def test_what_cannot_be_inflated(outlet: OutletStub, fetcher: Fetcher, encoding: str) -> None:
    outlet.serve("/a", b"not packed at all", headers={"Content-Encoding": encoding})
    assert trouble(await get(fetcher, outlet.url("/a"))) is Trouble.UNREADABLE


async def test_a_drip_is_cut_off(outlet: OutletStub) -> None:
    outlet.serve("/a", "x" * 1_000, drip=True)
    outlet.serve("/to", b"", status=302, headers={"Location": "/a"})
    async with Fetcher(proxies={}, total_s=0.5) as fetcher:
        for path in ("/a", "/to"):
            assert await get(fetcher, outlet.url(path)) == Failed(
                why="no complete answer within 0.5 s"
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
        (Names(), Trouble.HARD),
        (Away(aiodns.error.ARES_ENOTFOUND), Trouble.HARD),
        (Away(aiodns.error.ARES_ENODATA), Trouble.HARD),
        (Away(aiodns.error.ARES_ETIMEOUT), Trouble.DNS),
        (Away(aiodns.error.ARES_ESERVFAIL), Trouble.DNS),
        (Away(aiodns.error.ARES_ECONNREFUSED), Trouble.DNS),
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


def in_days(days: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(days=days), usegmt=True)


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (429, "120", 120),
        (503, "7", 7),
        (429, "9" * 400, 86_400),
        pytest.param(429, in_days(9), 86_400, id="in nine days"),
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
    _, opened = _named(clock, outlet)
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
