"""Ask: `wirewatch health`'s question to every program on a data folder.

In: their health files.  Out: a finding each.  Invariants: a program that answers over HTTP is
judged by its answer, and unhealthy when it gives none in time; all are asked at once.
"""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from monitor.vitals.health_file import Said, read_files

ANSWER_S = 5.0
"""Half of what a container's health check is given; a busy loop is held up for a fraction of it."""

STALE_AFTER_S = 15.0
"""Seven missed writes: the event loop hangs, or the process is gone."""

MAX_BODY_BYTES = 1_000_000
ASKED_AT_ONCE = 32

_TELLING = {200, 503}
"""Well and unwell; both tell why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One program on a data folder: which, whether it is healthy, and what it says."""

    name: str
    healthy: bool
    says: str


def ask_all(data: Path) -> list[Finding]:
    """What the programs on `data` say; those of other machines are left to themselves."""
    found = read_files(data)
    ours = [said for said in found if isinstance(said, tuple) or said.here or said.alive]
    if not ours:
        return []
    with ThreadPoolExecutor(min(len(ours), ASKED_AT_ONCE)) as threads:
        return list(threads.map(_finding, ours))


def _finding(said: Said | tuple[str, str]) -> Finding:
    if isinstance(said, tuple):
        return Finding(said[0], False, said[1])
    if not said.alive:
        return Finding(said.name, False, "ended without saying so")
    return _asked(said) if said.http else by_file(said, time.time())


def by_file(said: Said, now: float) -> Finding:
    """The finding for a program that does not answer over HTTP; `now` in seconds since 1970."""
    if now - said.at > STALE_AFTER_S:
        return Finding(said.name, False, f"silent for {now - said.at:.0f} s")
    return Finding(said.name, said.ready and not said.troubles, said.says)


def _asked(said: Said) -> Finding:
    try:
        status, body = _get(said.http, "/-/healthy")
        if status not in _TELLING:
            return Finding(said.name, False, f"HTTP {status} at {said.http}")
        told = json.loads(body)
        pid, healthy, ready = int(told["pid"]), bool(told["healthy"]), bool(told["ready"])
        if pid != said.pid:
            return Finding(said.name, False, f"process {pid} answers at {said.http}")
        return Finding(said.name, healthy and ready, str(told["says"]))
    except TimeoutError:
        return Finding(said.name, False, f"no answer at {said.http} within {ANSWER_S:.0f} s")
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return Finding(said.name, False, f"no answer at {said.http}: {why}")
    except (ValueError, KeyError, TypeError):
        return Finding(said.name, False, f"another program answers at {said.http}")


def _get(address: str, path: str) -> tuple[int, bytes]:
    """Status and body of one GET, never by a proxy."""
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=ANSWER_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read(MAX_BODY_BYTES)
    finally:
        connection.close()
