"""Contender: a child process that holds one engine and judges items when told.

In: a line (`pass NAME COUNT`: time each of the first items; `hits NAME COUNT`: which rules hit
each).  Out: a JSON line.  Invariant: one contender works at a time, the others wait on stdin.
"""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any


class Contender:
    """One engine; `started` is what it said when its rules were ready."""

    def __init__(self, command: Sequence[str]) -> None:
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        self.started = self._hear()

    def ask(self, what: str, name: str = "", count: int = 0) -> dict[str, Any]:
        """The answer to one line."""
        assert self._child.stdin
        self._child.stdin.write(f"{what} {name} {count}\n")
        self._child.stdin.flush()
        return self._hear()

    def close(self) -> None:
        """Ends it; it keeps nothing."""
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe:
                pipe.close()

    def _hear(self) -> dict[str, Any]:
        assert self._child.stdout
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"a contender ended with {self._child.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.contextmanager
def running(command: Sequence[str]) -> Iterator[Contender]:
    """A contender, ended in any case."""
    contender = Contender(command)
    try:
        yield contender
    finally:
        contender.close()


@dataclass
class Record:
    """Passes of one contender over the same items: nanoseconds per item."""

    passes: list[list[int]] = field(default_factory=list)

    def per_s(self) -> float:
        """Items per second of the best pass."""
        return max(1e9 * len(each) / sum(each) for each in self.passes)

    def at(self, share: float) -> float:
        """This percentile in microseconds, of the pass where it is lowest."""
        return min(sorted(each)[int(len(each) * share)] for each in self.passes) / 1e3
