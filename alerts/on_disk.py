"""On disk: what the memory was told, before Kafka is told that it was.

In: a Redis client.  Out: True once a crash of the server would not undo what was written before.
With `appendfsync always` that is so by itself; with `everysec` the server is asked (WAITAOF).
Where neither can be had, which `doctor` says, nothing is waited for.
"""

from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError, ResponseError

ON_DISK_MOST_MS = 2_000
"""Milliseconds until the next fsync has ended; the server does one a second."""


class OnDisk:
    """Asks one server; `key` is written to for that: its log is in order, so all before is kept."""

    def __init__(self, client: "redis.Redis", key: str) -> None:
        self._redis: Any = client  # redis-py types every answer as bytes or text
        self._key = key
        self._asks: bool | None = None

    async def reached(self) -> bool:
        """True once everything written before the call is kept; False when that cannot be said."""
        try:
            if self._asks is None:
                self._asks = await self._must_be_asked()
            return not self._asks or await self._ask()
        except RedisError:
            return False

    async def _must_be_asked(self) -> bool:
        """True with `appendfsync everysec` on a server that knows WAITAOF: Redis 7.2, Valkey."""
        try:
            says = await self._redis.config_get("append*")
            await self._redis.execute_command("WAITAOF", 0, 0, 1)
        except ResponseError:  # an older server; a hosted one forbids CONFIG
            return False
        return bool(says.get("appendonly") == "yes" and says.get("appendfsync") == "everysec")

    async def _ask(self) -> bool:
        async with self._redis.client() as same:  # WAITAOF waits for its own connection's writes
            await same.set(self._key, 1)
            kept, _ = await same.execute_command("WAITAOF", 1, 0, ON_DISK_MOST_MS)
        return bool(kept)
