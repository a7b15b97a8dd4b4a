"""Health: what a running program says of itself, in a file; read by `wirewatch health`.

In: the roles and their state.  Out: `<data>/health/<roles>-<pid>.json`, written every 2 s.
Invariant: a program that hangs or dies looks unhealthy, because its file grows old.
"""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WRITE_EVERY_S = 2.0
STALE_AFTER_S = 15.0
"""Seven missed writes: the event loop hangs, or the process is gone."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One program on a data folder: which, whether it is healthy, and why not."""

    name: str
    healthy: bool
    says: str


class HealthFile:
    """One program's file."""

    def __init__(self, data: Path, roles: Sequence[str]) -> None:
        folder = data / "health"
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("*.json"):
            if not _alive(_pid(left)):
                left.unlink(missing_ok=True)
        self._path = folder / f"{'-'.join(roles)}-{os.getpid()}.json"

    def write(self, *, ready: bool, troubles: Sequence[str]) -> None:
        """States how the program is now."""
        said = {"at": time.time(), "ready": ready, "troubles": list(troubles)}
        scratch = self._path.with_suffix(".tmp")
        scratch.write_text(json.dumps(said), encoding="utf-8")
        scratch.replace(self._path)

    def remove(self) -> None:
        """At a clean end."""
        self._path.unlink(missing_ok=True)


def read_health(data: Path, now: float) -> list[Finding]:
    """What the programs on `data` say; `now` in seconds since 1970."""
    return [_finding(path, now) for path in sorted((data / "health").glob("*.json"))]


def _finding(path: Path, now: float) -> Finding:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        age, ready, troubles = now - said["at"], said["ready"], said["troubles"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Finding(path.stem, False, f"unreadable: {error}")
    if not _alive(_pid(path)):
        return Finding(path.stem, False, "ended without saying so")
    if age > STALE_AFTER_S:
        return Finding(path.stem, False, f"silent for {age:.0f} s")
    if troubles:
        return Finding(path.stem, False, "; ".join(troubles))
    return Finding(path.stem, bool(ready), "ready" if ready else "starting")


def _pid(path: Path) -> int:
    digits = path.stem.rsplit("-", 1)[-1]
    return int(digits) if digits.isdigit() else 0


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
