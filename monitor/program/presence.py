"""Presence: what each process says of itself in Redis, so that others see who runs which book.

In: what a process is.  Out: `ww:{desk}:worker:<host>-<pid>`, a JSON text that Redis forgets 15 s
after the last word.  Invariant: best effort; without a Redis nobody is told and nothing is held up.
"""

import contextlib
import json
import os
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from redis.exceptions import RedisError

from alerts.client import RedisUnreachable, connect
from alerts.connection import RedisConnection
from streams.records import Stop, Stopping

KEEP_S = 15
"""That long after its last word a process counts as gone."""

SAY_EVERY_S = 1.0
"""`rules diff` shows another book that soon."""

SCAN_KEYS = 1_000
"""Keys Redis looks at in one step; a desk's memory has hundreds of thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One process; `book` is the hash in force, `since` when it took force (seconds since 1970)."""

    roles: tuple[str, ...]
    book: str
    since: float
    ready: bool


async def keep_announcing(
    where: RedisConnection, desk: str, worker: Callable[[], Worker], stop: Stop
) -> None:
    """Says every few seconds what `worker` answers, and at the end that this process is gone."""
    client: Any = connect(where)
    key = f"{_prefix(desk)}{socket.gethostname()}-{os.getpid()}"
    try:
        with contextlib.suppress(Stopping):
            while True:
                with contextlib.suppress(RedisError, OSError):
                    await client.set(key, json.dumps(asdict(worker())), ex=KEEP_S)
                await stop.sleep(SAY_EVERY_S)
        with contextlib.suppress(RedisError, OSError):
            await client.delete(key)
    finally:
        await client.aclose()


async def announced(where: RedisConnection, desk: str) -> dict[str, Worker]:
    """The processes that have said something lately, by host-pid.

    Raises:
        RedisUnreachable: Redis does not answer.
    """
    client: Any = connect(where)
    prefix = _prefix(desk)
    try:
        keys = sorted([key async for key in client.scan_iter(match=f"{prefix}*", count=SCAN_KEYS)])
        texts = await client.mget(keys) if keys else []
    except (RedisError, OSError) as error:
        raise RedisUnreachable(str(error)) from error
    finally:
        await client.aclose()
    pairs = zip(keys, texts, strict=True)
    return {key.removeprefix(prefix): _worker(text) for key, text in pairs if text}


def _worker(text: str) -> Worker:
    """What another process said; another version may say more or less."""
    try:
        said = dict(json.loads(text))
    except (ValueError, TypeError):
        said = {}
    return Worker(
        roles=tuple(said.get("roles", ())),
        book=str(said.get("book", "")),
        since=float(said.get("since", 0)),
        ready=bool(said.get("ready")),
    )


def _prefix(desk: str) -> str:
    return f"ww:{{{desk}}}:worker:"
