"""Topics and their codec: the only place where bytes become records and records bytes.

In: records of this package.  Out: Kafka values (JSON, `"v": 1`, additive changes only) and keys.
Invariant: a value that cannot be decoded becomes a `DeadLetter` with its bytes, never an exception
beyond `Undecodable`.
"""

from base64 import b64encode
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import msgspec

from streams.decision import Decision
from streams.item import Item
from streams.match import Match
from streams.written import Manifest, WrittenList, WrittenRule

DEFAULT_PARTITIONS = 8
"""Up to eight match workers share the load; set once, never shrunk."""

DAY_MS = 86_400_000
MAX_RECORD_BYTES = 1_000_000
"""The longest item with its matches, as a value; Kafka takes some more by default."""

MAX_DEADLETTER_BYTES = 700_000
"""Of a record's value: as base64 it still fits a message of 1 MB."""

MAX_DEADLETTER_KEY_CHARS = 1_000
"""Of its key: item ids have under 100."""

MAX_ERROR_CHARS = 2_000
"""Of an error's words: some quote the whole record."""


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
RULES = Topic(
    name="wire.rules",
    key="rule id, @list/name, or @manifest",
    retention_days=0,
    purpose="the rule book, read by every match worker without a group, swapped whole",
    partitions=1,
    compact=True,
)
TOPICS = (ITEMS, MATCHES, DECISIONS, DEADLETTER, RULES)


class LetterState(StrEnum):
    """What has become of a dead letter."""

    BURIED = "buried"
    REPLAYED = "replayed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record nobody could use: where it came from, why, and its bytes (base64).

    `size` is that of the whole value, in bytes; -1 in letters of the first version.  `cut` says
    that key or value are not the record's own, because they were too long or the key is no text.
    A letter in another state than `buried` is a mark: it says, under the same key and `at`, what
    was done (`marked` when, `note` why or how) and has no value.
    """

    topic: str
    partition: int
    offset: int
    error: str
    value: str
    key: str = ""
    at: str = ""
    size: int = -1
    cut: bool = False
    state: LetterState = LetterState.BURIED
    marked: str = ""
    note: str = ""
    v: int = 1

    @property
    def record_key(self) -> str:
        """Its key on `wire.deadletter`, and that of its marks."""
        return f"{self.topic}-{self.partition}-{self.offset}"


class Undecodable(ValueError):
    """A value that is no record of its topic; the text says why."""


class TooLarge(ValueError):
    """Records that the broker would never take; `keys` are theirs where several were sent."""

    def __init__(self, message: str, *, keys: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.keys = keys


AnyRecord = Item | Match | Decision | DeadLetter | WrittenRule | WrittenList | Manifest
Record = TypeVar("Record", Item, Match, Decision, DeadLetter, WrittenRule, WrittenList, Manifest)

_encoder = msgspec.json.Encoder()
_decoders: dict[type, msgspec.json.Decoder[AnyRecord]] = {
    record: msgspec.json.Decoder(record)
    for record in (Item, Match, Decision, DeadLetter, WrittenRule, WrittenList, Manifest)
}


def encode(record: AnyRecord) -> bytes:
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
    text = key.decode("utf-8", "replace")[:MAX_DEADLETTER_KEY_CHARS]
    return DeadLetter(
        topic=topic,
        partition=partition,
        offset=offset,
        error=error[:MAX_ERROR_CHARS],
        key=text,
        value=b64encode(value[:MAX_DEADLETTER_BYTES]).decode("ascii"),
        at=at,
        size=len(value),
        cut=len(value) > MAX_DEADLETTER_BYTES or text.encode() != key,
    )
