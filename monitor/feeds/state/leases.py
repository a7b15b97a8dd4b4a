"""Leases: which feed is polled next, and by whom, among any number of pollers; all in Redis.

In: the feeds of this process.  Out: a `Lease` on each of some due feeds, with what is stored of it;
back: when it is due again, its state and the changes of its poll.  Invariants: a feed has one lease
at most; a lease ends by itself, so a dead poller's feeds return; its fence keeps a late poller from
storing.

Keys below `ww:{desk}:` (one Cluster slot): `due:<list>` (sorted set of one list of feeds, by when
to look), `feed:<id>` (hash, fields: `lease.lua`), `feed:<id>:known` (hash: `known.py`),
`feed:<id>:pushed` (list of bodies), `host:<site>` (until when nobody asks it).
Pollers with equal lists of feeds share one due set; a list nobody polls any more goes.
"""

from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import redis.asyncio as redis
from redis.client import NEVER_DECODE
from redis.exceptions import RedisError

from monitor.feeds.feed import Feed
from monitor.feeds.fetching.hints import RETRY_AFTER_MOST_S
from monitor.feeds.fetching.hosts import site_of_url
from monitor.feeds.pacing.first_polls import first_wait_s
from monitor.feeds.pacing.pace import bounds_of
from monitor.feeds.state.changes import Changes
from monitor.feeds.state.feed_state import FeedState, read_state, state_text
from monitor.feeds.state.known import Known, read_known
from monitor.feeds.state.pushes import PUSH_KEEP_S, PUSHES_MOST, Push, push_bytes, read_push
from monitor.feeds.state.settled import (
    SETTLED_AT_ONCE,
    SETTLED_AT_ONCE_CHARS,
    chars,
    items_told,
)
from monitor.feeds.state.together import Together
from streams.text import digest

LEASE_S = 10.0
"""A dead poller's feeds wait so long; a living one extends its leases long before."""

LIST_KEEP_S = 60.0
"""A list no poller has looked at for a minute; each looks once a second."""

ENLIST_AT_ONCE = 500
"""Feeds put into the due set by one call: Redis is held for 2 ms."""

MEMBERS_KEPT = 10_000
"""Names of feeds in their list; each is needed at each poll."""

HOST_MOST_MS = round(RETRY_AFTER_MOST_S * 1000)
"""Of a host's pause."""

Answer = TypeVar("Answer")


