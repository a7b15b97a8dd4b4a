"""Lock: one program on one data folder.

Invariant: held exactly as long as the process lives (flock), so neither a crash nor a kill leaves
it behind.
"""

import fcntl
import os
from pathlib import Path

from monitor.exits import ExitCode, Quit


class DataLock:
    """Refuses a second program on `folder`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "run.lock"
        self._file: int | None = None

    def take(self) -> None:
        """Takes the lock, for the life of the process.

        Raises:
            Quit: another program holds it.
        """
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(file, 20).decode("ascii", "replace").strip()
            os.close(file)
            message = f"{self._path.parent} is in use by process {holder or '?'}"
            raise Quit(ExitCode.USAGE, f"{message}: one run per data folder") from error
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        self._file = file
