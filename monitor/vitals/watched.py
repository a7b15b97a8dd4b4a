"""Watched: what the parts of one process let others look at.

In: each role puts here, when it starts, what can be looked at later.  Out: a `State`, made when
somebody asks.  Invariant: looking never waits and asks nobody outside the process.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from streams.broker.progress import PartitionProgress, Progress
from streams.outage import Outages
from streams.rules.current import Current


class Phase(StrEnum):
    """Where in its life the process is."""

    STARTING = "starting"
    SERVING = "serving"
    STOPPING = "stopping"


Troubles = Callable[[], Sequence[str]]
"""What keeps a part from its work right now, in words; empty while all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookState:
    """The book in force; `refused` is why a newer one is not, `loaded_at` seconds since 1970."""

    hash: str
    rules: int
    loaded_at: float
    refused: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How the process is now; `waiting` names the roles that are not ready."""

    pid: int
    roles: tuple[str, ...]
    phase: Phase
    doing: str
    waiting: tuple[str, ...]
    troubles: tuple[str, ...]
    uptime_s: float
    book: BookState | None
    partitions: dict[str, tuple[PartitionProgress, ...]]

    @property
    def healthy(self) -> bool:
        """True while nothing keeps a role from its work."""
        return not self.troubles

    @property
    def ready(self) -> bool:
        """True while every role serves."""
        return self.phase is Phase.SERVING and not self.waiting

    @property
    def says(self) -> str:
        """The state in a line, for a person."""
        if self.troubles:
            return "; ".join(self.troubles)
        if self.phase is Phase.STARTING:
            return f"starting: {self.doing}" if self.doing else "starting"
        return "ready" if self.ready else str(self.phase)


class Watched:
    """One process's; `uptime` gives seconds since it started.

    Roles fill `groups` (consumer group to its progress), `troubles` and `book`.
    """

    def __init__(self, roles: Iterable[str], outages: Outages, uptime: Callable[[], float]) -> None:
        self.outages = outages
        self.ready = {role: asyncio.Event() for role in roles}
        self.groups: dict[str, Progress] = {}
        self.troubles: list[Troubles] = [outages.lasting]
        self.book: Current | None = None
        self.phase = Phase.STARTING
        self.doing = ""
        self._uptime = uptime

    def state(self) -> State:
        """How the process is now."""
        return State(
            pid=os.getpid(),
            roles=tuple(self.ready),
            phase=self.phase,
            doing=self.doing if self.phase is Phase.STARTING else "",
            waiting=tuple(role for role, ready in self.ready.items() if not ready.is_set()),
            troubles=tuple(trouble for ask in self.troubles for trouble in ask()),
            uptime_s=round(self._uptime(), 3),
            book=_of(self.book) if self.book else None,
            partitions={group: tuple(ask()) for group, ask in self.groups.items()},
        )


def _of(book: Current) -> BookState:
    return BookState(
        hash=book.book_hash, rules=book.rules, loaded_at=book.since, refused=book.refused
    )
