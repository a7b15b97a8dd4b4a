"""Turns of hosts with a clock of a test's own."""

import itertools

from monitor.feeds.fetching.hosts import Hosts


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def unspaced() -> Hosts:
    """Turns that are always free: an hour passes whenever one looks."""
    hours = itertools.count(0.0, 3_600.0)
    return Hosts(clock=lambda: next(hours), draw=lambda: 0.0)
