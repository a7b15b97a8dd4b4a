"""Polls: who is told, within this process, what became of each poll.

Invariant: every poll ends in exactly one outcome.
"""

from enum import StrEnum
from typing import Protocol

from streams.decision import Decision


class Polled(StrEnum):
    """How one poll of one feed ended."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    LATER = "later"
    """Its outlet's turn is later: another feed of the same site was just asked, or it said wait."""
    HELD = "held"
    """Kafka is away, or the lease was lost: the feed's state stays, the same body comes again."""


class PollLedger(Protocol):
    """Counts; must not fail and must not wait."""

    def polled(self, feed: str, outcome: Polled, seconds: float) -> None:
        """One poll took `seconds` and ended so."""

    def dropped(self, decision: Decision) -> None:
        """An entry is not carried, or something happened to a feed, and that is on record."""
