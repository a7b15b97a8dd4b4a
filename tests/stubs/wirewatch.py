"""The program under test as a user has it: a desk folder and `wirewatch` processes.

In: rules, feeds, an environment.  Out: what the processes print, as it comes.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

COMMAND = Path(sys.executable).with_name("wirewatch")
START_S = 40.0
"""Until ready, on a busy machine with a fresh Apache Kafka."""

ALL_ROLES = ("poll", "match", "alert")
RULES = """
pakistan-sanctions:
  all: [sanctions, Pakistan]
  none: [cricket]
  to: "#south-asia"
"""

Line = dict[str, Any]


class Process:
    """One `wirewatch …` process; its JSON lines are collected as they come."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], cwd: Path) -> None:
        self._process = subprocess.Popen(
            [COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=dict(environment),
            cwd=cwd,
            start_new_session=True,
        )
        self.lines: list[Line] = []
        self.errors: list[str] = []
        self._changed = threading.Condition()
        self._readers = [
            threading.Thread(target=self._read, args=(stream, take), daemon=True)
            for stream, take in (
                (self._process.stdout, lambda text: self.lines.append(json.loads(text))),
                (self._process.stderr, lambda text: self.errors.append(text.rstrip("\n"))),
            )
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any, take: Callable[[str], None]) -> None:
        for text in stream:
            with self._changed:
                take(text)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until(self, true: Callable[[Self], object], timeout_s: float = 15.0) -> None:
        """Returns once `true(self)`; fails when the process ends or time runs out first."""
        with self._changed:
            done = self._changed.wait_for(lambda: true(self) or not self._alive(), timeout_s)
            if not done or not true(self):
                raise AssertionError(f"not reached\nlines: {self.lines}\nerrors: {self.errors}")

    def _alive(self) -> bool:
        return any(reader.is_alive() for reader in self._readers)

    def until_ready(self) -> Self:
        self.wait_until(lambda p: any("ready:" in line for line in p.errors), START_S)
        return self

    def until_decided(self, reason: str, n: int = 1, timeout_s: float = 15.0) -> list[Line]:
        """The decisions with `reason`, once there are `n`."""
        self.wait_until(lambda p: len(p.decided(reason)) >= n, timeout_s)
        return self.decided(reason)

    def decided(self, reason: str) -> list[Line]:
        return [line for line in self.lines if line.get("reason") == reason]

    def send(self, number: int) -> None:
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """SIGKILL, as a machine dies."""
        self._process.kill()
        self.wait()

    def stop(self, number: int = signal.SIGTERM, within_s: float = 12.0) -> int:
        """Asks it to end; its exit code."""
        self.send(number)
        return self.wait(within_s)

    def wait(self, within_s: float = 30.0) -> int:
        code = self._process.wait(within_s)
        for reader in self._readers:
            reader.join(5)
        return code

    @property
    def summary(self) -> Line:
        return self.lines[-1]["summary"]

    def end(self) -> None:
        """For a test's end, whatever happened."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for reader in self._readers:
            reader.join(5)
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()


def feed_line(name: str, url: str, *, every_s: float) -> str:
    """One feed of feeds.yaml that lies on loopback and of which everything is news."""
    options = "allow_private: true, backfill: all"
    return f"- {{id: {name}, url: '{url}', every: {every_s}, {options}}}\n"


class Desk:
    """A desk folder and the processes a test starts on it."""

    def __init__(self, folder: Path, *, name: str = "test") -> None:
        self.folder = folder
        self.name = name
        self.environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("KAFKA_", "REDIS_", "SLACK_", "WIREWATCH_"))
        } | {"NO_COLOR": "1"}
        self._processes: list[Process] = []
        self.write("desk.yaml", f"name: {name}\nto: '#desk'\n")
        self.write("rules/asia.yaml", RULES)

    def write(self, name: str, text: str) -> Path:
        """A file of the desk, put in place whole, as editors do."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f".{path.name}.new")
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
        return path

    def feeds(self, **urls: str) -> None:
        """feeds.yaml: id to address, polled five times a second."""
        self.write("feeds.yaml", "".join(feed_line(*each, every_s=0.2) for each in urls.items()))

    def start(self, *arguments: str, **environment: str) -> Process:
        """A process in the folder above the desk."""
        process = Process(arguments, self.environment | environment, self.folder.parent)
        self._processes.append(process)
        return process

    def run(self, *roles: str, **environment: str) -> Process:
        """`run --json`, not yet ready; a match role by itself finds the desk's rules pushed."""
        if "match" in roles and len(roles) < len(ALL_ROLES):
            self.push(**environment)
        return self.start("run", *roles, "--desk", str(self.folder), "--json", **environment)

    def push(self, **environment: str) -> None:
        """`rules push`, which must do."""
        ran = self.call("rules", "push", "--desk", str(self.folder), **environment)
        assert ran.returncode == 0, ran.stderr

    def call(
        self, *arguments: str, stdin: str = "", **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        """A command run to its end."""
        return subprocess.run(
            [COMMAND, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment | environment,
            cwd=self.folder.parent,
            timeout=60,
            check=False,
        )

    def end(self) -> None:
        for process in self._processes:
            process.end()
