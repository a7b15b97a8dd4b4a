"""A real Valkey for the tests of what is remembered."""

import asyncio
import itertools
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis.asyncio as redis
from stubs.drop_folder import NOW, Put
from stubs.hub import HubStub
from stubs.leasing import Pollers
from stubs.newsroom import Newsroom
from stubs.push_desk import PushDesk, opened

from monitor.embedded.services import Serves, start_service, stop_service
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.state.leases import Leases

_desks = itertools.count()


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    service = asyncio.run(start_service(Serves.MEMORY, tmp_path_factory.mktemp("valkey")))
    yield f"redis://{service.address}/0"
    asyncio.run(stop_service(service))


@pytest.fixture
def desk_name() -> str:
    """A desk nobody else uses."""
    return f"desk-{next(_desks)}"


@pytest.fixture
async def newsroom(valkey_url: str, desk_name: str) -> AsyncIterator[Newsroom]:
    client = redis.Redis.from_url(valkey_url, decode_responses=True, socket_timeout=0.5, retry=None)
    yield Newsroom(client, desk_name)
    await client.aclose()


@pytest.fixture
def hub() -> Iterator[HubStub]:
    with HubStub() as stub:
        yield stub


@pytest.fixture
async def push_desk(valkey_url: str, desk_name: str, hub: HubStub) -> AsyncIterator[PushDesk]:
    async with opened(valkey_url, desk_name, hub) as desk, desk.callback.listening(desk.listener):
        yield desk


@pytest.fixture
async def client(valkey_url: str) -> AsyncIterator["redis.Redis"]:
    async with redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def poller(client: "redis.Redis", desk_name: str) -> Pollers:
    """Another poller of one desk, with these feeds."""
    return lambda *feeds: Leases(client, desk_name, feeds)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A watched folder."""
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def put(folder: Path) -> Put:
    """Writes a file last changed so many seconds before NOW."""

    def write(name: str, body: bytes | None = None, *, ago_s: float = 10, **fields: object) -> Path:
        path = folder / name
        told = {"uri": f"urn:{name}", "headline": f"News of {name}", **fields}
        path.write_bytes(json.dumps(told).encode() if body is None else body)
        at = NOW.timestamp() - ago_s
        os.utime(path, (at, at))
        return path

    return write


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(contact="https://desk.example/about", proxies={}) as opened:
        yield opened
