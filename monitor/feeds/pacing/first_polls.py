"""First polls: when feeds that were just listed are asked for the first time; pure.

In: a feed's place among the new ones.  Out: seconds.  Invariant: a list of any length is begun at
once, and no faster than this machine and its outlets take it.
"""

FIRST_AT_ONCE = 50
"""A desk of so many new feeds is read at once."""

FIRST_PER_S = 50.0
"""First polls of a larger one: its outlets and this machine are not asked for all in one second."""


def first_wait_s(nth: int, of: int, every_s: float) -> float:
    """Seconds until the first poll of the `nth` (from 0) of so many new feeds."""
    if of <= FIRST_AT_ONCE:
        return 0.0
    return min(of / FIRST_PER_S, every_s) * nth / of
