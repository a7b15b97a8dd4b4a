"""Outgoing: records on their way to the broker, and the call that waits for them.

In: keys and values.  Out: one `Call` per `publish`, done when none of its records is under way.
Invariant: a record is settled once, whatever the broker says later.
"""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum, auto


class Outcome(StrEnum):
    """What became of a record; one that is not settled yet is sent again."""

    ACKNOWLEDGED = auto()
    TOO_LARGE = auto()
    REFUSED = auto()
    GIVEN_UP = auto()


class Call:
    """What one caller waits for; belongs to its event loop.

    Attributes:
        under_way: records sent and neither acknowledged nor found too large.
        too_large: keys of records the broker never takes.
        over: True once nobody waits.
    """

    def __init__(self) -> None:
        self.too_large: list[str] = []
        self.over = False
        self.under_way = 0
        self._sealed = False
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def failed(self) -> bool:
        """True once `wait` would raise."""
        return self._done.done() and not self._done.cancelled() and bool(self._done.exception())

    def add(self) -> None:
        """One more record is under way."""
        self.under_way += 1

    def settle(self) -> None:
        """One record less is under way."""
        self.under_way -= 1
        self._look()

    def fail(self, error: Exception) -> None:
        """`wait` raises `error`, unless it returned or raised before."""
        if not self._done.done():
            self._done.set_exception(error)

    async def wait(self) -> None:
        """Until every record is settled; no more come."""
        self._sealed = True
        self._look()
        await self._done

    def leave(self) -> None:
        """Nobody waits any more."""
        self.over = True
        if not self.failed:
            self._done.cancel()

    def _look(self) -> None:
        if self._sealed and not self.under_way and not self._done.done():
            self._done.set_result(None)


@dataclass(slots=True, eq=False)
class Outgoing:
    """One record; two are the same only if they are the same object."""

    topic: str
    key: bytes
    value: bytes | None
    call: Call = field(repr=False)
    settled: bool = False

    @property
    def size(self) -> int:
        """Bytes of key and value."""
        return len(self.key) + len(self.value or b"")
