"""Folder: what an agency left in a folder in, items out; each file once.

The way: `take` reads whole files and says what is in them; the caller publishes; `settle` moves
the files to done/, and what cannot be read to rejected/ with the reason beside it.  Invariants: no
file is moved before its items are published; a file half-written waits; what a killed poller had
not moved is read again and has the same ids and hashes; what cannot be moved is read once.
Blocking I/O: call both in a thread.
"""

import errno
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.feeds.drops.agency import latest_only
from monitor.feeds.drops.agency_file import read_agency_file
from monitor.feeds.drops.folder_files import (
    DONE,
    PLACES,
    REJECTED,
    Changed,
    DropFile,
    OpenFolder,
    opened,
)
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import MAX_BODY_BYTES
from monitor.feeds.reading.entries import Dropped
from monitor.feeds.reading.guard import NotAFeed
from monitor.feeds.reading.plain import one_line
from streams.item import Item

STILL_S = 1.0
"""A file must be unchanged for so long: uploads that pause are rarely slower."""

HALF_WRITTEN_S = 60.0
"""What cannot be read may still be on its way for so long; then it is rejected."""

MAX_FILES_A_POLL = 100
"""Read at once, under a second of work; the rest is read at the next poll."""

MAX_BYTES_A_POLL = 2 * MAX_BODY_BYTES
"""Read at once, beside the first file."""

MAX_ENTRIES_A_POLL = 1_000
"""After which no further file is read: each costs 0.2 ms and is published at once."""

KEPT_DONE_S = 30 * 86_400.0
"""Files in done/, as long as their items stay on the topic; rejected/ is for people to clear."""

PRUNE_EVERY_S = 3_600.0
"""Done/ may hold very many files; looking at each takes a second for 300,000."""

LOOK_MOST_S = 20.0
"""After which no further file is read: hostile ones take so long that a poll would not end."""

MAX_LOSSES = 5
"""Looks at a file in which its parser was lost; then it is to blame."""

MAX_REASON_CHARS = 500

ReadFile = Callable[[bytes, Feed, datetime], Sequence[Item | Dropped]]
"""Reads a file's body, as `read_agency_file` does; may raise `ParserLost`, too."""

_UNFINISHED = (".tmp", ".part", ".filepart", "~")
_OF_THE_FILE = {errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENXIO}
"""No right to read it, a link, a socket; other errors are the folder's."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file nobody can use, and why."""

    file: DropFile
    why: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """A file that was read and cannot be moved; with `why` it was rejected."""

    file: DropFile
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one look gave: files read, their entries, files to reject; `more` lie there still.

    `stuck` files were taken at an earlier look, and are only to be moved.
    """

    files: tuple[DropFile, ...] = ()
    entries: tuple[Item | Dropped, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    stuck: tuple[Stuck, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The folder cannot be worked with, and why."""

    why: str


class ParserLost(Exception):
    """The process that read the file was killed, which need not be the file's fault."""


class Drops:
    """One feed's folder.  It remembers only what it waits for: another process may go on."""

    def __init__(self, path: Path, read: ReadFile = read_agency_file) -> None:
        self._path = path
        self._read = read
        self._waiting: dict[str, _Wait] = {}
        self._stuck: dict[str, Stuck] = {}
        self._looking = threading.Lock()
        self._pruned_s = float("-inf")

    @property
    def empty(self) -> bool:
        """Whether the last look saw no file, not even one to wait for."""
        return not self._waiting

    def take(self, feed: Feed, now: datetime) -> Taken | Unavailable:
        """What can be read whole, oldest first; `now` is aware.  Moves nothing."""
        try:
            with self._alone(), opened(self._path) as folder:
                return self._take(folder, feed, now)
        except OSError as error:
            return Unavailable(self._why(error))

    def settle(self, taken: Taken, now: datetime) -> Unavailable | None:
        """Moves what was taken; call it once the broker has the entries and the rejections.

        What cannot be moved stays, and is moved when it can be.
        """
        moves = [Stuck(file) for file in taken.files]
        moves += [Stuck(rejected.file, rejected.why) for rejected in taken.rejected]
        moves += taken.stuck
        self._stuck |= {move.file.name: move for move in moves}
        why = ""
        try:
            with self._alone(), opened(self._path) as folder:
                for move in moves:
                    why = self._move(folder, move, now) or why
                self._prune(folder, now)
        except OSError as error:
            return Unavailable(self._why(error))
        return Unavailable(f"folder {self._path}: {why}") if why else None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """A mount that hangs holds one thread, not one more with each look.

        Raises:
            TimeoutError: a look has not ended.
        """
        if not self._looking.acquire(blocking=False):
            raise TimeoutError(0, "the last look into it has not ended")
        try:
            yield
        finally:
            self._looking.release()

    def _move(self, folder: OpenFolder, move: Stuck, now: datetime) -> str:
        """Why it cannot be moved; empty once it is."""
        place = REJECTED if move.why else DONE
        try:
            folder.move(move.file, place, now, move.why)
        except OSError as error:
            return f"{move.file.shown} cannot be moved to {place}: {error.strerror}"
        self._stuck.pop(move.file.name, None)
        return ""

    def _take(self, folder: OpenFolder, feed: Feed, now: datetime) -> Taken:
        found = sorted(
            (file for file in folder.files() if not _unfinished(file.name)),
            key=lambda file: (file.mtime_ns, file.name),
        )
        self._waiting = {
            file.name: _waited(self._waiting.get(file.name), file, now.timestamp())
            for file in found
        }
        self._stuck = {f.name: s for f in found if (s := self._stuck_as(f))}
        stuck = tuple(self._stuck.values())[:MAX_FILES_A_POLL]
        look = _Look(folder, self._read, feed, now)
        for file in found:
            if file.name in self._stuck:
                continue
            if look.full(file):
                return look.taken(stuck, more=True)
            look.at(file, self._waiting[file.name])
        return look.taken(stuck, more=False)

    def _stuck_as(self, file: DropFile) -> Stuck | None:
        """What is remembered of a file that could not be moved, if it is still that one."""
        stuck = self._stuck.get(file.name)
        return stuck if stuck and stuck.file.same(file) else None

    def _prune(self, folder: OpenFolder, now: datetime) -> None:
        if now.timestamp() - self._pruned_s >= PRUNE_EVERY_S:
            self._pruned_s = now.timestamp()
            folder.prune(KEPT_DONE_S, now)

    def _why(self, error: OSError) -> str:
        where = f"{self._path}/{error.filename}" if error.filename in PLACES else self._path
        return f"folder {where}: {error.strerror or type(error).__name__}"


