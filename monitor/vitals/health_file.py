"""Health file: where a running program answers, and what it says of itself.

In: a state.  Out: `<data>/health/<roles>-<pid>.json`, written every 2 s, read by `wirewatch
health`.  Invariant: a program that hangs or dies looks unhealthy, because its file grows old.
"""

import json
import logging
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.vitals.watched import State

log = logging.getLogger("wirewatch.health")

WRITE_EVERY_S = 2.0
KEPT_S = 86_400.0
"""A file of another machine is not ours to judge; a day old it is nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What stands in one program's file; `http` is empty where it does not answer."""

    name: str
    pid: int
    host: str
    at: float
    http: str
    ready: bool
    says: str
    troubles: tuple[str, ...]

    @property
    def here(self) -> bool:
        """True for a program of this machine or container."""
        return self.host == socket.gethostname()

    @property
    def alive(self) -> bool:
        """True while the process is there."""
        return _alive(self.pid)


class HealthFile:
    """One program's file."""

    def __init__(self, data: Path, roles: Sequence[str], http: str) -> None:
        folder = data / "health"
        folder.mkdir(parents=True, exist_ok=True)
        _clean(folder, time.time())
        self._path = folder / f"{'-'.join(roles)}-{os.getpid()}.json"
        self._http = http
        self._failing = False

    def write(self, state: State) -> None:
        """States how the program is now; a full disk is said once and stops nothing."""
        said = {
            "pid": state.pid,
            "host": socket.gethostname(),
            "at": time.time(),
            "http": self._http,
            "ready": state.ready,
            "says": state.says,
            "troubles": state.troubles,
        }
        scratch = self._path.with_suffix(".tmp")
        try:
            scratch.write_text(json.dumps(said), encoding="utf-8")
            scratch.replace(self._path)
        except OSError as error:
            if not self._failing:
                log.warning("%s cannot be written: %s", self._path, error.strerror)
            self._failing = True
        else:
            self._failing = False

    def remove(self) -> None:
        """At a clean end."""
        self._path.unlink(missing_ok=True)


def read_files(data: Path) -> list[Said | tuple[str, str]]:
    """What the programs on `data` say; a name and the error where a file cannot be read."""
    return [_read(path) for path in sorted((data / "health").glob("*.json"))]


def _read(path: Path) -> Said | tuple[str, str]:
    try:
        return _said(path.stem, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        return path.stem, f"unreadable: {error}"


def _said(name: str, found: dict[str, Any]) -> Said:
    return Said(
        name=name,
        pid=int(found["pid"]),
        host=str(found["host"]),
        at=float(found["at"]),
        http=str(found["http"]),
        ready=bool(found["ready"]),
        says=str(found["says"]),
        troubles=tuple(map(str, found["troubles"])),
    )


def _clean(folder: Path, now: float) -> None:
    """Takes away what dead programs left."""
    for path in folder.glob("*.json"):
        said = _read(path)
        if isinstance(said, tuple) or (not said.alive and (said.here or now - said.at > KEPT_S)):
            path.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
