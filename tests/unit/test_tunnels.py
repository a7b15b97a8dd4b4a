"""HTTPS outlets through a proxy: who is told what, and where no tunnel leads."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from stubs.certificates import Certificates
from stubs.names import Names
from stubs.tunnels import Tunnels
from stubs.turns import unspaced

from monitor.feeds.fetching.answers import Failed, Retrieved, Trouble
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.fetching.secrets import read_secret

LOGIN = "desk:open-sesame"
NAMES = Names(inside_example=["10.0.0.1"], paper_example=["127.0.0.1"])


@dataclass(frozen=True)
class Wired:
    """An outlet that speaks TLS, a proxy before it, and a fetcher that knows only the proxy."""

    fetcher: Fetcher
    proxy: Tunnels
    port: int
    asked: list[web.Request]

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"https://{host}:{self.port}/{path}"


@pytest.fixture
async def wired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    """127.0.0.1, for which the outlet's certificate is made, counts as public."""
    made = Certificates(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", made.ca)
    async with _outlet(made) as (port, asked):
        proxy = Tunnels(LOGIN, port)
        async with (
            proxy.listening() as url,
            Fetcher(
                proxies={"http": url, "https": url},
                resolver=NAMES,
                hosts=unspaced(),
                public=lambda address: address == "127.0.0.1",
            ) as fetcher,
        ):
            yield Wired(fetcher, proxy, port, asked)


@asynccontextmanager
async def _outlet(made: Certificates) -> AsyncIterator[tuple[int, list[web.Request]]]:
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request)
        if to := request.query.get("to"):
            return web.Response(status=302, headers={"Location": to})
        return web.Response(text="<rss/>")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.server_both)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        yield runner.addresses[0][1], asked
    finally:
        await runner.cleanup()


async def test_each_is_told_its_own_secret_only(wired: Wired) -> None:
    for path in ("1", "2"):
        secret = read_secret("Bearer of-the-feed")
        assert isinstance(await wired.fetcher.fetch(wired.url(path), secret=secret), Retrieved)
    [tunnel] = wired.proxy.asked  # the second goes through the one that stands
    assert tunnel.startswith(f"CONNECT 127.0.0.1:{wired.port} ")
    assert "of-the-feed" not in tunnel
    for request in wired.asked:
        assert request.headers["Authorization"] == "Bearer of-the-feed"
        assert "Proxy-Authorization" not in request.headers


@pytest.mark.parametrize("host", ["inside.example", "10.0.0.1", "[::1]", "127.1", "localhost"])
async def test_no_tunnel_leads_inside(wired: Wired, host: str) -> None:
    to = wired.url("a", host)
    for url in (to, wired.url(f"?to={to}")):
        failed = await wired.fetcher.fetch(url)
        assert isinstance(failed, Failed)
        assert failed.trouble is Trouble.REFUSED, failed
    assert len(wired.proxy.asked) == len(wired.asked) == 1


async def test_allow_private_holds_behind_a_proxy_too(wired: Wired) -> None:
    failed = await wired.fetcher.fetch(wired.url("a", "inside.example"), allow_private=True)
    assert isinstance(failed, Failed)
    assert failed.why.startswith("TLS: hostname mismatch")  # it was asked, and is somebody else
    assert wired.asked == []


async def test_a_certificate_counts_in_a_tunnel(wired: Wired) -> None:
    failed = await wired.fetcher.fetch(wired.url("a", "paper.example"))
    assert isinstance(failed, Failed)
    assert failed.trouble is Trouble.HARD
    assert wired.asked == []


async def test_a_plain_request_logs_in_each_time(wired: Wired) -> None:
    for _ in range(3):
        assert isinstance(await wired.fetcher.fetch("http://paper.example/a"), Retrieved)
    assert len(wired.proxy.asked) == 3


async def test_a_proxy_that_shuts_out_is_named_without_its_password(wired: Wired) -> None:
    wired.proxy.login = "another:password"
    failed = await wired.fetcher.fetch(wired.url("a"))
    assert failed == Failed(why="the proxy answers HTTP 407 Proxy Authentication Required")
