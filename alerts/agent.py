"""The alert stage: `wire.matches` in, messages and decisions out.

Channels of one match are told one after the other; each ends in a decision on `wire.decisions`.
A message no sink will ever take goes to `wire.deadletter` and does not hold up the rest.
"""

from collections.abc import Sequence

import faust

from alerts.deliver import Delivery
from streams.broker.connection import Connection
from streams.broker.faust_app import make_app, sender, subscribe
from streams.decision import Reason
from streams.ledger import Ledger
from streams.match import Match
from streams.records import Downstream, Source, Stop, finish
from streams.topics import MATCHES, decode

GROUP = "wirewatch.alert"

CHUNK_MOST = 1
"""Each record counts as soon as it is told: a message takes far longer than a commit."""


class AlertStage:
    """Records of `wire.matches`, told on every channel they name."""

    def __init__(self, delivery: Delivery, downstream: Downstream) -> None:
        self._delivery = delivery
        self._downstream = downstream

    async def __call__(self, sources: Sequence[Source]) -> None:
        """Tells, records; see `streams.records.finish` for what may go wrong."""
        for source in sources:
            await self._tell(source)

    async def _tell(self, source: Source) -> None:
        match = decode(Match, source.value)
        for channel in match.channels():
            decision = await self._delivery.tell(match, channel)
            if decision.reason is Reason.UNDELIVERABLE:
                await self._downstream.bury(source, f"{channel}: {decision.detail}")
            await self._downstream.decide(decision)


def alert_app(connection: Connection, delivery: Delivery, ledger: Ledger, stop: Stop) -> faust.App:
    """The Faust app of the alert role, not started."""
    app = make_app(GROUP, connection, kept=delivery.kept)
    downstream = Downstream(sender(app, connection), ledger, stop)
    stage = AlertStage(delivery, downstream)

    async def work(sources: Sequence[Source]) -> bool:
        return await finish(sources, downstream, stage)

    subscribe(app, connection.name(MATCHES), work, most=CHUNK_MOST)
    return app
