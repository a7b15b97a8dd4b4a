"""Settled: what polls changed in what is known, as `settle.lua` takes it; pure.

In: a poll's changes.  Out: its part of the script's arguments, and their size.  Invariant: one call
carries so many polls and so much text, for Redis answers nobody else meanwhile.
"""

from collections.abc import Sequence

from monitor.feeds.state.changes import Changes
from monitor.feeds.state.known import known_value

SETTLED_AT_ONCE = 64
"""Polls settled, or read for, by one call."""

SETTLED_AT_ONCE_CHARS = 256 * 1024
"""Settled by one call, some 2,000 items: Redis is held for 3 ms.  A longer window goes alone."""


def items_told(changes: Changes | None, poll: int) -> list[str | int]:
    """How many ids to forget, these, how many ids and values to know, these in turn."""
    if changes is None:
        return [0, 0]
    known = changes.known.items()
    values = [part for item, each in known for part in (item, known_value(each, poll))]
    return [len(changes.forget), *changes.forget, len(values), *values]


def chars(told: Sequence[str | int]) -> int:
    """How much text one poll's arguments are."""
    return sum(len(part) for part in told if isinstance(part, str))
