"""Folder files: one folder open, its files listed, read, moved; all I/O of drops.

Invariants: only regular files are opened, never through a link; every name is looked up in the
open folder, so nothing outside it is touched; nothing is deleted but what lies in done/ for long.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

PLACES = DONE, REJECTED = "done", "rejected"
REASON_SUFFIX = ".reason.txt"

MAX_NAME_BYTES = 200
"""Of a moved file: file systems take 255, and a suffix may follow."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class DropFile:
    """One file as it was seen; another size or time means other contents."""

    name: str
    size: int
    mtime_ns: int
    regular: bool = True

    @property
    def shown(self) -> str:
        """Its name as it may be printed: encodable, and without control characters."""
        name = self.name.encode("utf-8", "replace").decode()
        return "".join(char if char.isprintable() else "?" for char in name)

    def same(self, other: "DropFile") -> bool:
        """True unless something was written in between."""
        return (self.size, self.mtime_ns) == (other.size, other.mtime_ns)


class Changed(Exception):
    """The file is no longer what was seen."""


class OpenFolder:
    """A folder and its done/ and rejected/, made where they are missing; see `opened`."""

    def __init__(self, fd: int, places: dict[str, int]) -> None:
        self._fd = fd
        self._places = places

    def files(self) -> Iterator[DropFile]:
        """What lies in it and is no folder, in no order."""
        with os.scandir(self._fd) as found:
            for entry in found:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if not stat.S_ISDIR(status.st_mode):
                    yield _seen(entry.name, status)

    def read(self, file: DropFile) -> bytes:
        """All of it.

        Raises:
            OSError: it cannot be read.
            Changed: it is another one by now, or being written.
        """
        fd = os.open(file.name, _FILE, dir_fd=self._fd)
        with os.fdopen(fd, "rb") as opened:
            before = _seen(file.name, os.fstat(fd))
            if not before.regular or not before.same(file):
                raise Changed
            body = opened.read(file.size + 1)
            if len(body) != file.size or not _seen(file.name, os.fstat(fd)).same(file):
                raise Changed
        return body

    def move(self, file: DropFile, place: str, now: datetime, reason: str = "") -> None:
        """Into done/ or rejected/, there under a free name; with `reason` a file that says it.

        Newer contents under its name, and a file that is gone, are left alone.

        Raises:
            OSError: it cannot be moved.
        """
        try:
            status = os.stat(file.name, dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return
        if not _seen(file.name, status).same(file):
            return
        to = self._places[place]
        name = _free_name(to, file.name, now)
        if reason:
            _write(to, name + REASON_SUFFIX, reason)
        try:
            os.rename(file.name, name, src_dir_fd=self._fd, dst_dir_fd=to)
        except FileNotFoundError:  # somebody else moved it just now, or `place` is gone
            if _exists(self._fd, file.name):
                raise

    def prune(self, older_than_s: float, now: datetime) -> int:
        """Deletes what was moved into done/ that long ago; how many files."""
        place, pruned = self._places[DONE], 0
        with os.scandir(place) as found:
            for entry in found:
                with suppress(FileNotFoundError):  # another poller's, or the owner's, doing
                    status = entry.stat(follow_symlinks=False)
                    moved_s = max(status.st_ctime, status.st_mtime)  # moving sets the ctime
                    old = now.timestamp() - moved_s > older_than_s
                    if old and not stat.S_ISDIR(status.st_mode):
                        os.unlink(entry.name, dir_fd=place)
                        pruned += 1
        return pruned


@contextmanager
def opened(path: Path) -> Iterator[OpenFolder]:
    """The folder at `path`.

    Raises:
        OSError: there is none, or nothing can be moved in it.
    """
    fds = [os.open(path, _DIRECTORY)]
    try:
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(0, "files cannot be moved out of it")
        for place in PLACES:
            fds.append(_place(fds[0], place))
        yield OpenFolder(fds[0], dict(zip(PLACES, fds[1:], strict=True)))
    finally:
        for fd in fds:
            os.close(fd)


def _place(fd: int, name: str) -> int:
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=fd)
    return os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)


def _seen(name: str, status: os.stat_result) -> DropFile:
    return DropFile(name, status.st_size, status.st_mtime_ns, stat.S_ISREG(status.st_mode))


def _free_name(place: int, name: str, now: datetime) -> str:
    """The name itself, else with the time, else with the time and a number."""
    short = os.fsdecode(os.fsencode(name)[:MAX_NAME_BYTES])
    if not _exists(place, short):
        return short
    stamped = f"{short}.{now:%Y%m%dT%H%M%S}"
    numbered = (f"{stamped}-{n}" if n > 1 else stamped for n in count(1))
    return next(free for free in numbered if not _exists(place, free))


def _exists(place: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=place, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _write(place: int, name: str, text: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o644, dir_fd=place), "w", encoding="utf-8") as file:
        file.write(text + "\n")
