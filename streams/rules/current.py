"""Current: the matcher in force; a new one takes its place whole, from one item to the next."""

import asyncio

from streams.rules.matching.matcher import Matcher


class Current:
    """Holds one matcher, or none yet; swapped by reference.

    `since` is when it took force, in seconds since 1970.
    """

    def __init__(self, matcher: Matcher | None = None, since: float = 0.0) -> None:
        self._matcher = matcher
        self._refusals: dict[str, str] = {}
        self.since = since
        self.there = asyncio.Event()
        if matcher is not None:
            self.there.set()

    @property
    def matcher(self) -> Matcher:
        """The matcher in force.

        Raises:
            LookupError: there is none yet; wait for `there`.
        """
        if self._matcher is None:
            raise LookupError("no book is in force yet")
        return self._matcher

    @property
    def in_force(self) -> Matcher | None:
        """The matcher in force, if there is one."""
        return self._matcher

    @property
    def book_hash(self) -> str:
        """The hash of the book in force; empty while there is none."""
        return self._matcher.book.hash if self._matcher else ""

    @property
    def rules(self) -> int:
        """How many rules are in force."""
        return len(self._matcher.book.rules) if self._matcher else 0

    @property
    def refused(self) -> str:
        """Why a newer book is not in force; empty when none was refused."""
        return "; ".join(self._refusals.values())

    def take(self, matcher: Matcher, now: float) -> None:
        """From the next item on `matcher` judges."""
        self._matcher = matcher
        self.since = now
        self.there.set()

    def refuse(self, place: str, why: str) -> None:
        """What lies at `place` is not taken; empty when nothing there is refused (any more)."""
        self._refusals.pop(place, None)
        if why:
            self._refusals[place] = why
