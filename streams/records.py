"""Records in work: read one, send what follows from it until the broker has it, or stop.

In: a Kafka record and a stage's function.  Out: True once every effect is acknowledged, False when
the program stops first.  Invariant: no exception leaves; what cannot be read or handled goes to
`wire.deadletter` with its error.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

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

AnyRecord = Item | Match | Decision | DeadLetter
Send = Callable[[bytes, bytes], Awaitable[None]]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A record as it was read: where it stood, and its bytes."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes


class Downstream:
    """Where a stage sends what follows: records out, acknowledged."""

    def __init__(self, sends: Mapping[str, Send], ledger: Ledger, stop: Stop) -> None:
        self._sends = sends
        self._stop = stop
        self.ledger = ledger

    async def send(self, topic: Topic, key: str, record: AnyRecord) -> None:
        """Returns once the broker has the record, however long that takes.

        Raises:
            Stopping: the program ends first.
            TooLarge: the broker would never take it.
        """
        value, delay = encode(record), RETRY_FIRST_S
        while True:
            try:
                await self._sends[topic.name](key.encode(), value)
            except TooLarge:
                raise
            except Exception as error:
                log.debug("sending to %s: %r", topic.name, error)
            else:
                return
            await self._stop.sleep(delay)
            delay = min(2 * delay, RETRY_MOST_S)

    async def decide(self, decision: Decision) -> None:
        """Puts a decision on record."""
        await self.send(DECISIONS, decision.item, decision)
        self.ledger.decided(decision)

    async def bury(self, source: Source, error: str) -> None:
        """Puts a record nobody can use on `wire.deadletter`."""
        letter = dead_letter(
            topic=source.topic,
            partition=source.partition,
            offset=source.offset,
            key=source.key,
            value=source.value,
            error=error,
            at=utc_now(),
        )
        await self.send(DEADLETTER, f"{source.topic}-{source.partition}-{source.offset}", letter)
        self.ledger.dead(letter)


async def finish(
    source: Source, downstream: Downstream, stage: Callable[[Source], Awaitable[None]]
) -> bool:
    """Runs `stage` on `source`; the answer says whether its offset may be committed."""
    try:
        try:
            await stage(source)
        except Undecodable as error:
            log.warning("%s is no record: %s", _name(source), error)
            await downstream.bury(source, str(error))
        except Stopping:
            raise
        except Exception as error:
            log.exception("%s could not be handled, see wire.deadletter", _name(source))
            await downstream.bury(source, f"{type(error).__name__}: {error}")
    except Stopping:
        return False
    return True


def _name(source: Source) -> str:
    return f"{source.topic}-{source.partition}@{source.offset}"


def utc_now() -> str:
    """The wall clock, ISO 8601 UTC with milliseconds, for records."""
    return iso_utc(datetime.now(UTC))
