"""The alert stage: `wire.matches` in, messages and decisions out.

Channels of one match are told one after the other; each ends in a decision on `wire.decisions`.
A message no sink will ever take goes to `wire.deadletter` and does not hold up the rest.
"""

from typing import Any

import faust
from faust.types import EventT

from alerts.deliver import Delivery
from streams.broker.connection import Connection
from streams.broker.faust_app import make_app, sender, subscribe
from streams.decision import Reason
from streams.ledger import Ledger
from streams.match import Match
from streams.match_agent import as_source
from streams.records import Downstream, Source, Stop, finish
from streams.topics import DEADLETTER, DECISIONS, MATCHES, decode

GROUP = "wirewatch.alert"


class AlertStage:
    """One record of `wire.matches`, told on every channel it names."""

    def __init__(self, delivery: Delivery, downstream: Downstream) -> None:
        self._delivery = delivery
        self._downstream = downstream

    async def __call__(self, source: Source) -> None:
        """Tells, records; see `streams.records.finish` for what may go wrong."""
        match = decode(Match, source.value)
        for channel in match.channels():
            decision = await self._delivery.tell(match, channel)
            if decision.reason is Reason.UNDELIVERABLE:
                await self._downstream.bury(source, f"{channel}: {decision.detail}")
            await self._downstream.decide(decision)


def alert_app(connection: Connection, delivery: Delivery, ledger: Ledger, stop: Stop) -> faust.App:
    """The Faust app of the alert role, not started."""
    app = make_app(connection.group(GROUP), connection)
    topics = (DECISIONS, DEADLETTER)
    downstream = Downstream({t.name: sender(app, connection.name(t)) for t in topics}, ledger, stop)
    stage = AlertStage(delivery, downstream)

    async def handle(event: EventT[Any]) -> bool:
        return await finish(as_source(event), downstream, stage)

    subscribe(app, connection.name(MATCHES), handle)
    return app
