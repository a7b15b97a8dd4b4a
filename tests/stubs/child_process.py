"""Child processes of a test run: a command and a log file in, a listening server out.

No child outlives the test process: the kernel kills it when its parent dies, SIGKILL included
(Linux; elsewhere only a stopped or finished run cleans up).
"""

import contextlib
import itertools
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

POLL_S = 0.02
"""Seconds between two looks at a server that is starting."""

STOP_S = 10.0
"""Seconds a child may take to end after SIGTERM before it is killed."""

TAIL_LINES = 30
"""Lines of a child's log shown when it did not come up."""

BELOW_EPHEMERAL = range(10_240, 32_768)
"""Ports the kernel gives nobody unasked: a server that was killed finds its own free again,
whatever other tests connect to or listen on meanwhile."""

# Runs the command in its own place after asking the kernel for SIGKILL at the parent's death
# (1 = PR_SET_PDEATHSIG).  Not a preexec_fn: with threads about, Python 3.12 warns of those.
_DIES_WITH_PARENT = """\
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]): os._exit(1)  # it died before the request: no signal will come
os.execvp(sys.argv[2], sys.argv[2:])
"""


class DidNotStart(RuntimeError):
    """A server ended or stayed silent; the message carries the end of its log."""


def free_ports(count: int) -> list[int]:
    """Distinct loopback ports nobody listens on now; other test processes draw others."""
    drawn = random.Random().sample(BELOW_EPHEMERAL, len(BELOW_EPHEMERAL))
    return list(itertools.islice(filter(_free, drawn), count))


def _free(port: int) -> bool:
    with socket.socket() as tried, contextlib.suppress(OSError):
        tried.bind(("127.0.0.1", port))
        return True
    return False


def spawn(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `command` in its own process group, its output appended to `log`.

    Call it from the main thread: the kernel's parent-death signal follows the spawning *thread*.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            guarded(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
            env=environment,
        )


def guarded(command: Sequence[str]) -> list[str]:
    """The command line that runs `command` until it ends or this process does."""
    launcher = [sys.executable, "-I", "-S", "-c", _DIES_WITH_PARENT, str(os.getpid())]
    return [*(launcher if sys.platform == "linux" else []), *command]


def await_answer(
    answers: Callable[[], bool], child: subprocess.Popen[bytes], log: Path, within_s: float
) -> None:
    """Return once `answers()` is true; raise `DidNotStart` if the child ends or time is up."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise DidNotStart(f"the server ended with {child.returncode}\n{tail(log)}")
        with contextlib.suppress(OSError):
            if answers():
                return
        time.sleep(POLL_S)
    raise DidNotStart(f"the server gave no answer within {within_s:g} s\n{tail(log)}")


def tail(log: Path) -> str:
    """The last lines of a log, for an error message."""
    if not log.exists():
        return "(no log)"
    lines = log.read_text(errors="replace").splitlines()
    return "\n".join(lines[-TAIL_LINES:]) or "(the log is empty)"


def kill(child: subprocess.Popen[bytes] | None) -> None:
    """SIGKILL, and wait until the process is gone."""
    if child is None:
        return
    child.kill()
    child.wait()


def stop(child: subprocess.Popen[bytes] | None) -> None:
    """SIGTERM, and SIGKILL for what has not ended after `STOP_S`."""
    if child is None:
        return
    child.terminate()
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        kill(child)
