"""Records in work: a chunk read, what follows from it sent until the broker has it, or a stop.

In: Kafka records and a stage's function.  Out: True once every effect is acknowledged, False when
the program stops first.  Invariant: no exception leaves; a record that cannot be read, or that a
stage fails on `TRIES` times, goes to `wire.deadletter` with its error, and the others go on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from streams.decision import Decision
from streams.item import Item, iso_utc
from streams.ledger import Ledger
from streams.match import Match
from streams.topics import (
    DEADLETTER,
    DECISIONS,
    DeadLetter,
    TooLarge,
    Topic,
    Undecodable,
    dead_letter,
    encode,
)

log = logging.getLogger("wirewatch.stream")

RETRY_FIRST_S = 0.2
RETRY_MOST_S = 5.0
"""Between tries while a broker or Redis is away: quick at first, never a flood."""

TRIES = 3
"""Of one record, before it is put aside: what passes by itself does so within two more."""

AnyRecord = Item | Match | Decision | DeadLetter
Send = Callable[[Topic, bytes, bytes], Awaitable[Awaitable[None]]]
"""Hands (topic, key, value) to a producer, in order; the answer is done when the broker has it."""


class Stopping(Exception):
    """The program ends before this record's effect; its offset must not be committed."""


class Stop:
    """The program's wish to end, as a stage sees it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """From now on every wait ends with `Stopping`."""
        self._event.set()

    def is_set(self) -> bool:
        """True once the program is ending."""
        return self._event.is_set()

    async def wait(self) -> None:
        """Until the program is ending."""
        await self._event.wait()

    async def sleep(self, seconds: float) -> None:
        """Waits `seconds`.

        Raises:
            Stopping: the program ends first.
        """
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return
        raise Stopping


class Source(Protocol):
    """A record as it was read: where it stood, and its bytes.

    A protocol that aiokafka's records keep by themselves: making one of our own for each would
    cost a third of the speed.
    """

    @property
    def topic(self) -> str:
        """Its full name, prefix included."""

    @property
    def partition(self) -> int:
        """Of that topic."""

    @property
    def offset(self) -> int:
        """In that partition."""

    @property
    def key(self) -> bytes | None:
        """None where it has none."""

    @property
    def value(self) -> bytes | None:
        """None in a tombstone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A record on its way to a topic."""

    topic: Topic
    key: str
    record: AnyRecord


class Downstream:
    """Where a stage sends what follows: records out, acknowledged."""

    def __init__(self, send: Send, ledger: Ledger, stop: Stop) -> None:
        self._send = send
        self._stop = stop
        self.ledger = ledger

    async def send(self, *outgoing: Outgoing) -> None:
        """Returns once the broker has every record, however long that takes.

        They are sent together and in order; after a failure the failed one and all behind it are
        sent again, so that versions of one item never change places for good.

        Raises:
            Stopping: the program ends first.
            TooLarge: the broker would never take one of them.
        """
        left = [(o.topic, o.key.encode(), encode(o.record)) for o in outgoing]
        delay = RETRY_FIRST_S
        while left:
            done = await self._acknowledged(left)
            left = left[done:]
            if left:
                await self._stop.sleep(delay)
                delay = RETRY_FIRST_S if done else min(2 * delay, RETRY_MOST_S)

    async def _acknowledged(self, records: Sequence[tuple[Topic, bytes, bytes]]) -> int:
        """How many records, from the first on, the broker has."""
        try:
            pending = [await self._send(*record) for record in records]
        except ConnectionError as error:
            log.debug("sending: %r", error)
            return 0
        answers = await asyncio.gather(*pending, return_exceptions=True)
        for number, answer in enumerate(answers):
            if isinstance(answer, ConnectionError):
                log.debug("sending: %r", answer)
                return number
            if isinstance(answer, BaseException):
                raise answer
        return len(answers)

    async def decide(self, decision: Decision) -> None:
        """Puts a decision on record."""
        await self.send(Outgoing(topic=DECISIONS, key=decision.item, record=decision))
        self.ledger.decided(decision)

    async def bury(self, source: Source, error: str) -> None:
        """Puts a record nobody can use on `wire.deadletter`, without its value if need be."""
        letter = dead_letter(
            topic=source.topic,
            partition=source.partition,
            offset=source.offset,
            key=source.key or b"",
            value=source.value or b"",
            error=error,
            at=utc_now(),
        )
        try:
            await self.send(Outgoing(topic=DEADLETTER, key=letter.record_key, record=letter))
        except TooLarge:  # by a broker that takes less than Kafka's default
            letter = replace(letter, value="", cut=True)
            await self.send(Outgoing(topic=DEADLETTER, key=letter.record_key, record=letter))
        self.ledger.dead(letter)

    async def pause(self) -> None:
        """Between two tries of a record.

        Raises:
            Stopping: the program ends first.
        """
        await self._stop.sleep(RETRY_FIRST_S)


Stage = Callable[[Sequence[Source]], Awaitable[None]]
"""Has the effect of a chunk of records; may be called again with any of them."""


async def finish(sources: Sequence[Source], downstream: Downstream, stage: Stage) -> bool:
    """Runs `stage` on a chunk; the answer says whether its offsets may be committed.

    A chunk that fails is worked on again record by record, so that one bad record costs nobody
    but itself.
    """
    try:
        try:
            await stage(sources)
        except Stopping:
            raise
        except Exception as error:
            log.debug("%s: %r, one by one", _name(sources[0]), error)
            await _one_by_one(sources, downstream, stage)
    except Stopping:
        return False
    return True


async def _one_by_one(sources: Iterable[Source], downstream: Downstream, stage: Stage) -> None:
    for source in sources:
        why = await _try(source, downstream, stage)
        if why:
            await downstream.bury(source, why)


async def _try(source: Source, downstream: Downstream, stage: Stage) -> str:
    """Why a record cannot be handled; empty once it is."""
    why = ""
    for number in range(TRIES):
        if number:
            await downstream.pause()
        try:
            await stage([source])
        except Stopping:
            raise
        except (Undecodable, TooLarge) as error:
            log.warning("%s is no record: %s", _name(source), error)
            return str(error)
        except Exception as error:
            log.debug("%s failed", _name(source), exc_info=error)
            why = f"{type(error).__name__}: {error}"
        else:
            return ""
    log.error("%s failed %d times, see wire.deadletter: %s", _name(source), TRIES, why)
    return why


def _name(source: Source) -> str:
    return f"{source.topic}-{source.partition}@{source.offset}"


def utc_now() -> str:
    """The wall clock, ISO 8601 UTC with milliseconds, for records."""
    return iso_utc(datetime.now(UTC))
