"""Topic: which `wire.items` the pollers publish to; asked for again and again.

In: a publisher.  Out: the id the broker gave the topic when it was created, two seconds old at
most, so that a broker that was wiped while running is noticed and given its topics.  Invariant: an
outage is one line when it begins and one when it ends.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from streams.broker.producer import Publisher
from streams.outage import Outage
from streams.topics import ITEMS

log = logging.getLogger("wirewatch.poll")

LOOK_EVERY_S = 2.0
"""Asking takes the broker and this process 4 ms."""

REFUSED_FOR_S = 30.0
"""A refused publish is an outage for so long, if nothing else is published here."""


class ItemsTopic:
    """The topic of one process's polls.

    `make_topics` creates those that a broker lost, or raises `NotPublished`.
    """

    def __init__(
        self, publisher: Publisher, make_topics: Callable[[], Awaitable[None]], outage: Outage
    ) -> None:
        self._publisher = publisher
        self._make_topics = make_topics
        self._outage = outage
        self._id = ""
        self._in_doubt = False
        self._asked_at = self._refused_at = float("-inf")

    async def id(self) -> str:
        """Its id, as of `LOOK_EVERY_S` ago or later.

        Raises:
            NotPublished: the broker does not say.
        """
        now = asyncio.get_running_loop().time()
        if now - self._asked_at > LOOK_EVERY_S:
            if self._in_doubt:
                await self._make_topics()
            self._id, before = await self._publisher.topic_id(ITEMS), self._id
            self._in_doubt, self._asked_at = False, now
            if before not in {"", self._id}:
                log.warning("%s is another topic now: feeds are published again", ITEMS.name)
            if now - self._refused_at > REFUSED_FOR_S:
                self._outage.over()
        return self._id

    def away(self, why: object) -> None:
        """The broker did not say: it may be a new one, without topics."""
        self._outage.began(why)
        self._in_doubt, self._asked_at = True, float("-inf")

    def refused(self, why: object) -> None:
        """The broker did not take what was published: it is asked again before the next poll."""
        self._outage.began(why)
        self._refused_at, self._asked_at = asyncio.get_running_loop().time(), float("-inf")

    def took(self) -> None:
        """The broker has what was published."""
        self._refused_at = float("-inf")
        self._outage.over()
