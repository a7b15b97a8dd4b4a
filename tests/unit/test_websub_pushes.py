"""WebSub over real sockets: what hubs, and others in their name, send."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from io import BytesIO
from urllib.parse import urlsplit

import aiohttp
import pytest
from stubs.hub import HubStub, push, verify
from stubs.push_desk import PushDesk, opened, said

from monitor.feeds.fetching.answers import MAX_BODY_BYTES
from monitor.feeds.websub import callback as callback_module
from monitor.feeds.websub.protocol import (
    Pushed,
)


async def test_a_forged_push_is_answered_alike_and_ignored(
    push_desk: PushDesk, caplog: pytest.LogCaptureFixture
) -> None:
    form = await push_desk.subscribed()
    for secret in ("guessed", "again"):
        assert await push(form, b"<rss/>", secret=secret) == 202
    async with (
        aiohttp.ClientSession() as session,
        session.post(form["hub.callback"], data=b"<rss/>") as response,
    ):
        assert response.status == 202
    assert push_desk.pushed == []
    assert push_desk.pushes[Pushed.FORGED] == 3
    assert said(caplog) == ["feed a: a push that its hub has not signed, ignored"]


async def test_what_is_not_kept_is_not_called_taken(push_desk: PushDesk) -> None:
    form, push_desk.keeps = await push_desk.subscribed(), False
    assert await push(form, b"<rss/>") == 503
    assert (push_desk.pushes[Pushed.TAKEN], push_desk.pushes[Pushed.LATER]) == (0, 1)


async def test_a_body_too_large_is_not_read(push_desk: PushDesk) -> None:
    form = await push_desk.subscribed()

    async def unending() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 2**20 + 1):
            yield b"x" * 2**20

    for body in (BytesIO(b"x" * (MAX_BODY_BYTES + 1)), unending()):
        async with aiohttp.ClientSession() as session:
            try:
                async with session.post(form["hub.callback"], data=body) as response:
                    assert response.status == 413
            except aiohttp.ClientConnectionError:
                pass  # hung up on while sending
    assert push_desk.pushes[Pushed.TOO_LARGE] == 2
    assert push_desk.pushed == []


async def test_a_body_that_drips_ends(push_desk: PushDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback_module, "BODY_MOST_S", 0.3)
    form = await push_desk.subscribed()
    hangs = asyncio.Event()

    async def dripping() -> AsyncIterator[bytes]:
        yield b"<"
        await hangs.wait()

    async with aiohttp.ClientSession() as session:
        async with session.post(form["hub.callback"], data=dripping()) as response:
            assert response.status == 503
            assert response.headers["Retry-After"]
        hangs.set()
    assert push_desk.pushes[Pushed.LATER] == 1


async def test_a_body_that_says_it_is_packed_and_is_not_ends(push_desk: PushDesk) -> None:
    form = await push_desk.subscribed()
    headers = {"Content-Encoding": "gzip"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(form["hub.callback"], data=b"not packed", headers=headers) as response,
    ):
        assert response.status == 503


async def test_a_content_type_of_any_bytes_is_taken(push_desk: PushDesk) -> None:
    form = await push_desk.subscribed()
    proof = hmac.new(form["hub.secret"].encode(), b"<rss/>", "sha256").hexdigest()
    path = urlsplit(form["hub.callback"]).path
    reader, writer = await asyncio.open_connection(*push_desk.listener.getsockname())
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nX-Hub-Signature: sha256={proof}"
        "\r\nContent-Type: text/xml; é\r\n\r\n<rss/>".encode("latin-1")
    )
    assert (await reader.readline()).startswith(b"HTTP/1.1 202 ")
    assert push_desk.pushed == [("a", b"<rss/>", "text/xml; ?")]
    writer.close()


async def test_a_crowd_of_connections_is_kept_out_and_ends(
    push_desk: PushDesk,
    valkey_url: str,
    desk_name: str,
    hub: HubStub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    form = await push_desk.subscribed()
    path = form["hub.callback"].partition("/wires/")[2]
    monkeypatch.setattr(callback_module, "CONNECTIONS_MOST", 2)
    monkeypatch.setattr(callback_module, "CONNECTION_MOST_S", 0.2)
    async with (
        opened(valkey_url, desk_name, hub) as crowded,
        crowded.callback.listening(crowded.listener),
        asyncio.timeout(10),
    ):
        where = crowded.listener.getsockname()
        crowd = [await asyncio.open_connection(*where) for _ in range(6)]
        for reader, writer in crowd:
            assert await reader.read() == b""
            writer.close()
        form = form | {"hub.callback": f"http://127.0.0.1:{where[1]}/{path}"}
        assert await push(form, b"<rss/>") == 202


async def test_without_redis_a_hub_is_told_to_come_again(
    push_desk: PushDesk, hub: HubStub, desk_name: str
) -> None:
    form = await push_desk.subscribed()
    path = form["hub.callback"].partition("/wires/")[2]
    async with (
        opened("redis://127.0.0.1:9/0", desk_name, hub) as cut,
        cut.callback.listening(cut.listener),
    ):
        base = f"http://127.0.0.1:{cut.listener.getsockname()[1]}/"
        form = form | {"hub.callback": base + path}
        assert (await verify(form))[0] == 503
        assert await push(form, b"<rss/>") == 503


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_every_hash_of_the_standard_is_taken(push_desk: PushDesk, method: str) -> None:
    assert await push(await push_desk.subscribed(), b"x", method=method) == 202
    assert len(push_desk.pushed) == 1
