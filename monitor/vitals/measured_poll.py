"""Measured: the poll role's producer; what it hands to the broker is counted."""

from collections.abc import Iterable

from monitor.vitals.counts import Counts
from streams.broker.connection import Connection
from streams.broker.producer import Publisher
from streams.topics import Topic


class MeasuredPublisher(Publisher):
    """The producer; records count as outstanding until the broker has them."""

    def __init__(self, connection: Connection, *, counts: Counts) -> None:
        super().__init__(connection)
        self._counts = counts

    async def publish(
        self, topic: Topic, records: Iterable[tuple[str | bytes, bytes | None]]
    ) -> None:
        """As the producer does."""
        records = list(records)
        with self._counts.publishing(topic, len(records)):
            await super().publish(topic, records)
