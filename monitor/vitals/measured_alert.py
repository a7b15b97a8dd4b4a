"""Measured: the alert role's sink and memory, each call timed; the calls themselves unchanged."""

import time

from alerts.card import Card
from alerts.connection import RedisConnection
from alerts.judgement import Judgement
from alerts.memory import Memory
from alerts.sink import Outcome, Sent, Sighting, Sink
from monitor.vitals.counts import Counts
from streams.item import Item
from streams.story import Signature


class MeasuredSink:
    """A sink whose outcomes are counted; what it tells is timed from the item's first sight."""

    def __init__(self, sink: Sink, counts: Counts) -> None:
        self.name = sink.name
        self._sink = sink
        self._counts = counts

    async def check(self) -> None:
        """As the sink does."""
        await self._sink.check()

    async def deliver(self, card: Card) -> Outcome:
        """As the sink does."""
        started = time.perf_counter()
        outcome = await self._sink.deliver(card)
        self._counts.delivered(outcome, time.perf_counter() - started)
        if isinstance(outcome, Sent):
            self._counts.told(seen=card.seen, published=card.published)
        return outcome

    async def find(self, card: Card, since_ms: int) -> Sighting:
        """As the sink does."""
        return await self._sink.find(card, since_ms)

    async def close(self) -> None:
        """As the sink does."""
        await self._sink.close()


class MeasuredMemory(Memory):
    """The story memory; each judgement that Redis gives is timed."""

    def __init__(self, where: RedisConnection, desk: str, token: str, *, counts: Counts) -> None:
        super().__init__(where, desk, token)
        self._counts = counts

    async def judge(
        self,
        item: Item,
        signature: Signature,
        channel: str,
        *,
        holder: int = 0,
        now_ms: int | None = None,
    ) -> Judgement:
        """As the memory does."""
        started = time.perf_counter()
        judgement = await super().judge(item, signature, channel, holder=holder, now_ms=now_ms)
        self._counts.judge_s.observe(time.perf_counter() - started)
        return judgement
