"""Progress: what a person sees while services start, on stderr; as logs where logs are JSON."""

import logging
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from rich.console import Console
from rich.text import Text

from monitor.desk.settings import Settings


class Progress(Protocol):
    """Ticks off steps."""

    def working(self, what: str) -> AbstractContextManager[object]:
        """While something takes time."""
        ...

    def done(self, what: str, at_s: float) -> None:
        """A step is done, `at_s` seconds after the process started."""

    def say(self, what: str) -> None:
        """Something worth a line."""


def progress_for(settings: Settings) -> Progress:
    """Drawn for a person, or logged where `LOG_FORMAT` is json."""
    if settings.text("LOG_FORMAT") == "json":
        return LoggedProgress()
    return DrawnProgress(Console(stderr=True))


class DrawnProgress:
    """Lines with ticks; a spinner stands where a person looks."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def working(self, what: str) -> AbstractContextManager[object]:
        """A spinner, on a terminal."""
        return self._console.status(what) if self._console.is_terminal else nullcontext()

    def done(self, what: str, at_s: float) -> None:
        """A ticked line."""
        self._console.print(Text.assemble(("✓ ", "green"), what, (f"  {at_s:.2f} s", "dim")))

    def say(self, what: str) -> None:
        """A line."""
        self._console.print(Text(what, style="dim"))


class LoggedProgress:
    """Records of the logger `wirewatch.start`."""

    def __init__(self) -> None:
        self._log = logging.getLogger("wirewatch.start")

    def working(self, what: str) -> AbstractContextManager[object]:  # noqa: ARG002 - nobody looks
        """Nothing."""
        return nullcontext()

    def done(self, what: str, at_s: float) -> None:
        """A record with `at_s`."""
        self._log.info(what, extra={"at_s": round(at_s, 3)})

    def say(self, what: str) -> None:
        """A record."""
        self._log.info(what)
