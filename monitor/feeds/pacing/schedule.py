"""Schedule: when a feed is asked next; pure.

In: the feed's interval, how its last polls went, a random number.  Out: seconds.  Invariants: a
feed is never given up; failures wait longer, up to `BACKOFF_MOST_S`.
"""

BACKOFF_MOST_S = 900.0
"""A feed that is back is noticed within a quarter of an hour."""

RETRY_AFTER_MOST_S = 86_400.0
"""A server may ask for a day at most."""

JITTER = 0.1
"""Of the interval: feeds added together drift apart."""


def wait_s(every_s: float, failures: int, retry_after_s: float, random: float) -> float:
    """Seconds until the next poll; `random` in [0, 1)."""
    backed_off = min(every_s * 2.0 ** min(failures, 16), max(BACKOFF_MOST_S, every_s))
    asked = min(retry_after_s, RETRY_AFTER_MOST_S)
    return max(backed_off * (1 + JITTER * (random - 0.5)), asked)


FIRST_AT_ONCE = 50
"""A desk of so many new feeds is read at once."""

FIRST_PER_S = 50.0
"""First polls of a larger one: its outlets and this machine are not asked for all in one second."""


def first_wait_s(nth: int, of: int, every_s: float) -> float:
    """Seconds until the first poll of the `nth` (from 0) of so many new feeds."""
    if of <= FIRST_AT_ONCE:
        return 0.0
    return min(of / FIRST_PER_S, every_s) * nth / of
