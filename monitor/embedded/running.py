"""Running: where the embedded services of the program on a data folder answer.

In: a data folder.  Out: their addresses, for the commands beside that program.  Invariant: what is
found belongs to a process that lives; whether it answers is for the caller to see.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from monitor.embedded.services import Serves, Service

_FILE = "services.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A program's process, and the addresses (host:port) of its services; empty where given."""

    process: int
    broker: str = ""
    memory: str = ""


def announce(data: Path, services: Iterable[Service]) -> None:
    """Says where the services of this process answer."""
    at = {service.serves: service.address for service in services}
    said = {
        "process": os.getpid(),
        "broker": at.get(Serves.BROKER, ""),
        "memory": at.get(Serves.MEMORY, ""),
    }
    scratch = data / f"{_FILE}.new"
    scratch.write_text(json.dumps(said), encoding="utf-8")
    scratch.replace(data / _FILE)


def withdraw(data: Path) -> None:
    """At a clean end; after a kill the process is gone, which tells as much."""
    (data / _FILE).unlink(missing_ok=True)


def find_running(data: Path) -> Running | None:
    """The program that runs on `data` with services of its own, if one does."""
    try:
        said = json.loads((data / _FILE).read_text(encoding="utf-8"))
        found = Running(process=said["process"], broker=said["broker"], memory=said["memory"])
        os.kill(found.process, 0)
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    return found
