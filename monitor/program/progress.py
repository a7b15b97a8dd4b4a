"""Progress: what a person sees while services start, on stderr."""

from contextlib import AbstractContextManager, nullcontext

from rich.console import Console
from rich.text import Text


class Progress:
    """Ticks off steps; a spinner stands where a person looks."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def working(self, what: str) -> AbstractContextManager[object]:
        """While something takes time."""
        return self._console.status(what) if self._console.is_terminal else nullcontext()

    def done(self, what: str, at_s: float) -> None:
        """A step is done, `at_s` seconds after the process started."""
        self._console.print(Text.assemble(("✓ ", "green"), what, (f"  {at_s:.2f} s", "dim")))

    def say(self, what: str) -> None:
        """Something worth a line."""
        self._console.print(Text(what, style="dim"))
