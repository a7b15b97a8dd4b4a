"""Sink: where cards become visible.  A card in, an outcome out, or whether it is visible already.

Of a post, `Sent` and `Refused` end the matter; `NotSent` is tried again; `Unclear` may have been
told.  Of a look, `Found` and `Absent` are proved; `LookAgain` is tried again; `CannotTell` never
will be.
"""

from dataclasses import dataclass
from typing import Protocol

from alerts.card import Card

CALL_MOST_S = 10.0
"""One post, or one look, in all; a claim's lease is longer."""


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


@dataclass(frozen=True, slots=True)
class Found:
    """The message stands in the channel under `ts` and shows `version` of the story."""

    ts: str
    version: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Everything since was read, and the message is not among it."""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """The channel could not be read just now; try again after `retry_after_s`."""

    why: str
    retry_after_s: float


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The channel cannot be read at all."""

    why: str


Sighting = Found | Absent | LookAgain | CannotTell


class SinkUnreachable(ConnectionError):
    """The sink cannot be used at all; the text says why."""


class Sink(Protocol):
    """Shows cards; never raises for what an outcome can say."""

    name: str

    async def check(self) -> None:
        """Returns if the sink can be reached, else raises `SinkUnreachable`."""

    async def deliver(self, card: Card) -> Outcome:
        """Shows one card, within `CALL_MOST_S`."""
        ...

    async def find(self, card: Card, since_ms: int) -> Sighting:
        """Looks once, within `CALL_MOST_S`, whether the channel shows the card already.

        A card of the story itself is found in any version, a thread line only in its own.
        `since_ms` is when its first claim was made: Unix time in ms, by Redis's clock.
        """
        ...

    async def close(self) -> None:
        """Ends the connections."""
