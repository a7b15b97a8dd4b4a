"""Topics and their codec: the only place where bytes become records and records bytes.

In: records of this package.  Out: Kafka values (JSON, `"v": 1`, additive changes only) and keys.
Invariant: a value that cannot be decoded becomes a `DeadLetter` with its bytes, never an exception
beyond `Undecodable`.
"""

from base64 import b64encode
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from streams.decision import Decision
from streams.item import Item
from streams.match import Match

DEFAULT_PARTITIONS = 8
"""Up to eight match workers share the load; set once, never shrunk."""

DAY_MS = 86_400_000
MAX_DEADLETTER_BYTES = 200_000
"""Of a bad record's value: enough to see what it was, well under Kafka's 1 MB message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic as the program creates it.

    `partitions` 0 is the installation's setting; a compacted topic keeps the last value of each key
    for good.
    """

    name: str
    key: str
    retention_days: int
    purpose: str
    partitions: int = 0
    compact: bool = False


ITEMS = Topic(
    name="wire.items", key="item id", retention_days=30, purpose="history: backtest, why, replay"
)
MATCHES = Topic(
    name="wire.matches",
    key="item id",
    retention_days=30,
    purpose="hand-over to alerting; versions of one item stay in order",
)
DECISIONS = Topic(
    name="wire.decisions", key="item id", retention_days=30, purpose="audit, why, dashboards"
)
DEADLETTER = Topic(
    name="wire.deadletter",
    key="source topic, partition and offset",
    retention_days=90,
    purpose="records that could not be read or delivered, each with its error",
)
TOPICS = (ITEMS, MATCHES, DECISIONS, DEADLETTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record nobody could use: where it came from, why, and its bytes (base64)."""

    topic: str
    partition: int
    offset: int
    error: str
    value: str
    key: str = ""
    at: str = ""
    v: int = 1


class Undecodable(ValueError):
    """A value that is no record of its topic; the text says why."""


class TooLarge(ValueError):
    """Records that the broker would never take; `keys` are theirs where several were sent."""

    def __init__(self, message: str, *, keys: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.keys = keys


Record = TypeVar("Record", Item, Match, Decision, DeadLetter)

_encoder = msgspec.json.Encoder()
_decoders: dict[type, msgspec.json.Decoder[Item | Match | Decision | DeadLetter]] = {
    record: msgspec.json.Decoder(record) for record in (Item, Match, Decision, DeadLetter)
}


def encode(record: Item | Match | Decision | DeadLetter) -> bytes:
    """The record as a Kafka value."""
    return _encoder.encode(record)


def decode(kind: type[Record], value: bytes | None) -> Record:
    """The Kafka value as a record of `kind`.

    Raises:
        Undecodable: not JSON, not this record, or nothing at all (a tombstone).
    """
    if not value:
        raise Undecodable("empty value")
    try:
        return _decoders[kind].decode(value)  # type: ignore[return-value]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(str(error)) from error


def dead_letter(
    *, topic: str, partition: int, offset: int, key: bytes, value: bytes, error: str, at: str
) -> DeadLetter:
    """The dead letter for a record read at `topic`-`partition`@`offset`."""
    return DeadLetter(
        topic=topic,
        partition=partition,
        offset=offset,
        error=error,
        key=key.decode("utf-8", "replace"),
        value=b64encode(value[:MAX_DEADLETTER_BYTES]).decode("ascii"),
        at=at,
    )
