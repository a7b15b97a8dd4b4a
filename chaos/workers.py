"""The processes under test: `wirewatch run ROLE` ×2 each, started, killed, stopped, started again.

In: what to do to whom.  Out: a list of offences: endings that the documentation does not know.
Documented are: 0 after SIGTERM, within `STOP_MOST_S`; 3 while a service is away, or not long after.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schedule import ROLES
from stubs import child_process
from stubs.wirewatch import COMMAND

PER_ROLE = 2
"""Workers of each role that always come back."""

STOP_MOST_S = 12.0
"""From SIGTERM to the end: 10 s are promised, 2 s are for a busy machine."""

START_MOST_S = 60.0
"""A worker that is not ready by then is signalled all the same."""

AWAY_S = 60.0
"""So long after a service was away an exit 3 may still be its consequence."""

PUSH_MOST_S = 60.0
"""For the first push, topics made included."""

RESTART_S = 1.0
"""Before a worker that ended by itself is started again, as a supervisor would."""


@dataclass
class Worker:
    """One place for a process: who runs there, and why it may have ended."""

    name: str
    role: str
    comes_back: bool = True
    child: "subprocess.Popen[bytes] | None" = None
    log: Path = Path()
    started: float = 0.0
    killed: bool = False
    stopping: float = 0.0
    due: float | None = None
    starts: int = field(default=0)

    @property
    def starting(self) -> bool:
        """True until it said that it is ready, or should have."""
        if self.child is None or self.killed or self.stopping:
            return False
        late = time.monotonic() - self.started > START_MOST_S
        return not late and b"ready:" not in self.log.read_bytes()


class Workers:
    """Every process of one desk on one stage."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._desk = Path()
        self._environment: dict[str, str] = {}
        self._all = {
            f"{role}-{n + 1}": Worker(f"{role}-{n + 1}", role)
            for role in ROLES
            for n in range(PER_ROLE)
        }
        self.kills = 0
        self.exits_3 = 0
        self.offences: list[str] = []

    def start_all(self, desk: Path, environment: Mapping[str, str]) -> None:
        """Starts them on `desk`, whose rules are pushed first."""
        self._logs.mkdir()
        self._desk, self._environment = desk, dict(environment)
        self.push().wait(PUSH_MOST_S)
        for worker in self._all.values():
            self._start(worker)

    def push(self) -> "subprocess.Popen[bytes]":
        """The desk's rules to the broker, as somebody in charge does after it lost them."""
        command = [str(COMMAND), "rules", "push", "--desk", str(self._desk)]
        return child_process.spawn(command, self._logs / "rules.log", self._environment)

    def all_ready(self) -> bool:
        """True once everybody said so."""
        return not any(worker.starting for worker in self._all.values())

    def of(self, role: str) -> list[Worker]:
        """Those of `role` that run."""
        return [w for w in self._all.values() if w.role == role and w.child is not None]

    def named(self, role: str, number: int) -> Worker:
        """The worker in that place."""
        return self._all[f"{role}-{number + 1}"]

    def kill(self, worker: Worker, back_after_s: float) -> None:
        """SIGKILL, and a new one after a while."""
        if worker.child is None:
            return
        worker.child.kill()
        worker.killed = True
        worker.due = time.monotonic() + back_after_s
        self.kills += 1

    def stop(self, worker: Worker, back_after_s: float) -> None:
        """SIGTERM, and a new one a while after its end."""
        if worker.child is None or worker.killed:
            return
        worker.child.terminate()
        worker.stopping = time.monotonic()
        worker.due = worker.stopping + back_after_s

    def freeze(self, worker: Worker) -> None:
        """SIGSTOP: it stands still, its connections open."""
        if worker.child is not None:
            os.kill(worker.child.pid, signal.SIGSTOP)

    def thaw(self, worker: Worker) -> None:
        """SIGCONT."""
        if worker.child is not None:
            os.kill(worker.child.pid, signal.SIGCONT)

    def join(self, role: str) -> Worker:
        """One more of `role`, until it is stopped."""
        visitor = Worker(f"{role}-{len(self._all) + 1}", role, comes_back=False)
        self._all[visitor.name] = visitor
        self._start(visitor)
        return visitor

    def review(self, calm_s: float) -> None:
        """Looks who ended, and why; starts whoever is due.

        `calm_s`: seconds since a service was away, 0 while one is.
        """
        now = time.monotonic()
        for worker in list(self._all.values()):
            if worker.child is not None:
                self._look_at(worker, now, calm_s)
            if worker.child is None and worker.comes_back and worker.due and worker.due <= now:
                self._start(worker)

    def stop_all(self) -> None:
        """SIGTERM to everybody; every ending is looked at."""
        for worker in self._all.values():
            worker.comes_back = False
            self.stop(worker, 0.0)
        while any(worker.child is not None for worker in self._all.values()):
            self.review(AWAY_S)
            time.sleep(child_process.POLL_S)

    def end(self) -> None:
        """Kills what is left, whatever happened."""
        for worker in self._all.values():
            child_process.kill(worker.child)
            worker.child = None

    def _start(self, worker: Worker) -> None:
        worker.starts += 1
        worker.log = self._logs / f"{worker.name}.{worker.starts}.log"
        command = [str(COMMAND), "run", worker.role, "--desk", str(self._desk), "--json"]
        worker.child = child_process.spawn(command, worker.log, self._environment)
        worker.started = time.monotonic()
        worker.killed, worker.stopping, worker.due = False, 0.0, None

    def _look_at(self, worker: Worker, now: float, calm_s: float) -> None:
        code = worker.child.poll() if worker.child else None
        if code is None:
            if worker.stopping and now - worker.stopping > STOP_MOST_S and not worker.killed:
                self._offend(worker, f"did not stop within {STOP_MOST_S:.0f} s")
                self.kill(worker, RESTART_S)
            return
        worker.child = None
        worker.due = worker.due or now + RESTART_S
        if worker.killed:
            return
        if worker.stopping:
            if code != 0:
                self._offend(worker, f"ended with {code} after SIGTERM")
        elif code == 3 and calm_s < AWAY_S:
            self.exits_3 += 1
        else:
            self._offend(worker, f"ended by itself with {code}")

    def _offend(self, worker: Worker, what: str) -> None:
        said = child_process.tail(worker.log).splitlines()[-1][:300]
        self.offences.append(f"{worker.name} {what}: {said} ({worker.log})")
