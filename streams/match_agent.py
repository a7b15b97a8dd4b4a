"""The match stage: `wire.items` in, `wire.matches` and decisions out.

An item no rule touches is only counted; one that `none` stopped is decided as `excluded` on each
channel that no other rule tells of it.  A new book is in force from the next item on.
"""

import asyncio
import time
from collections.abc import Sequence

import faust

from streams.broker.connection import Connection
from streams.broker.faust_app import make_app, sender, subscribe
from streams.decision import Decision
from streams.item import Item
from streams.ledger import Ledger
from streams.records import Downstream, Outgoing, Source, Stop, finish, utc_now
from streams.rules.apply import apply
from streams.rules.current import Current
from streams.topics import DECISIONS, ITEMS, MATCHES, decode

GROUP = "wirewatch.match"

CHUNK_MOST = 256
"""Items judged and sent together: enough that the broker's answer costs each of them little."""

YIELD_EVERY = 16
"""Items judged without a pause; the rest of the program waits a few milliseconds at most."""


class MatchStage:
    """A chunk of `wire.items`, all the way to its acknowledged consequences."""

    def __init__(self, current: Current, downstream: Downstream) -> None:
        self._current = current
        self._downstream = downstream

    async def __call__(self, sources: Sequence[Source]) -> None:
        """Matches all, then sends all; see `streams.records.finish` for what may go wrong."""
        outgoing: list[Outgoing] = []
        judged: list[tuple[Item, int]] = []
        for start in range(0, len(sources), YIELD_EVERY):
            if start:
                await asyncio.sleep(0)
            self._judge(sources[start : start + YIELD_EVERY], outgoing, judged)
        await self._downstream.send(*outgoing)
        self._count(judged, outgoing)

    def _judge(
        self,
        sources: Sequence[Source],
        outgoing: list[Outgoing],
        judged: list[tuple[Item, int]],
    ) -> None:
        """Adds to `outgoing` what follows from the items, to `judged` how many rules hit each."""
        started = time.perf_counter()
        for source in sources:
            item = decode(Item, source.value)
            match, excluded = apply(self._current.matcher, item, utc_now())
            if match:
                outgoing.append(Outgoing(topic=MATCHES, key=item.id, record=match))
            outgoing += [Outgoing(topic=DECISIONS, key=item.id, record=d) for d in excluded]
            judged.append((item, len(match.hits) if match else 0))
        self._downstream.ledger.chunk(len(sources), time.perf_counter() - started)

    def _count(self, judged: Sequence[tuple[Item, int]], outgoing: Sequence[Outgoing]) -> None:
        ledger = self._downstream.ledger
        for each in outgoing:
            if isinstance(each.record, Decision):
                ledger.decided(each.record)
        for item, matches in judged:
            ledger.item(item, matches)


def match_app(connection: Connection, current: Current, ledger: Ledger, stop: Stop) -> faust.App:
    """The Faust app of the match role, not started."""
    app = make_app(GROUP, connection)
    downstream = Downstream(sender(app, connection), ledger, stop)
    stage = MatchStage(current, downstream)

    async def work(sources: Sequence[Source]) -> bool:
        return await finish(sources, downstream, stage)

    subscribe(app, connection.name(ITEMS), work, most=CHUNK_MOST)
    return app
