"""Children: processes that never outlive this one.

In: a command.  Out: a `Child` that can be watched and stopped.  Invariants: a child ends with its
parent, also when that is killed; Ctrl-C reaches the parent alone, which then stops its children in
order.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

GRACE_S = 2.0
"""Between asking a child to end and killing it."""

POLL_S = 0.01

# Linux: the kernel ends the child with its parent.  A launcher sets that up in the child itself:
# between fork and exec of a threaded program nothing else is safe.
_LINUX_LAUNCHER = (
    "import ctypes,os,signal,sys;"
    "ctypes.CDLL(None).prctl(1,signal.SIGKILL);"
    "os.getppid()==int(sys.argv[1]) or os._exit(1);"
    "os.execv(sys.argv[2],sys.argv[2:])"
)
# Elsewhere: a shell waits on a pipe whose other end only the parent holds.
_PORTABLE_LAUNCHER = (
    'exec 3<&0; "$@" </dev/null 3<&- & c=$!; (while read -r _; do :; done; kill -9 "$c") <&3 3<&- '
    '2>/dev/null & exec 3<&-; trap "kill $c" TERM INT; wait "$c"; wait "$c"'
)


@dataclass(frozen=True, slots=True)
class Child:
    """A running child process; `name` is what people call it."""

    name: str
    process: "subprocess.Popen[bytes]"

    @property
    def ended(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self.process.poll()


def spawn(name: str, command: Sequence[str], *, output: Path, folder: Path) -> Child:
    """Starts `command` in `folder`; call it from the main thread, which must outlive the child."""
    with output.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own wheels' binaries
            _guarded(command),
            stdin=subprocess.DEVNULL if sys.platform == "linux" else subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            process_group=0,
        )
    return Child(name, process)


def _guarded(command: Sequence[str]) -> list[str]:
    if sys.platform == "linux":
        return [sys.executable, "-I", "-S", "-c", _LINUX_LAUNCHER, str(os.getpid()), *command]
    return ["/bin/sh", "-c", _PORTABLE_LAUNCHER, "sh", *command]


async def stop(child: Child) -> None:
    """Ends the child: asked first, killed after `GRACE_S`."""
    child.process.terminate()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GRACE_S):
            while child.ended is None:  # noqa: ASYNC110 - a process has no event
                await asyncio.sleep(POLL_S)
    if child.ended is None:
        child.process.kill()
        child.process.wait()


async def port_open(port: int, child: Child, within_s: float) -> bool:
    """True once `port` accepts connections; False if the child ends or time runs out first."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while child.ended is None:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    return True
                await asyncio.sleep(POLL_S)
    return False


def free_port() -> int:
    """A loopback port nobody listens on right now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
