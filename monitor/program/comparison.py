"""Comparison: one book in three places: the rule files, `wire.rules`, the match workers.

In: an edition of the files, a broker, a Redis if there is one.  Out: what differs, for a person.
"""

from dataclasses import dataclass

from alerts.connection import RedisConnection
from monitor.program.plan import Role
from monitor.program.presence import Worker, announced
from monitor.program.publishing import topic_values
from streams.broker.connection import Connection
from streams.rules.published import (
    Difference,
    Edition,
    How,
    NotTaken,
    Values,
    differences,
    manifest_in,
    whole,
)
from streams.written import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What each place has.

    `manifest` is the topic's, None if it has none; `trouble` says why workers would not take what
    is there; `workers` are the match workers that have announced themselves.
    """

    edition: Edition
    differences: tuple[Difference, ...]
    manifest: Manifest | None
    trouble: str
    workers: dict[str, Worker]

    @property
    def equal(self) -> bool:
        """True when the files' book is everywhere."""
        book = self.edition.book.hash
        places = [self.manifest.hash if self.manifest else ""]
        places += [worker.book for worker in self.workers.values()]
        return not (self.differences or self.trouble) and set(places) == {book}


async def compare(
    connection: Connection, edition: Edition, redis: RedisConnection, desk: str
) -> Comparison:
    """The places as they are now; `redis` has no address where workers cannot be asked.

    Raises:
        BrokerUnreachable, RedisUnreachable: one of them does not answer.
    """
    there = await topic_values(connection)
    found = differences(edition.records, there)
    workers = await announced(redis, desk) if redis.url else {}
    return Comparison(
        edition=edition,
        differences=tuple(each for each in found if each.how is not How.MOVED),
        manifest=_manifest(there),
        trouble=_trouble(there),
        workers={name: each for name, each in workers.items() if Role.MATCH in each.roles},
    )


def _manifest(there: Values) -> Manifest | None:
    try:
        return manifest_in(there)
    except NotTaken:
        return None


def _trouble(there: Values) -> str:
    try:
        whole(there)
    except NotTaken as error:
        return str(error)
    return ""
