"""Unseen: what a body holds that the feed's last window did not, read by a parser process.

In: a retrieved body and the feed's state.  Out: its unseen entries as items.  Invariants: the
parser reads a whole entry or none of it; an entry is left out only if the very same bytes were
published; what cannot be cut into entries is read whole.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import Failed, Retrieved, Trouble
from monitor.feeds.parsers.frames import Harmed, Job, Read, Unreadable
from monitor.feeds.parsers.pool import Parsers
from monitor.feeds.reading.document import MAX_ENTRIES
from monitor.feeds.reading.entries import Dropped, DropReason, entry_digest, told_apart
from monitor.feeds.reading.window import Whole, Window, look
from monitor.feeds.state.feed_state import FeedState
from monitor.feeds.state.window import WINDOW_MOST, WindowFacts, read_window
from streams.item import Item
from streams.story import version

TRIES = 2
"""Of a body that harms its parser: the machine may only have been busy."""

LOOKED_AT_HERE_BYTES = 128 * 1024
"""A larger body is cut up in a thread: the oddest one of this size takes 20 ms, one of 8 MB 2 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """What was read of a window, and what is known of the rest of it.

    `digests` are those of all its raw items that count as seen once these entries are published;
    of the entries instead, where there are no raw items.  `dropped` are the entries that the stream
    does not carry, but for those of which it was said at an earlier poll.
    `partial`: entries that were seen are left out, and the whole can be read at once; `complete`:
    nothing is left for the next poll, so the body's validators may be kept; `more`: some is left
    only because it is too much for one poll.
    """

    read: Read
    facts: WindowFacts
    digests: Sequence[bytes] = ()
    dropped: Sequence[Dropped] = ()
    partial: bool = False
    complete: bool = True
    more: bool = False

    @property
    def items(self) -> list[Item]:
        """The entries the stream carries."""
        return [entry for entry in self.read.entries if isinstance(entry, Item)]

    @property
    def twins(self) -> bool:
        """True where several entries share an id, and do not say the same."""
        said = {item.id: version(item) for item in self.items}
        return any(map(told_apart, said)) or any(
            each.reason is DropReason.REPEATED and version(each.item) != said.get(each.item.id)
            for each in self.read.entries
            if isinstance(each, Dropped)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads one retrieved body of a feed, as far as it is unseen; `now` is when it came."""

    feed: Feed
    state: FeedState
    retrieved: Retrieved
    parsers: Parsers
    now: datetime

    async def unseen(self) -> Unseen | Failed | Harmed:
        """The entries that the last window did not have."""
        found = await self._look()
        if isinstance(found, Whole):
            return await self._all(found.body, closed=found.closed)
        seen = read_window(self.state.window)
        unseen = (digest for digest in _within_reach(found) if digest not in seen)
        new = frozenset(islice(unseen, MAX_ENTRIES))
        if not new:
            return self._of(found, Read(entries=()), new, seen)
        read = await self._read(found.reduced(new))
        if isinstance(read, Read) and len(read.entries) != sum(d in new for d in found.digests):
            return await self._all(found.reduced(found.digests), closed=found.closed)
        return self._of(found, read, new, seen) if isinstance(read, Read) else read

    async def whole(self) -> Unseen | Failed | Harmed:
        """All entries: where one that is known changed, it may share its id with another one."""
        found = await self._look()
        if isinstance(found, Whole):
            return await self._all(found.body, closed=found.closed)
        read = await self._read(found.reduced(found.digests))
        seen = read_window(self.state.window)
        return self._of(found, read, found.digests, seen) if isinstance(read, Read) else read

    async def _all(self, body: bytes, *, closed: bool) -> Unseen | Failed | Harmed:
        read = await self._read(body)
        if not isinstance(read, Read):
            return read
        digests = [entry_digest(entry) for entry in read.entries]
        return Unseen(
            read=read,
            facts=self.state.facts(digests),
            digests=digests,
            dropped=_dropped(read, digests, read_window(self.state.window)),
            complete=closed,
        )

    async def _look(self) -> Window | Whole:
        body, content_type = self.retrieved.body, self.retrieved.content_type
        if len(body) <= LOOKED_AT_HERE_BYTES:
            return look(body, content_type)
        return await asyncio.to_thread(look, body, content_type)

    def _of(
        self, found: Window, read: Read, new: Collection[bytes], seen: Collection[bytes]
    ) -> Unseen:
        facts = self.state.facts(found.digests)
        if self.retrieved.delta:  # it need not have anything in common with the last window
            facts = replace(facts, previous=0)
        reach, total = _within_reach(found), len(set(found.digests))
        digests = [d for d in reach if d in new or d in seen]
        more = len(digests) < len(reach)
        if not more and (left := total - len(reach) + found.beyond):
            read = replace(read, left_out=read.left_out + left)
        told = [d for d in found.digests if d in new]
        if self.retrieved.delta:
            digests += [digest for digest in seen if digest not in digests]
        return Unseen(
            read=read,
            facts=facts,
            digests=digests[:WINDOW_MOST],
            dropped=_dropped(read, told, seen),
            partial=len(new) < total <= MAX_ENTRIES,
            complete=found.closed and not more and not self.retrieved.delta,
            more=more,
        )

    async def _read(self, body: bytes) -> Read | Failed | Harmed:
        job = Job(
            body=body,
            url=self.retrieved.url,
            content_type=self.retrieved.content_type,
            feed=self.feed,
            now=self.now,
        )
        for _ in range(TRIES):
            answer = await self.parsers.read(job)
            if not isinstance(answer, Harmed):
                break
        if isinstance(answer, Unreadable):
            return Failed(why=answer.why, trouble=Trouble.UNREADABLE)
        return answer


def _dropped(read: Read, digests: Sequence[bytes], seen: Collection[bytes]) -> tuple[Dropped, ...]:
    """The entries not carried and not `seen`; all not carried, where digests are no entry's."""
    known = [d in seen for d in digests] if len(digests) == len(read.entries) else []
    return tuple(
        entry
        for n, entry in enumerate(read.entries)
        if isinstance(entry, Dropped) and not (known and known[n])
    )


def _within_reach(found: Window) -> list[bytes]:
    """The digests of the entries that are read of a window, in its order."""
    return [*dict.fromkeys(found.digests)][:WINDOW_MOST]
