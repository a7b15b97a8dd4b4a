"""The match stage: `wire.items` in, `wire.matches` and decisions out.

An item no rule touches is only counted; one that `none` stopped is decided as `excluded` on each
channel that no other rule tells of it.  A new book is in force from the next item on.
"""

from typing import Any

import faust
from faust.types import EventT

from streams.broker.connection import Connection
from streams.broker.faust_app import make_app, sender, subscribe
from streams.item import Item
from streams.ledger import Ledger
from streams.records import Downstream, Source, Stop, finish, utc_now
from streams.rules.apply import apply
from streams.rules.current import Current
from streams.topics import DEADLETTER, DECISIONS, ITEMS, MATCHES, decode

GROUP = "wirewatch.match"


class MatchStage:
    """One record of `wire.items`, all the way to its acknowledged consequences."""

    def __init__(self, current: Current, downstream: Downstream) -> None:
        self._current = current
        self._downstream = downstream

    async def __call__(self, source: Source) -> None:
        """Matches, sends, records; see `streams.records.finish` for what may go wrong."""
        item = decode(Item, source.value)
        match, excluded = apply(self._current.matcher, item, utc_now())
        if match:
            await self._downstream.send(MATCHES, item.id, match)
        for decision in excluded:
            await self._downstream.decide(decision)
        self._downstream.ledger.item(item, len(match.hits) if match else 0)


def match_app(connection: Connection, current: Current, ledger: Ledger, stop: Stop) -> faust.App:
    """The Faust app of the match role, not started."""
    app = make_app(connection.group(GROUP), connection)
    topics = (MATCHES, DECISIONS, DEADLETTER)
    downstream = Downstream({t.name: sender(app, connection.name(t)) for t in topics}, ledger, stop)
    stage = MatchStage(current, downstream)

    async def handle(event: EventT[Any]) -> bool:
        return await finish(as_source(event), downstream, stage)

    subscribe(app, connection.name(ITEMS), handle)
    return app


def as_source(event: EventT[Any]) -> Source:
    """The Kafka record behind a Faust event."""
    message = event.message
    return Source(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key or b"",
        value=message.value or b"",
    )
