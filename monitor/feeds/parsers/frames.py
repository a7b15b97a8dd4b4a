"""Frames: jobs and answers as they travel between the program and its parsers.

In and out: a `Job` one way, `Read`, `Unreadable` or `Harmed` the other.  On the pipe each is
msgpack behind its length (4 bytes, big endian).  Invariant: a long answer comes in pieces, so that
no loop stands still to decode it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from monitor.feeds.feed import Feed
from monitor.feeds.reading.entries import Dropped, DropReason
from streams.item import Item

PIECE_ENTRIES = 100
"""Of an answer in one frame: 2 ms to decode at worst, and most feeds have fewer."""

_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A body to read; `now` is the time of retrieval (aware).

    With `article` it is the page of one, and its text is wanted; with `agency` it is no feed, but
    a file that an agency left.
    """

    body: bytes
    url: str = ""
    content_type: str = ""
    feed: Feed
    now: datetime
    article: bool = False
    agency: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a body holds: its entries in its order, and what the feed says of itself.

    `left_out` entries are beyond the limit for one body (`MAX_ENTRIES`).  Of an article's page
    there is `text` only, empty where none is found.
    """

    entries: tuple[Item | Dropped, ...]
    left_out: int = 0
    title: str = ""
    lang: str = ""
    ttl_s: float | None = None
    hub: str = ""
    self_url: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The body is no feed; `why` says what it looks like."""

    why: str


@dataclass(frozen=True, slots=True)
class Harmed:
    """The body did harm to its parser: too slow, too large in memory, or the process ended.

    Not `proven` where the process was killed, which may have been anybody.
    """

    why: str
    proven: bool = True


Answer = Read | Unreadable | Harmed


class _Said(StrEnum):
    MORE = "more"
    READ = "read"
    UNREADABLE = "unreadable"
    HARMED = "harmed"


class _Piece(msgspec.Struct, array_like=True):
    """Part of an answer; `reasons` are by place among `items`."""

    said: _Said
    why: str = ""
    items: list[Item] = []
    reasons: dict[int, DropReason] = {}
    title: str = ""
    lang: str = ""
    ttl_s: float | None = None
    hub: str = ""
    self_url: str = ""
    left_out: int = 0
    text: str = ""


_encode = msgspec.msgpack.Encoder().encode
_decode_job = msgspec.msgpack.Decoder(Job).decode
_decode_piece = msgspec.msgpack.Decoder(_Piece).decode

READY = b"\0" * _LENGTH_BYTES
"""An empty frame: the worker has loaded what it needs."""


def job_frame(job: Job) -> bytes:
    """The job as it stands on the pipe."""
    return _framed(_encode(job))


def read_job(payload: bytes) -> Job:
    """The job in a frame."""
    return _decode_job(payload)


def answer_frames(answer: Answer) -> Iterator[bytes]:
    """The answer as it stands on the pipe, piece by piece."""
    match answer:
        case Unreadable(why):
            yield _framed(_encode(_Piece(_Said.UNREADABLE, why)))
        case Harmed(why):
            yield _framed(_encode(_Piece(_Said.HARMED, why)))
        case Read():
            last = max(0, (len(answer.entries) - 1) // PIECE_ENTRIES * PIECE_ENTRIES)
            for start in range(0, last, PIECE_ENTRIES):
                entries = answer.entries[start : start + PIECE_ENTRIES]
                yield _framed(_encode(_piece(_Said.MORE, entries)))
            piece = _piece(_Said.READ, answer.entries[last:])
            piece.title, piece.lang, piece.ttl_s = answer.title, answer.lang, answer.ttl_s
            piece.hub, piece.self_url = answer.hub, answer.self_url
            piece.left_out, piece.text = answer.left_out, answer.text
            yield _framed(_encode(piece))


def _piece(said: _Said, entries: Sequence[Item | Dropped]) -> _Piece:
    return _Piece(
        said,
        items=[entry.item if isinstance(entry, Dropped) else entry for entry in entries],
        reasons={n: e.reason for n, e in enumerate(entries) if isinstance(e, Dropped)},
    )


def _framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(_LENGTH_BYTES) + payload


class AnswerReader:
    """Puts one answer together from its pieces."""

    def __init__(self) -> None:
        self._entries: list[Item | Dropped] = []

    def take(self, payload: bytes) -> Answer | None:
        """The answer, once `payload` is its last piece."""
        piece = _decode_piece(payload)
        match piece.said:
            case _Said.UNREADABLE:
                return Unreadable(piece.why)
            case _Said.HARMED:
                return Harmed(piece.why)
        reasons = piece.reasons
        self._entries += [
            Dropped(item, reasons[n]) if n in reasons else item
            for n, item in enumerate(piece.items)
        ]
        if piece.said is _Said.MORE:
            return None
        return Read(
            entries=tuple(self._entries),
            title=piece.title,
            lang=piece.lang,
            ttl_s=piece.ttl_s,
            hub=piece.hub,
            self_url=piece.self_url,
            left_out=piece.left_out,
            text=piece.text,
        )


class Frames:
    """Cuts what comes through a pipe into the payloads of its frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def take(self, data: bytes) -> Iterator[bytes]:
        """The payloads that `data` completes."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH_BYTES:
            end = _LENGTH_BYTES + int.from_bytes(self._buffer[:_LENGTH_BYTES])
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_LENGTH_BYTES:end])
            del self._buffer[:end]
            yield payload
