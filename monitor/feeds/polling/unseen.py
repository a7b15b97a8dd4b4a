"""Unseen: what a body holds that the feed's last window did not, read by a parser process.

In: a retrieved body and the feed's state.  Out: its unseen entries as items.  Invariants: the
parser reads a whole entry or none of it; an entry is left out only if the very same bytes were
published; what cannot be cut into entries is read whole.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import Failed, Retrieved, Trouble
from monitor.feeds.parsers.frames import Harmed, Job, Read, Unreadable
from monitor.feeds.parsers.pool import Parsers
from monitor.feeds.reading.document import MAX_ENTRIES
from monitor.feeds.reading.entries import (
    Dropped,
    DropReason,
    entry_digest,
    told_apart,
    without_repeats,
)
from monitor.feeds.reading.window import Whole, Window, look, portions
from monitor.feeds.state.feed_state import FeedState
from monitor.feeds.state.overlap import WINDOW_MOST, WindowFacts, read_window
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
    nothing is left for the next poll, so the body's validators may be kept.
    """

    read: Read
    facts: WindowFacts
    digests: Sequence[bytes] = ()
    dropped: Sequence[Dropped] = ()
    partial: bool = False
    complete: bool = True

    @property
    def items(self) -> list[Item]:
        """The entries the stream carries."""
        return [entry for entry in self.read.entries if isinstance(entry, Item)]

    @property
    def twins(self) -> bool:
        """True where several entries share an id, and do not say the same."""
        again = [
            each.item
            for each in self.read.entries
            if isinstance(each, Dropped) and each.reason is DropReason.REPEATED
        ]
        said = {item.id: version(item) for item in self.items} if again else {}
        return any(told_apart(item.id) for item in self.items) or any(
            version(item) != said.get(item.id) for item in again
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
        new = [digest for digest in _within_reach(found) if digest not in seen]
        read = await self._in_portions(found, new)
        if not isinstance(read, Read):
            return read
        if len(read.entries) != _count(found, new):
            return await self._all(found.reduced(found.digests), closed=found.closed)
        return self._of(found, read, new)

    async def whole(self) -> Unseen | Failed | Harmed:
        """All entries: where one that is known changed, it may share its id with another one."""
        found = await self._look()
        if isinstance(found, Whole):
            return await self._all(found.body, closed=found.closed)
        read = await self._read(found.reduced(found.digests))
        return self._of(found, read, found.digests) if isinstance(read, Read) else read

    async def _all(self, body: bytes, *, closed: bool) -> Unseen | Failed | Harmed:
        """The entries of a body without raw items, or whose raw items are not what is read."""
        read = await self._read(body)
        if not isinstance(read, Read):
            return read
        digests = [entry_digest(entry) for entry in read.entries]
        return Unseen(
            read=read,
            facts=self._facts(digests),
            digests=self._remembered(digests),
            dropped=self._dropped(read, digests),
            complete=closed and not self.retrieved.delta,
        )

    def _of(self, found: Window, read: Read, new: Sequence[bytes]) -> Unseen:
        reach, kept = _within_reach(found), frozenset(new)
        total = len(set(found.digests))
        beyond = total - len(reach) + found.beyond
        return Unseen(
            read=replace(read, left_out=read.left_out + beyond) if beyond else read,
            facts=self._facts(found.digests),
            digests=self._remembered(reach),
            dropped=self._dropped(read, [d for d in found.digests if d in kept]),
            partial=len(kept) < total <= MAX_ENTRIES,
            complete=found.closed and not self.retrieved.delta,
        )

    def _facts(self, digests: Sequence[bytes]) -> WindowFacts:
        facts = self.state.facts(digests)  # a part has nothing in common with the last window
        return replace(facts, previous=0, part=True) if self.retrieved.delta else facts

    def _remembered(self, digests: Sequence[bytes]) -> list[bytes]:
        """Those that count as seen: a part of a window adds to the last one."""
        before = read_window(self.state.window) if self.retrieved.delta else ()
        return [*dict.fromkeys((*digests, *before))][:WINDOW_MOST]

    def _dropped(self, read: Read, digests: Sequence[bytes]) -> tuple[Dropped, ...]:
        """The entries not carried of which nothing was said; all, where digests are no entry's."""
        seen = read_window(self.state.window)
        fit = len(digests) == len(read.entries)
        return tuple(
            entry
            for n, entry in enumerate(read.entries)
            if isinstance(entry, Dropped) and not (fit and digests[n] in seen)
        )

    async def _in_portions(self, found: Window, new: Sequence[bytes]) -> Read | Failed | Harmed:
        """The entries with these digests, as many at a time as are read of one document."""
        reads = [Read(entries=())]
        for portion in portions(new, MAX_ENTRIES):
            read = await self._read(found.reduced(portion))
            if not isinstance(read, Read):
                return read
            reads.append(read)
        if len(reads) <= 2:  # of one document nothing has to be joined
            return reads[-1]
        return replace(
            reads[-1],
            entries=tuple(without_repeats(chain.from_iterable(read.entries for read in reads))),
            left_out=sum(read.left_out for read in reads),
        )

    async def _look(self) -> Window | Whole:
        body, content_type = self.retrieved.body, self.retrieved.content_type
        if len(body) <= LOOKED_AT_HERE_BYTES:
            return look(body, content_type)
        return await asyncio.to_thread(look, body, content_type)

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
        match answer:
            case Unreadable(why):
                return Failed(why=why, trouble=Trouble.UNREADABLE)
            case Harmed(why, proven=False):
                return Failed(why=why, trouble=Trouble.SOFT)
        return answer


def _count(found: Window, digests: Sequence[bytes]) -> int:
    """The raw items with these digests, repeated ones included."""
    wanted = frozenset(digests)
    return sum(digest in wanted for digest in found.digests)


def _within_reach(found: Window) -> list[bytes]:
    """The digests of the entries that are read of a window, in its order."""
    return [*dict.fromkeys(found.digests)][:WINDOW_MOST]
