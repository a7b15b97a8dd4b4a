"""Deliver: one match on one channel, from claim to told, exactly once.

In: a match and a channel.  Out: the decision, after its effect.  Invariants: returns only when the
memory knows the outcome; a message that may stand in the channel is looked for before it is posted
again; a foreign claim is waited for; an own one does not run out, because every round renews it
(12 s) and does one thing: a post or a look (10 s at most), or a nap.
"""

import itertools
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

from alerts.card import Card, make_card
from alerts.decide import decide, undeliverable
from alerts.judgement import Judgement, State
from alerts.memory import Memory, MemoryUnreachable
from alerts.sink import Absent, CannotTell, Found, LookAgain, NotSent, Refused, Sent, Sink, Unclear
from alerts.telling import Pace, Telling
from streams.decision import Decision
from streams.match import Match
from streams.outage import Outages
from streams.records import Stop, utc_now
from streams.story import signature

log = logging.getLogger("wirewatch.deliver")

REDIS_RETRY_S = 0.5
"""While Redis is away."""

WAIT_STEP_S = 0.25
"""How often a foreign claim is looked at; it usually ends in one post's time."""

MAY_REPEAT = "may repeat"
FOUND = "found in the channel"
"""Details of a decision."""

Answer = TypeVar("Answer")


class Delivery:
    """Claims by `memory`, tells by `sink`, until it is told or `stop` says to leave it."""

    def __init__(
        self, memory: Memory, sink: Sink, stop: Stop, outages: Outages, pace: Pace | None = None
    ) -> None:
        self._memory = memory
        self._sink = sink
        self._stop = stop
        self._redis_outage = outages.of("Redis")
        self._sink_outage = outages.of(sink.name)
        self._unbegun = Telling(pace=pace or Pace())
        self._holders = itertools.count(1)

    async def tell(self, match: Match, channel: str) -> Decision:
        """Tells `channel` of the match, or finds why not.

        Raises:
            Stopping: the program ends first; the same record must come again.
        """
        keys, holder, telling = signature(match.item), next(self._holders), self._unbegun
        while True:
            claim = await self._patiently(
                lambda: self._memory.judge(match.item, keys, channel, holder=holder)
            )
            if claim.state.silent:
                return decide(match, claim, utc_now())
            step = await self._go_on(match, claim, telling)
            if isinstance(step, Decision):
                return step
            telling = step

    async def kept(self) -> bool:
        """True once a crash of Redis would not undo what was told before this call."""
        return await self._memory.kept()

    async def _go_on(self, match: Match, claim: Judgement, telling: Telling) -> Telling | Decision:
        """One thing, under a claim just renewed."""
        if claim.state is State.WAIT:
            await self._stop.sleep(min(claim.wait_s, WAIT_STEP_S))
            return telling
        now = monotonic()
        telling = telling.taken_over(now) if claim.again else telling
        if telling.next_at > now:
            await self._stop.sleep(min(telling.next_at - now, telling.pace.nap_s))
            return telling
        card = make_card(match, claim, may_repeat=telling.may_repeat)
        act = self._look if telling.in_doubt else self._post
        return await act(match, claim, card, telling)

    async def _post(
        self, match: Match, claim: Judgement, card: Card, telling: Telling
    ) -> Telling | Decision:
        begun = monotonic()
        match await self._sink.deliver(card):
            case Sent(ts):
                told = decide(match, claim, utc_now(), detail=MAY_REPEAT if card.may_repeat else "")
                return await self._settle(claim, Found(ts, claim.version), told, telling)
            case Refused(why):
                await self._patiently(lambda: self._memory.give_up(claim))
                log.error("%s refuses a message for %s: %s", self._sink.name, card.channel, why)
                return undeliverable(match, claim, utc_now(), why=why)
            case NotSent(why, retry_after_s):
                self._sink_outage.began(why)
                return telling.held(monotonic() + retry_after_s)
            case Unclear(why):
                self._sink_outage.began(f"outcome unclear: {why}")
                return telling.unclear(begun, monotonic())

    async def _look(
        self, match: Match, claim: Judgement, card: Card, telling: Telling
    ) -> Telling | Decision:
        begun = monotonic()
        match await self._sink.find(card, claim.since_ms):
            case Found() as seen:
                told = decide(match, claim, utc_now(), detail=FOUND)
                return await self._settle(claim, seen, told, telling)
            case Absent():
                return telling.absent(begun)
            case LookAgain(why, retry_after_s):
                self._sink_outage.began(why)
                return telling.unseen(monotonic(), retry_after_s)
            case CannotTell():
                return telling.unreadable()

    async def _settle(
        self, claim: Judgement, seen: Found, told: Decision, telling: Telling
    ) -> Telling | Decision:
        """Puts what stands in the channel into the memory."""
        self._sink_outage.over()
        if not await self._patiently(lambda: self._memory.told(claim, seen.ts, seen.version)):
            log.warning("the claim on story %s ran out before it was settled", claim.story)
            return telling.taken_over(monotonic())
        return told if seen.version == claim.version else self._unbegun

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
