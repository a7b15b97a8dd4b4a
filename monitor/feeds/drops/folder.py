"""Folder: what an agency left in a folder in, items out; each file once.

The way: `take` reads whole files and says what is in them; the caller publishes; `settle` moves
the files to done/, and what cannot be read to rejected/ with the reason beside it.  Invariants: no
file is moved before its items are published; a file half-written waits; what a killed poller had
not moved is read again and has the same ids and hashes.  Blocking I/O: call both in a thread.
"""

import errno
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.feeds.drops.agency import latest_only
from monitor.feeds.drops.agency_file import read_agency_file
from monitor.feeds.drops.folder_files import DONE, REJECTED, Changed, DropFile, OpenFolder, opened
from monitor.feeds.feed import Feed
from monitor.feeds.reading.entries import Dropped
from monitor.feeds.reading.guard import NotAFeed
from monitor.feeds.reading.plain import one_line
from streams.item import Item

STILL_S = 1.0
"""A file must be unchanged for so long: uploads that pause are rarely slower."""

HALF_WRITTEN_S = 60.0
"""What cannot be read may still be on its way for so long; then it is rejected."""

MAX_FILE_BYTES = 8 * 2**20
"""As of a fetched body; a message of 100 items has under 1 MB."""

MAX_FILES_A_POLL = 100
"""Read at once, under a second of work; the rest is read at the next poll."""

MAX_BYTES_A_POLL = 2 * MAX_FILE_BYTES
"""Read at once, beside the first file."""

MAX_ENTRIES_A_POLL = 1_000
"""After which no further file is read: each costs 0.2 ms and is published at once."""

KEPT_DONE_S = 30 * 86_400.0
"""Files in done/, as long as their items stay on the topic; rejected/ is for people to clear."""

PRUNE_EVERY_S = 3_600.0
"""Done/ may hold very many files; looking at each takes a second for 300,000."""

MAX_REASON_CHARS = 500

_UNFINISHED = (".tmp", ".part", ".filepart", "~")
_OF_THE_FILE = {errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENXIO}
"""No right to read it, a link, a socket; other errors are the folder's."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file nobody can use, and why."""

    file: DropFile
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one look gave: files read, their entries, files to reject; `more` lie there still."""

    files: tuple[DropFile, ...] = ()
    entries: tuple[Item | Dropped, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The folder cannot be worked with, and why."""

    why: str


class Drops:
    """One feed's folder.  It remembers only what it waits for: another process may go on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: dict[str, _Wait] = {}
        self._pruned_s = float("-inf")

    def take(self, feed: Feed, now: datetime) -> Taken | Unavailable:
        """What can be read whole, oldest first; `now` is aware.  Moves nothing."""
        try:
            with opened(self._path) as folder:
                return self._take(folder, feed, now)
        except OSError as error:
            return Unavailable(self._why(error))

    def settle(self, taken: Taken, now: datetime) -> Unavailable | None:
        """Moves what was taken; call it once the broker has the entries and the rejections.

        What cannot be moved stays and is taken again.
        """
        try:
            with opened(self._path) as folder:
                stuck = _move_all(folder, taken, now)
                self._prune(folder, now)
        except OSError as error:
            return Unavailable(self._why(error))
        return Unavailable(f"folder {self._path}: {stuck}") if stuck else None

    def _take(self, folder: OpenFolder, feed: Feed, now: datetime) -> Taken:
        found = sorted(
            (file for file in folder.files() if not _unfinished(file.name)),
            key=lambda file: (file.mtime_ns, file.name),
        )
        self._waiting = {
            file.name: _waited(self._waiting.get(file.name), file, now.timestamp())
            for file in found
        }
        look = _Look(folder, feed, now)
        for file in found:
            if look.full(file):
                return look.taken(more=True)
            look.at(file, self._waiting[file.name])
        return look.taken(more=False)

    def _prune(self, folder: OpenFolder, now: datetime) -> None:
        if now.timestamp() - self._pruned_s >= PRUNE_EVERY_S:
            self._pruned_s = now.timestamp()
            folder.prune(KEPT_DONE_S, now)

    def _why(self, error: OSError) -> str:
        return f"folder {self._path}: {error.strerror or type(error).__name__}"


@dataclass(slots=True)
class _Wait:
    """A file seen before: since when it is as it is, and why it is no agency file as it is."""

    file: DropFile
    since_s: float
    broken: str = ""


def _waited(before: _Wait | None, file: DropFile, now_s: float) -> _Wait:
    """Unchanged since its time says, or since it was first seen so: clocks of mounts differ."""
    if before and before.file.same(file) and before.since_s <= now_s:  # clocks go back
        return before
    return _Wait(file, min(now_s, file.mtime_ns / 1e9))


def _unfinished(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(_UNFINISHED)


def _move_all(folder: OpenFolder, taken: Taken, now: datetime) -> str:
    """Moves what can be moved; says of the first file that cannot be, why."""
    moves = [(file, DONE, "") for file in taken.files]
    moves += [(rejected.file, REJECTED, rejected.why) for rejected in taken.rejected]
    stuck = []
    for file, place, why in moves:
        try:
            folder.move(file, place, now, why)
        except OSError as error:
            stuck.append(f"{file.shown} cannot be moved to {place}: {error.strerror}")
    return next(iter(stuck), "")


class _Look:
    """One look into the folder."""

    def __init__(self, folder: OpenFolder, feed: Feed, now: datetime) -> None:
        self._folder, self._feed, self._now = folder, feed, now
        self._files: list[DropFile] = []
        self._entries: list[Item | Dropped] = []
        self._rejected: list[Rejected] = []
        self._bytes = 0

    def full(self, file: DropFile) -> bool:
        """True when the file must wait for the next poll."""
        count = len(self._files) + len(self._rejected)
        over = self._bytes + min(file.size, MAX_FILE_BYTES) > MAX_BYTES_A_POLL
        many = count >= MAX_FILES_A_POLL or len(self._entries) >= MAX_ENTRIES_A_POLL
        return many or bool(self._bytes and over)

    def at(self, file: DropFile, wait: _Wait) -> None:
        """Takes, rejects or leaves the file."""
        still_s = self._now.timestamp() - wait.since_s
        if not file.regular:
            self._reject(file, "no regular file: a link, a pipe or a device")
        elif still_s < STILL_S:
            return
        elif file.size > MAX_FILE_BYTES:
            self._reject(file, f"larger than {MAX_FILE_BYTES // 2**20} MB")
        else:
            why = wait.broken or self._read(file, wait)
            if why and still_s >= HALF_WRITTEN_S:
                self._reject(file, why)

    def taken(self, *, more: bool) -> Taken:
        """What the look gave; of several versions of one item only the last is an item."""
        return Taken(
            files=tuple(self._files),
            entries=tuple(latest_only(self._entries)),
            rejected=tuple(self._rejected),
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
            entries = read_agency_file(body, self._feed, self._now)
        except NotAFeed as error:
            wait.broken = str(error)
        except Exception as error:  # one odd file must not hold up those behind it
            wait.broken = f"{type(error).__name__}: {error}"
        else:
            self._files.append(file)
            self._entries += entries
        return wait.broken

    def _reject(self, file: DropFile, why: str) -> None:
        self._rejected.append(Rejected(file, one_line(why)[:MAX_REASON_CHARS]))
