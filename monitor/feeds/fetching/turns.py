"""Turns: those that one fetch takes, one a site.

In: hosts, in the order they are asked.  Out: `Later` where a turn is too far away, else the turn
came.  Invariant: all are given back together.
"""

import asyncio
from dataclasses import dataclass, field

from monitor.feeds.fetching.answers import Later
from monitor.feeds.fetching.hosts import Asker, Hosts, site_of


@dataclass(slots=True)
class Turns:
    """The turns of one fetch, all for the same `asker`."""

    hosts: Hosts
    asker: Asker
    taken: set[str] = field(default_factory=set)

    async def take(self, host: str) -> Later | None:
        """Waits for a turn at `host`; `Later` where that is too far away."""
        site = site_of(host)
        if site in self.taken:
            return None
        wait = self.hosts.reserve(site, self.asker)
        if isinstance(wait, Later):
            return wait
        self.taken.add(site)
        if wait:
            await asyncio.sleep(wait)
        return None

    def end(self) -> None:
        """Gives all of them back."""
        for site in self.taken:
            self.hosts.end(site)
