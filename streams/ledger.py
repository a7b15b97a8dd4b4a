"""Ledger: who is told, within this process, what became of each record.

Every stage calls it at the same point where it sends the record on, so counters, the console and
`--json` lines never disagree with the topics.
"""

from collections.abc import Sequence
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

    def chunk(self, items: int, seconds: float) -> None:
        """Items were read and matched in one go, which held the event loop for `seconds`."""


class NoLedger:
    """For offline use: nobody is told."""

    def item(self, item: Item, matches: int) -> None:
        """Ignored."""

    def decided(self, decision: Decision) -> None:
        """Ignored."""

    def dead(self, letter: DeadLetter) -> None:
        """Ignored."""

    def chunk(self, items: int, seconds: float) -> None:
        """Ignored."""


class Ledgers:
    """Several ledgers as one, told in their order."""

    def __init__(self, ledgers: Sequence[Ledger]) -> None:
        self._ledgers = tuple(ledgers)

    def item(self, item: Item, matches: int) -> None:
        """Tells each."""
        for ledger in self._ledgers:
            ledger.item(item, matches)

    def decided(self, decision: Decision) -> None:
        """Tells each."""
        for ledger in self._ledgers:
            ledger.decided(decision)

    def dead(self, letter: DeadLetter) -> None:
        """Tells each."""
        for ledger in self._ledgers:
            ledger.dead(letter)

    def chunk(self, items: int, seconds: float) -> None:
        """Tells each."""
        for ledger in self._ledgers:
            ledger.chunk(items, seconds)
