"""Room: how much may be under way at once, counted in records and in bytes.

In: sizes of what comes and goes.  Out: `take` returns once there is room.  Invariants: never more
than the limits; who finds no room waits, and gets it in the order of coming.
"""

import asyncio
from collections import deque


class Room:
    """Room for `most_records` records of `most_bytes` bytes together; belongs to one event loop."""

    def __init__(self, most_records: int, most_bytes: int) -> None:
        self._most_records = most_records
        self._most_bytes = most_bytes
        self._turns: deque[tuple[asyncio.Future[None], int]] = deque()
        self.records = 0
        self.bytes = 0

    @property
    def waiting(self) -> int:
        """How many find no room."""
        return len(self._turns)

    def take_now(self, size: int) -> bool:
        """Takes room for one record of `size` bytes if there is some and nobody waits."""
        if self._turns or not self._fits(size):
            return False
        self.records += 1
        self.bytes += size
        return True

    async def take(self, size: int) -> None:
        """Takes room for one record of `size` bytes, at most `most_bytes`, when its turn comes."""
        if self.take_now(size):
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns.append((turn, size))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.give(size)  # it came together with the cancellation
            elif (turn, size) in self._turns:
                self._turns.remove((turn, size))
                self._admit()
            raise

    def give(self, size: int) -> None:
        """One record of `size` bytes is gone."""
        self.records -= 1
        self.bytes -= size
        self._admit()

    def _fits(self, size: int) -> bool:
        return self.records < self._most_records and self.bytes + size <= self._most_bytes

    def _admit(self) -> None:
        """Gives room to those who wait, the first first."""
        while self._turns:
            turn, size = self._turns[0]
            if not turn.cancelled() and not self._fits(size):
                return
            self._turns.popleft()
            if not turn.cancelled():
                self.records += 1
                self.bytes += size
                turn.set_result(None)