class StateUnreachable(ConnectionError):
    """Redis does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to poll one feed.

    `fence` numbers the feed's leases, ever growing; `failures` polls in a row went wrong;
    `next_wait_s` until another feed is due; `known_count` items are known of it.
    """

    feed: Feed
    fence: int
    failures: int
    next_wait_s: float
    state: FeedState = field(default=FeedState(), compare=False)
    known_count: int = field(default=0, compare=False)


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
        self._members = {feed.id: member for member, feed in self._feeds.items()}
        self._due = f"ww:{{{desk}}}:due:{digest(*sorted(self._feeds))}"
        self._feed, self._host = f"ww:{{{desk}}}:feed:", f"ww:{{{desk}}}:host:"
        (
            self._lease,
            self._enlist,
            self._settle,
            self._extend,
            self._hurry,
            self._block,
            self._push,
        ) = (
            self._redis.register_script(_script(f"{name}.lua"))
            for name in ("lease", "enlist", "settle", "extend", "hurry", "block", "push")
        )
        self._settling = Together(
            self._settle_all, most=SETTLED_AT_ONCE, size=chars, most_size=SETTLED_AT_ONCE_CHARS
        )
        self._reading = Together(self._read_known, most=SETTLED_AT_ONCE)

    async def next(self, most: int = 1, *, now_ms: int | None = None) -> list[Lease] | Idle:
        """Leases the feeds that have been due for longest, `most` of them.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        times = (_now(now_ms), _ms(self.lease_s), _ms(LIST_KEEP_S))
        arguments = [self._feed, self._host, *times, len(self._feeds), most, HOST_MOST_MS]
        kind, *said = await _answer(self._lease(keys=[self._due], args=arguments))
        if kind == "wait":
            return Idle(said[0] / 1000)
        if kind == "unlisted":
            await self.enlist(now_ms=now_ms)
            return Idle(0.0)
        next_wait_ms, *leased = said
        strangers = [member for member, *_ in leased if member not in self._feeds]
        if strangers:
            await _answer(self._redis.zrem(self._due, *strangers))
        known = (each for each in leased if each[0] in self._feeds)
        return [self._leased(each, next_wait_ms / 1000) for each in known] or Idle(0.0)

    def _leased(self, said: Sequence[Any], next_wait_s: float) -> Lease:
        """One lease as `lease.lua` answers it."""
        member, fence, failures, known_count, state = said
        feed = self._feeds[member]
        return Lease(
            feed=feed,
            fence=fence,
            failures=failures,
            next_wait_s=next_wait_s,
            state=read_state(state, feed.id, known_count),
            known_count=max(0, known_count),
        )

    async def enlist(self, *, now_ms: int | None = None) -> None:
        """Puts the feeds into the due set, new ones spread out; those there keep their place.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        waits = [
            (
                member,
                _ms(first_wait_s(nth, len(self._feeds), bounds_of(feed).shortest_s)),
                site_of_url(feed.url),
            )
            for nth, (member, feed) in enumerate(self._feeds.items())
        ]
        for start in range(0, len(waits), ENLIST_AT_ONCE):
            pairs = _flat(waits[start : start + ENLIST_AT_ONCE])
            arguments = [self._feed, _now(now_ms), _ms(LIST_KEEP_S), *pairs]
            await _answer(self._enlist(keys=[self._due], args=arguments))

    async def known(self, feed: str, ids: Sequence[str]) -> dict[str, Known]:
        """What was published under these ids of the feed; ids that were not are missing.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        if not ids:
            return {}
        values = await self._reading.ask((feed, ids))
        return read_known({i: value for i, value in zip(ids, values, strict=True) if value})

    async def _read_known(
        self, asked: Sequence[tuple[str, Sequence[str]]]
    ) -> list[list[str | None]]:
        pipeline = self._redis.pipeline(transaction=False)
        for feed, ids in asked:
            pipeline.hmget(f"{self._feed}{feed}:known", ids)
        said: list[list[str | None]] = await _answer(pipeline.execute())
        return said

    async def known_all(self, feed: str) -> dict[str, Known]:
        """All that was published of the feed, longest ago first: some ms for 5,000 items.

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
        state: FeedState | None = None,
        changes: Changes | None = None,
        now_ms: int | None = None,
    ) -> bool:
        """Ends a lease, the feed due in `wait_s`; False, and nothing stored, if it was lost.

        Without `state` that stays as it is.  Polls that end together are settled by one call.

        Raises:
            StateUnreachable: Redis does not answer; it may be stored all the same.
        """
        when: list[str | int] = [_now(now_ms), _ms(wait_s), failures]
        stored = "" if state is None else state_text(state)
        told = [_member(lease.feed), lease.fence, *when, stored, *items_told(changes, lease.fence)]
        return await self._settling.ask(told)

    async def _settle_all(self, told: Sequence[list[str | int]]) -> list[bool]:
        arguments: list[str | int] = [self._feed, _ms(LIST_KEEP_S)]
        arguments += [part for each in told for part in each]
        return [
            bool(kept) for kept in await _answer(self._settle(keys=[self._due], args=arguments))
        ]

    async def hurry(self, feed: str, *, now_ms: int | None = None) -> None:
        """Makes a feed of this list due now, or right after the poll that is under way.

        A host that must not be asked is not asked for it.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        keys = [self._due, f"{self._feed}{feed}"]
        await _answer(self._hurry(keys=keys, args=[self._members[feed], _now(now_ms)]))

    async def block_site(self, site: str, seconds: float, *, now_ms: int | None = None) -> None:
        """No poller of the desk asks for feeds of this site so long; a longer block stands.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        if seconds > 0:
            arguments: list[str | int] = [max(1, _ms(seconds)), _now(now_ms), HOST_MOST_MS]
            await _answer(self._block(keys=[f"{self._host}{site}"], args=arguments))

    async def push(self, feed: str, body: bytes, content_type: str) -> bool:
        """Keeps a pushed body for the next poll; False where too many wait.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        value = push_bytes(body, content_type)
        arguments: list[bytes | int] = [value, PUSHES_MOST, _ms(PUSH_KEEP_S)]
        return bool(await _answer(self._push(keys=[f"{self._feed}{feed}:pushed"], args=arguments)))

    async def pushed(self, feed: str, body: bytes, content_type: str) -> bool:
        """Keeps what a hub sent, and makes the feed due; False where it is not kept.

        What there is no room for is fetched; of a feed that this list has not nothing is done.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        if feed not in self._members:
            return False
        kept = await self.push(feed, body, content_type)
        await self.hurry(feed)
        return kept

    async def take_push(self, feed: str) -> Push | None:
        """The pushed body that has waited longest; it is gone from Redis.

        Raises:
            StateUnreachable: Redis does not answer.
        """
        raw = {NEVER_DECODE: True}  # bodies have any encoding
        key = f"{self._feed}{feed}:pushed"
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.execute_command("LPOP", key, **raw)
        pipeline.llen(key)
        value, waiting = await _answer(pipeline.execute())
        return read_push(value, more=waiting > 0) if value is not None else None

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


@lru_cache(maxsize=MEMBERS_KEPT)
def _member(feed: Feed) -> str:
    """The feed as its list has it; another address or pace makes another member."""
    return f"{feed.id}:{digest(feed.url, feed.folder, repr(feed.every_s), feed.priority)}"


async def _answer(call: Awaitable[Answer]) -> Answer:
    try:
        return await call
    except RedisError as error:
        raise StateUnreachable(str(error)) from error


def _flat(pairs: "Iterable[tuple[Any, ...]]") -> list[Any]:
    return [part for pair in pairs for part in pair]


def _now(now_ms: int | None) -> int | str:
    return "" if now_ms is None else now_ms


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _script(name: str) -> str:
    rooms = (Path(__file__).with_name(each) for each in ("sound.lua", name))
    return "".join(each.read_text(encoding="utf-8") for each in rooms)