@dataclass(slots=True)
class _Wait:
    """A file seen before: since when it is as it is, and why it is no agency file as it is."""

    file: DropFile
    since_s: float
    broken: str = ""
    losses: int = 0


def _waited(before: _Wait | None, file: DropFile, now_s: float) -> _Wait:
    """Unchanged since its time says, or since it was first seen so: clocks of mounts differ."""
    if before and before.file.same(file) and before.since_s <= now_s:  # clocks go back
        return before
    return _Wait(file, min(now_s, file.mtime_ns / 1e9))


def _unfinished(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(_UNFINISHED)


class _Look:
    """One look into the folder."""

    def __init__(self, folder: OpenFolder, read: ReadFile, feed: Feed, now: datetime) -> None:
        self._folder, self._reads, self._feed, self._now = folder, read, feed, now
        self._ends_at = time.monotonic() + LOOK_MOST_S
        self._files: list[DropFile] = []
        self._entries: list[Item | Dropped] = []
        self._rejected: list[Rejected] = []
        self._bytes = 0

    def full(self, file: DropFile) -> bool:
        """True when the file must wait for the next poll."""
        count = len(self._files) + len(self._rejected)
        over = self._bytes + min(file.size, MAX_BODY_BYTES) > MAX_BYTES_A_POLL
        many = count >= MAX_FILES_A_POLL or len(self._entries) >= MAX_ENTRIES_A_POLL
        return many or time.monotonic() > self._ends_at or bool(self._bytes and over)

    def at(self, file: DropFile, wait: _Wait) -> None:
        """Takes, rejects or leaves the file."""
        still_s = self._now.timestamp() - wait.since_s
        if not file.regular:
            self._reject(file, "no regular file: a link, a pipe or a device")
        elif still_s < STILL_S:
            return
        elif file.size > MAX_BODY_BYTES:
            self._reject(file, f"larger than {MAX_BODY_BYTES // 2**20} MB")
        else:
            why = wait.broken or self._read(file, wait)
            if why and still_s >= HALF_WRITTEN_S:
                self._reject(file, why)

    def taken(self, stuck: tuple[Stuck, ...], *, more: bool) -> Taken:
        """What the look gave; of several versions of one item only the last is an item."""
        return Taken(
            files=tuple(self._files),
            entries=tuple(latest_only(self._entries)),
            rejected=tuple(self._rejected),
            stuck=stuck,
            more=more,
        )

    def _read(self, file: DropFile, wait: _Wait) -> str:
        """Takes the file, if it is still what was seen; else why it cannot be.

        Raises:
            OSError: the folder is in trouble, not the file.
        """
        try:
            body = self._folder.read(file)
        except (Changed, FileNotFoundError):
            return ""
        except OSError as error:
            if error.errno not in _OF_THE_FILE:
                raise
            return error.strerror or type(error).__name__
        self._bytes += len(body)
        try:
            entries = self._reads(body, self._feed, self._now)
        except NotAFeed as error:
            wait.broken = str(error)
        except ParserLost as error:
            wait.losses += 1
            wait.broken = str(error) if wait.losses >= MAX_LOSSES else ""
        else:
            self._files.append(file)
            self._entries += entries
        return wait.broken

    def _reject(self, file: DropFile, why: str) -> None:
        self._rejected.append(Rejected(file, one_line(why)[:MAX_REASON_CHARS]))
