"""Bar: how far a long command is, on stderr, for a person who sees nothing else."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

WORTH_A_BAR = 1_000
"""Fewer steps are done before anybody could read it."""


def tracked(
    steps: Iterable[T], total: int, what: str, *, prints: bool = False, worth: int = WORTH_A_BAR
) -> Iterator[T]:
    """The steps as they are; a bar stands on a terminal until they are done.

    `prints` where each step prints what it finds; `worth` is from how many steps on they take long.
    """
    if total < worth or not is_shown(prints=prints):
        yield from steps
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(steps, what, total=total, console=Console(stderr=True), transient=True)


def is_shown(*, prints: bool = False) -> bool:
    """True where a bar is seen and disturbs no output: on a terminal without lines in between."""
    return sys.stderr.isatty() and not (prints and sys.stdout.isatty())
