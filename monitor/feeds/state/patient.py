"""Patient: the feed state, asked until Redis answers.

In: the calls of a poll that must not be given up for an outage.  Out: their answers.  Invariant: an
outage is one line when it begins and one when it ends.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from monitor.feeds.state.known import Known
from monitor.feeds.state.leases import Leases, StateUnreachable
from streams.outage import Outage

RETRY_S = 1.0
"""While Redis is away."""

Answer = TypeVar("Answer")


class PatientState:
    """Waits for Redis as long as it is away."""

    def __init__(self, leases: Leases, outage: Outage) -> None:
        self._leases = leases
        self._outage = outage

    async def known(self, feed: str, ids: Sequence[str] | None) -> Mapping[str, Known]:
        """What was published of the feed under these ids; of all where they are None."""
        if ids is None:
            return await self.ask(lambda: self._leases.known_all(feed))
        return await self.ask(lambda: self._leases.known(feed, ids))

    async def ask(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """What `call` answers once it is answered."""
        while True:
            try:
                answer = await call()
            except StateUnreachable as error:
                self._outage.began(error)
                await asyncio.sleep(RETRY_S)
            else:
                self._outage.over()
                return answer
