"""Ledger: who is told, within this process, what became of each record.

Every stage calls it at the same point where it sends the record on, so counters, the console and
`--json` lines never disagree with the topics.
"""

from typing import Protocol

from streams.decision import Decision
from streams.item import Item
from streams.topics import DeadLetter


class Ledger(Protocol):
    """Counts and shows; must not fail and must not wait."""

    def item(self, item: Item, matches: int) -> None:
        """An item was matched against the book; `matches` rules hit it."""

    def decided(self, decision: Decision) -> None:
        """A decision was made about one item on one channel."""

    def dead(self, letter: DeadLetter) -> None:
        """A record went to `wire.deadletter`."""


class NoLedger:
    """For offline use: nobody is told."""

    def item(self, item: Item, matches: int) -> None:
        """Ignored."""

    def decided(self, decision: Decision) -> None:
        """Ignored."""

    def dead(self, letter: DeadLetter) -> None:
        """Ignored."""
