"""Sink: where cards become visible.  A card in, an outcome out.

`Sent` and `Refused` end the matter; `NotSent` is tried again; `Unclear` may have been told.
"""

from dataclasses import dataclass
from typing import Protocol

from alerts.card import Card


@dataclass(frozen=True, slots=True)
class Sent:
    """The message stands in the channel under `ts`."""

    ts: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Proved not sent; try again after `retry_after_s`."""

    why: str
    retry_after_s: float


@dataclass(frozen=True, slots=True)
class Unclear:
    """Sent or not, nobody knows (a timeout, a dropped connection, a 5xx)."""

    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """This card will never be accepted on this channel."""

    why: str


Outcome = Sent | NotSent | Unclear | Refused


class SinkUnreachable(ConnectionError):
    """The sink cannot be used at all; the text says why."""


class Sink(Protocol):
    """Shows cards; never raises for what an outcome can say."""

    name: str

    async def check(self) -> None:
        """Returns if the sink can be reached, else raises `SinkUnreachable`."""

    async def deliver(self, card: Card) -> Outcome:
        """Shows one card, within 10 s."""
        ...

    async def close(self) -> None:
        """Ends the connections."""
