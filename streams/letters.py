"""Letters: what lies on `wire.deadletter`, folded to one letter per record that was put aside.

In: the topic's records in any order of partitions.  Out: letters with their state, oldest first.
Invariants: a record that is no dead letter is shown as one itself, so nothing hides there; a
letter put aside after its mark is open again; text from a record is never trusted.
"""

from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from streams.item import iso_utc
from streams.text import digest
from streams.topics import DeadLetter, LetterState, Undecodable, dead_letter, decode

MAX_ERRORS = 20
"""Different errors kept of one letter: a match has one per channel that refused it."""

FIRST_VERSION_MOST_BYTES = 200_000
"""Letters without `size` were cut there."""

UNKNOWN = -1
"""Size of what such a letter holds a part of."""

LAST_SECOND = 253_402_300_799
"""Of the year 9999; a record's time may be any number."""

Place = tuple[int, int]
"""Partition and offset on `wire.deadletter`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """A record of `wire.deadletter` where it lies there."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One record that was put aside, and what has become of it.

    `name` is how people call it (`wire.items-3@41`), `key` the record's own.  `errors`: why, since
    it was last dealt with.  `size` is in bytes, or `UNKNOWN`; `whole` is False when key or value
    are cut.  `replays`: how often these very bytes were put back.  `place` is where its newest copy
    lies: partition and offset.
    """

    name: str
    topic: str
    partition: int
    offset: int
    key: str
    size: int
    whole: bool
    errors: tuple[str, ...]
    at: str
    state: LetterState
    marked: str
    note: str
    replays: int
    place: Place

    @property
    def open(self) -> bool:
        """True until somebody replays or drops it."""
        return self.state is LetterState.BURIED


@dataclass(slots=True)
class _Copy:
    """One time a record was put aside, without its bytes."""

    letter: DeadLetter
    size: int
    whole: bool
    likeness: str
    place: Place


@dataclass(slots=True)
class _Case:
    """All that lies there about one record."""

    copies: list[_Copy] = field(default_factory=list)
    marks: list[DeadLetter] = field(default_factory=list)


class Letters:
    """The fold: `add` every record, then ask."""

    def __init__(self) -> None:
        self._cases: dict[str, _Case] = {}

    def add(self, record: Lying) -> None:
        """Takes one record of the topic into account."""
        letter = read_letter(record)
        case = self._cases.setdefault(letter.record_key, _Case())
        if letter.state is LetterState.BURIED:
            case.copies.append(_copy(letter, record))
        else:
            case.marks.append(letter)

    def all(self) -> list[Letter]:
        """Every letter, oldest first; marks without a letter say nothing any more."""
        cases = [case for case in self._cases.values() if case.copies]
        replays = _replays(cases)
        letters = [_letter(case, replays) for case in cases]
        return sorted(letters, key=lambda letter: (letter.at, letter.name))


def read_letter(record: Lying) -> DeadLetter:
    """The record as a dead letter; what is none becomes a letter about itself."""
    try:
        return decode(DeadLetter, record.value)
    except Undecodable as error:
        return dead_letter(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            value=record.value,
            error=f"no dead letter: {error}",
            at=_at(record.timestamp_ms),
        )


def value_of(letter: DeadLetter) -> bytes:
    """The bytes that a letter holds; none if it was written by somebody who cannot write them."""
    try:
        return b64decode(letter.value, validate=True)
    except (NoBase64, ValueError):
        return b""


def mark(letter: Letter, state: LetterState, *, at: str, note: str) -> DeadLetter:
    """What to put on the topic once `letter` is dealt with."""
    return DeadLetter(
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        error="",
        value="",
        at=letter.at,
        size=letter.size,
        state=state,
        marked=at,
        note=note,
    )


def _at(timestamp_ms: int) -> str:
    seconds = min(max(0, timestamp_ms / 1000), LAST_SECOND)
    return iso_utc(datetime.fromtimestamp(seconds, UTC))


def _copy(letter: DeadLetter, record: Lying) -> _Copy:
    value, size = value_of(letter), max(UNKNOWN, letter.size)
    whole = len(value) == size and not letter.cut
    if size == UNKNOWN and len(value) < FIRST_VERSION_MOST_BYTES:
        size, whole = len(value), "\ufffd" not in letter.key
    return _Copy(
        letter=replace(letter, value=""),
        size=size,
        whole=whole,
        likeness=digest(letter.topic, letter.key, letter.value),
        place=(record.partition, record.offset),
    )


def _replays(cases: Iterable[_Case]) -> dict[str, int]:
    """How often each likeness was put back, whichever of its letters that was."""
    counts: dict[str, int] = {}
    for case in cases:
        likeness = max(case.copies, key=_when).likeness
        again = sum(mark.state is LetterState.REPLAYED for mark in case.marks)
        counts[likeness] = counts.get(likeness, 0) + again
    return counts


def _when(copy: _Copy) -> str:
    return copy.letter.at


def _letter(case: _Case, replays: dict[str, int]) -> Letter:
    done = max(case.marks, key=lambda mark: (mark.at, mark.marked), default=None)
    fresh = [copy for copy in case.copies if done is None or copy.letter.at > done.at]
    copies = sorted(fresh or case.copies, key=_when)
    newest = copies[-1]
    errors = dict.fromkeys(copy.letter.error for copy in copies)
    closed = None if fresh else done
    letter = newest.letter
    return Letter(
        name=f"{letter.topic}-{letter.partition}@{letter.offset}",
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        key=letter.key,
        size=newest.size,
        whole=newest.whole,
        errors=tuple(errors)[:MAX_ERRORS],
        at=letter.at,
        state=closed.state if closed else LetterState.BURIED,
        marked=closed.marked if closed else "",
        note=closed.note if closed else "",
        replays=replays[newest.likeness],
        place=newest.place,
    )
