"""What the memory was told is on the server's disk: asked for where that is needed and possible."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis.asyncio as redis
from stubs.redis_server import RedisServer, valkey

from alerts import on_disk
from alerts.client import connect
from alerts.connection import RedisConnection
from alerts.on_disk import OnDisk

ASKED_WHETHER_IT_CAN = 1


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path, program=valkey(), appendfsync=request.param) as server:
        yield server


@pytest.fixture
async def client(server: RedisServer) -> AsyncIterator["redis.Redis"]:
    client = connect(RedisConnection(url=server.url))
    yield client
    await client.aclose()


async def asked(client: "redis.Redis") -> int:
    stats = await client.info("commandstats")
    return int(stats.get("cmdstat_waitaof", {"calls": 0})["calls"])


@pytest.mark.parametrize(("server", "times"), [("everysec", 2), ("always", 0)], indirect=["server"])
async def test_the_server_is_asked_where_it_writes_later(client: "redis.Redis", times: int) -> None:
    disk = OnDisk(client, "k")
    assert await disk.reached()
    assert await disk.reached()
    assert await asked(client) == ASKED_WHETHER_IT_CAN + times


@pytest.mark.parametrize("server", ["everysec"], indirect=True)
async def test_a_disk_that_does_not_write_has_kept_nothing(
    client: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_disk, "ON_DISK_MOST_MS", 1_200)
    disk = OnDisk(client, "k")
    assert await disk.reached()
    await client.config_set("appendfsync", "no")  # nothing reaches the disk from now on
    assert not await disk.reached()
    await client.config_set("appendfsync", "everysec")
    assert await disk.reached()


@pytest.mark.parametrize("server", ["everysec"], indirect=True)
async def test_a_server_that_does_not_say_is_not_asked(client: "redis.Redis") -> None:
    await client.execute_command("ACL", "SETUSER", "default", "-config")
    assert await OnDisk(client, "k").reached()
    assert await asked(client) == 0


@pytest.mark.parametrize("server", ["everysec"], indirect=True)
async def test_a_server_that_is_away_has_kept_nothing(
    client: "redis.Redis", server: RedisServer
) -> None:
    disk = OnDisk(client, "k")
    assert await disk.reached()
    server.kill()
    assert not await disk.reached()
    server.start()
    assert await disk.reached()
