"""The server behind the story memory, as it is right now, for people who ask what is wrong.

In: its address.  Out: one `ServerSeen`.  Invariant: nothing is written; what the server will not
say (a hosted one forbids CONFIG) is left empty and hides nothing else.
"""

import time
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from alerts.client import RedisUnreachable, connect
from alerts.connection import RedisConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSeen:
    """What a Redis or Valkey says of itself; empty or None where it does not say.

    `ahead_s`: its clock before ours, by half the way there and back exact (`round_trip_s`).
    """

    software: str
    version: str
    role: str
    policy: str
    limit_bytes: int | None
    used_bytes: int | None
    evicted: int
    keeps_log: bool | None
    syncs: str
    ahead_s: float
    round_trip_s: float


async def inspect_server(where: RedisConnection) -> ServerSeen:
    """The server now.

    Raises:
        RedisUnreachable: it does not answer, or not to this.
    """
    client: Any = connect(where)  # redis-py types every answer as bytes or text
    try:
        await client.ping()  # connects, so that only the way there and back is measured
        sent, began = time.time(), time.monotonic()
        seconds, micros = await client.time()
        round_trip_s = time.monotonic() - began
        info = await client.info()
        syncs = await _config(client, "appendfsync")
    except (RedisError, OSError, ValueError) as error:
        raise RedisUnreachable(str(error) or type(error).__name__) from error
    finally:
        await client.aclose()
    return ServerSeen(
        software="Valkey" if "valkey_version" in info else "Redis",
        version=str(info.get("valkey_version") or info.get("redis_version") or ""),
        role=str(info.get("role") or ""),
        policy=str(info.get("maxmemory_policy") or ""),
        limit_bytes=_number(info.get("maxmemory")),
        used_bytes=_number(info.get("used_memory")),
        evicted=_number(info.get("evicted_keys")) or 0,
        keeps_log=None if info.get("aof_enabled") is None else bool(info["aof_enabled"]),
        syncs=syncs,
        ahead_s=float(seconds) + float(micros) / 1e6 - (sent + round_trip_s / 2),
        round_trip_s=round_trip_s,
    )


async def _config(client: Any, name: str) -> str:
    try:
        return str((await client.config_get(name)).get(name) or "")
    except RedisError:
        return ""


def _number(said: Any) -> int | None:
    return said if isinstance(said, int) else None
