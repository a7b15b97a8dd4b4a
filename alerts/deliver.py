"""Deliver: one match on one channel, from claim to told, exactly once.

In: a match and a channel.  Out: the decision, after its effect.  Invariants: returns only when the
memory knows the outcome; an unclear post is made again and says "may repeat"; a foreign claim is
waited for.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from alerts.card import Card, make_card
from alerts.decide import decide, undeliverable
from alerts.judgement import Judgement, State
from alerts.memory import Memory, MemoryUnreachable
from alerts.sink import NotSent, Refused, Sent, Sink, Unclear
from streams.decision import Decision
from streams.match import Match
from streams.outage import Outages
from streams.records import Stop, utc_now
from streams.story import signature

log = logging.getLogger("wirewatch.deliver")

REDIS_RETRY_S = 0.5
"""While Redis is away."""

UNCLEAR_RETRY_S = 2.0
"""Before a post of unclear outcome is made again."""

WAIT_STEP_S = 0.25
"""How often a foreign claim is looked at; it usually ends in one post's time."""

Answer = TypeVar("Answer")


class Delivery:
    """Claims by `memory`, tells by `sink`, until it is told or `stop` says to leave it."""

    def __init__(self, memory: Memory, sink: Sink, stop: Stop, outages: Outages) -> None:
        self._memory = memory
        self._sink = sink
        self._stop = stop
        self._redis_outage = outages.of("Redis")
        self._sink_outage = outages.of(sink.name)

    async def tell(self, match: Match, channel: str) -> Decision:
        """Tells `channel` of the match, or finds why not.

        Raises:
            Stopping: the program ends first; the same record must come again.
        """
        keys, may_repeat = signature(match.item), False
        while True:
            claim = await self._patiently(lambda: self._memory.judge(match.item, keys, channel))
            if claim.state is State.WAIT:
                await self._stop.sleep(min(claim.wait_s, WAIT_STEP_S))
                continue
            if claim.state in {State.TOLD, State.FOLDED}:
                return decide(match, claim, utc_now())
            may_repeat = may_repeat or claim.again
            card = make_card(match, claim, may_repeat=may_repeat)
            outcome = await self._sink.deliver(card)
            if isinstance(outcome, Sent | Refused):
                return await self._settle(match, claim, card, outcome)
            may_repeat = may_repeat or isinstance(outcome, Unclear)
            await self._hold(outcome)

    async def _settle(
        self, match: Match, claim: Judgement, card: Card, outcome: Sent | Refused
    ) -> Decision:
        """Puts a final outcome into the memory and words it."""
        if isinstance(outcome, Refused):
            await self._patiently(lambda: self._memory.give_up(claim))
            log.error("%s refuses a message for %s: %s", self._sink.name, card.channel, outcome.why)
            return undeliverable(match, claim, utc_now(), why=outcome.why)
        self._sink_outage.over()
        if not await self._patiently(lambda: self._memory.told(claim, outcome.ts)):
            log.warning("story %s was told by another process as well", claim.story)
        return decide(match, claim, utc_now(), detail="may repeat" if card.may_repeat else "")

    async def _hold(self, outcome: NotSent | Unclear) -> None:
        """Waits as long as the outcome asks for."""
        if isinstance(outcome, NotSent):
            self._sink_outage.began(outcome.why)
            await self._stop.sleep(outcome.retry_after_s)
        else:
            self._sink_outage.began(f"outcome unclear: {outcome.why}")
            await self._stop.sleep(UNCLEAR_RETRY_S)

    async def _patiently(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """The memory's answer, however long Redis is away."""
        while True:
            try:
                answer = await call()
            except MemoryUnreachable as error:
                self._redis_outage.began(error)
                await self._stop.sleep(REDIS_RETRY_S)
            else:
                self._redis_outage.over()
                return answer
