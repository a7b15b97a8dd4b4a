"""A WebSub hub on loopback: subscriptions in and a diary out; verifies and pushes when told."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web
from stubs.loopback_server import LoopbackServer


class HubStub(LoopbackServer):
    """Takes every subscription with `status`."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.asked: list[dict[str, str]] = []
        self.status = 202

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/hub"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One subscription."""
        self.asked.append(dict(parse_qsl(await request.text())))
        return web.Response(status=self.status)


async def verify(form: Mapping[str, str], **changed: str) -> tuple[int, str]:
    """What the subscriber answers when the hub asks whether it meant it; `_` stands for `.`."""
    query = {
        "hub.mode": form["hub.mode"],
        "hub.topic": form["hub.topic"],
        "hub.challenge": "c-1",
        "hub.lease_seconds": form["hub.lease_seconds"],
    }
    query |= {f"hub.{name}": value for name, value in changed.items()}
    async with (
        aiohttp.ClientSession() as session,
        session.get(form["hub.callback"], params=query) as response,
    ):
        return response.status, await response.text()


async def push(
    form: Mapping[str, str], body: bytes, *, method: str = "sha256", secret: str = ""
) -> int:
    """Delivers `body`, signed; the status of the answer."""
    proof = hmac.new((secret or form["hub.secret"]).encode(), body, getattr(hashlib, method))
    headers = {
        "X-Hub-Signature": f"{method}={proof.hexdigest()}",
        "Content-Type": "application/rss+xml",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(form["hub.callback"], data=body, headers=headers) as response,
    ):
        return response.status
