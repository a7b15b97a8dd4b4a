"""Following: the book on `wire.rules` in; the matcher in force swapped whole.

Invariants: a book is read and compiled in a thread, beside the one in force; what is broken or not
whole never takes its place, and is said once.  Needs no consumer group, so every worker reads all.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from streams.broker.connection import Connection
from streams.broker.reader import Chunk, follow
from streams.outage import Outage
from streams.rules.book import Book
from streams.rules.current import Current
from streams.rules.heap import built_aside
from streams.rules.load import Builder
from streams.rules.matching.matcher import Matcher
from streams.rules.published import (
    Nothing,
    NotTaken,
    Unfinished,
    Values,
    book_in,
    earlier,
    fold,
    whole,
)
from streams.topics import RULES

log = logging.getLogger("wirewatch.rules")


class Follower:
    """Keeps `current` at what the topic says.

    `taken` is told of each book that takes force; `forgotten` when the topic holds none, for
    somebody who can push it again.
    """

    def __init__(
        self,
        connection: Connection,
        current: Current,
        outage: Outage,
        *,
        taken: Callable[[Book], None],
        forgotten: Callable[[], None] | None = None,
    ) -> None:
        self._connection = connection
        self._current = current
        self._outage = outage
        self._taken = taken
        self._forgotten = forgotten
        self._values: dict[str, bytes] = {}
        self._builder = Builder()
        self._unsaid = ""
        self._said = ""
        self._read_again = False

    async def run(self) -> None:
        """Follows the topic until cancelled."""
        while True:
            async with contextlib.aclosing(follow(self._connection, RULES, self._outage)) as chunks:
                async for chunk in chunks:
                    if chunk.anew or chunk.records:
                        await self._take_over(chunk)
                    elif self._unsaid and not self._read_again:
                        break  # perhaps records were missed: a broker that forgot and grew again
                    elif self._unsaid:
                        self._say()
            self._read_again = True

    async def _take_over(self, chunk: Chunk) -> None:
        if chunk.anew:
            self._values.clear()
        fold(self._values, [(record.key, record.value) for record in chunk.records])
        try:
            await self._swap(self._values)
        except NotTaken as error:
            await self._refuse(error, chunk)
        else:
            self._current.refuse(RULES.name, "")
            self._unsaid = self._said = ""
            self._read_again = False

    async def _swap(self, values: Values) -> None:
        """Raises `NotTaken` when there is nothing to take."""
        matcher = await asyncio.to_thread(
            _matcher_in, values, self._current.in_force, self._builder
        )
        if matcher is not None:
            self._current.take(matcher, time.time())
            self._taken(matcher.book)

    async def _refuse(self, error: NotTaken, chunk: Chunk) -> None:
        self._current.refuse(RULES.name, str(error))
        if isinstance(error, Nothing) and self._forgotten:
            self._forgotten()
            return
        if str(error) != self._said:
            self._unsaid = str(error)
        if not isinstance(error, Unfinished):
            self._say()
        elif not chunk.anew:
            self._read_again = False  # the rest of a push may still come
        elif not self._current.there.is_set():
            await self._last_good(chunk)

    async def _last_good(self, chunk: Chunk) -> None:
        """At a start in the middle of a push: the last whole book the topic remembers."""
        for values in earlier([(record.key, record.value) for record in chunk.records]):
            with contextlib.suppress(NotTaken):
                await self._swap(values)
                return

    def _say(self) -> None:
        if self._unsaid:
            there = self._current.there.is_set()
            now = "the last good book stays in force" if there else "waiting for a book"
            log.warning("%s; %s", self._unsaid, now)
        self._said, self._unsaid = self._unsaid or self._said, ""


def _matcher_in(values: Values, in_force: Matcher | None, builder: Builder) -> Matcher | None:
    """The matcher of the book in `values`; None if that book is in force already."""
    if in_force and whole(values).hash == in_force.book.hash:
        return None
    with built_aside():
        return Matcher(book_in(values, builder.build), like=in_force)
