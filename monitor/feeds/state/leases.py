"""Leases: which feed is polled next, and by whom, among any number of pollers; all in Redis.

In: the feeds of this process.  Out: one `Lease` at a time on a due feed, with what is stored of it;
back: when it is due again and what its poll `Learned`.  Invariants: a feed has one lease at most; a
lease ends by itself, so a dead poller's feeds return; its fence keeps a late poller from storing.

Keys below `ww:{desk}:` (one Cluster slot): `due:<list>` (sorted set of one list of feeds, by when
to look), `feed:<id>` (hash, fields: `lease.lua`), `feed:<id>:known` (hash: `feed_state.py`).
Pollers with equal lists of feeds share one due set; a list nobody polls any more goes.
"""

from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import redis.asyncio as redis
from redis.exceptions import RedisError

from monitor.feeds.feed import Feed
from monitor.feeds.pacing.schedule import first_wait_s
from monitor.feeds.state.changes import Known
from monitor.feeds.state.feed_state import Learned, Stored, known_value, read_known
from streams.text import digest

LEASE_S = 10.0
"""A dead poller's feeds wait so long; a living one extends its leases long before."""

LIST_KEEP_S = 60.0
"""A list no poller has looked at for a minute; each looks once a second."""

ENLIST_AT_ONCE = 500
"""Feeds put into the due set by one call: Redis is held for 2 ms."""

Answer = TypeVar("Answer")


class StateUnreachable(ConnectionError):
    """Redis does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to poll one feed.

    `fence` numbers the feed's leases, ever growing; `failures` polls in a row went wrong;
    `next_wait_s` until another feed is due.
    """

    feed: Feed
    fence: int
    failures: int
    stored: Stored
    next_wait_s: float


@dataclass(frozen=True, slots=True)
class Idle:
    """No feed is due; the next one is in `wait_s`."""

    wait_s: float


class Leases:
    """The leases of one desk, for a poller that knows `feeds`; each lasts `lease_s`."""

    def __init__(
        self, client: "redis.Redis", desk: str, feeds: Sequence[Feed], *, lease_s: float = LEASE_S
    ) -> None:
        self.lease_s = lease_s
        self._redis: Any = client  # redis-py types every answer as bytes or text
        self._feeds = {_member(feed): feed for feed in feeds}
        self._due = f"ww:{{{desk}}}:due:{digest(*sorted(self._feeds))}"
        self._feed = f"ww:{{{desk}}}:feed:"
        self._next, self._enlist, self._settle, self._extend = (
            self._redis.register_script(_script(name))
            for name in ("lease.lua", "enlist.lua", "settle.lua", "extend.lua")
        )

    async def next(self, *, now_ms: int | None = None) -> Lease | Idle:
        """Leases the feed that has been due for longest.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        now, keep = _now(now_ms), _ms(LIST_KEEP_S)
        arguments = [self._feed, now, _ms(self.lease_s), keep, len(self._feeds)]
        kind, *said = await _answer(self._next(keys=[self._due], args=arguments))
        if kind == "wait":
            return Idle(said[0] / 1000)
        if kind == "unlisted":
            await self.enlist(now_ms=now_ms)
            return Idle(0.0)
        member, fence, next_wait_ms, failures, url, topic_id, etag, modified, body_hash = said
        return Lease(
            feed=self._feeds[member],
            fence=fence,
            failures=failures,
            stored=Stored(
                url=url, topic_id=topic_id, etag=etag, last_modified=modified, body_hash=body_hash
            ),
            next_wait_s=next_wait_ms / 1000,
        )

    async def enlist(self, *, now_ms: int | None = None) -> None:
        """Puts the feeds into the due set, new ones spread out; those there keep their place.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        waits = [
            (member, _ms(first_wait_s(nth, len(self._feeds), feed.every_s or 60.0)))
            for nth, (member, feed) in enumerate(self._feeds.items())
        ]
        for start in range(0, len(waits), ENLIST_AT_ONCE):
            pairs = _flat(waits[start : start + ENLIST_AT_ONCE])
            arguments = [self._feed, _now(now_ms), _ms(LIST_KEEP_S), *pairs]
            await _answer(self._enlist(keys=[self._due], args=arguments))

    async def known(self, feed: str) -> dict[str, Known]:
        """What was published of the feed, longest ago first.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        return read_known(await _answer(self._redis.hgetall(f"{self._feed}{feed}:known")))

    async def settle(
        self,
        lease: Lease,
        *,
        wait_s: float,
        failures: int = 0,
        learned: Learned | None = None,
        now_ms: int | None = None,
    ) -> bool:
        """Ends a lease, the feed due in `wait_s`; False, and nothing stored, if it was lost.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        feed, keep = self._feed + lease.feed.id, _ms(LIST_KEEP_S)
        when: list[str | int] = [_now(now_ms), _ms(wait_s), keep, failures]
        arguments = [_member(lease.feed), lease.fence, *when, *_remembered(learned, lease.fence)]
        keys = [self._due, feed, f"{feed}:known"]
        return bool(await _answer(self._settle(keys=keys, args=arguments)))

    async def extend(
        self, leases: Iterable[Lease], *, now_ms: int | None = None
    ) -> "frozenset[Lease]":
        """Makes leases last from now on; those that are lost.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        return await self._last(leases, self.lease_s, now_ms)

    async def give_back(self, leases: Iterable[Lease], *, now_ms: int | None = None) -> None:
        """Ends leases without a poll; the feeds are due at once.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        await self._last(leases, 0.0, now_ms)

    async def _last(
        self, leases: Iterable[Lease], lease_s: float, now_ms: int | None
    ) -> "frozenset[Lease]":
        held = {_member(lease.feed): lease for lease in leases}
        if not held:
            return frozenset()
        pairs = _flat((member, lease.fence) for member, lease in held.items())
        arguments = [self._feed, _now(now_ms), _ms(lease_s), _ms(LIST_KEEP_S), *pairs]
        lost = await _answer(self._extend(keys=[self._due], args=arguments))
        return frozenset(held[member] for member in lost)


def _member(feed: Feed) -> str:
    """The feed as its list has it; another address or interval makes another member."""
    return f"{feed.id}:{digest(feed.url, repr(feed.every_s))}"


def _remembered(learned: Learned | None, poll: int) -> list[str | int]:
    """What a poll brings, as `settle.lua` takes it."""
    if learned is None:
        return [0, 0]
    stored, changes = learned.stored, learned.changes
    fields = _flat(
        (
            ("url", stored.url),
            ("topic_id", stored.topic_id),
            ("etag", stored.etag),
            ("last_modified", stored.last_modified),
            ("body_hash", stored.body_hash),
        )
    )
    values = _flat((item, known_value(known, poll)) for item, known in changes.known.items())
    return [len(fields), *fields, len(changes.forget), *changes.forget, *values]


async def _answer(call: Awaitable[Answer]) -> Answer:
    try:
        return await call
    except RedisError as error:
        raise StateUnreachable(str(error)) from error


def _flat(pairs: "Iterable[tuple[Any, Any]]") -> list[Any]:
    return [part for pair in pairs for part in pair]


def _now(now_ms: int | None) -> int | str:
    return "" if now_ms is None else now_ms


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _script(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
