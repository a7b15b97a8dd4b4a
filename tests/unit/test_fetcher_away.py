"""What the fetcher does with unreachable and busy servers, and that no secret is shown."""

import logging
import socket
import ssl
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import aiodns
import aiohttp
import pytest
from aiohttp.abc import ResolveResult
from stubs.certificates import Certificates
from stubs.fetching import failure, get, trouble
from stubs.names import Names
from stubs.outlet import OutletStub
from stubs.raw import answering
from stubs.turns import Clock

from monitor.embedded.children import free_port
from monitor.feeds.fetching.answers import Failed, Later, Retrieved, Trouble
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.fetching.hosts import Hosts
from monitor.feeds.fetching.session import Sessions

STAMP = "Wed, 07 Sep 2016 10:00:00 GMT"


# --- no connection


class Away(Names):
    """A resolver that fails as aiodns does."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
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
    assert "nobody.example" in failure(failed).why
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
    assert failure(failed).why == "TLS: unable to get local issuer certificate"


async def test_connection_refused(fetcher: Fetcher) -> None:
    failed = await get(fetcher, f"http://127.0.0.1:{free_port()}/?key=s3cret")
    assert trouble(failed) is Trouble.SOFT
    assert failure(failed).why.startswith("cannot connect: ")
    assert "s3cret" not in repr(failed)


async def test_no_tls_is_hard(outlet: OutletStub, fetcher: Fetcher) -> None:
    failed = await get(fetcher, outlet.url("/a").replace("http", "https"))
    assert trouble(failed) is Trouble.HARD
    assert failure(failed).why.startswith("TLS: ")


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
        assert failure(failed).retry_after_s == seconds
        assert failure(failed).site == "paper.example"
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
