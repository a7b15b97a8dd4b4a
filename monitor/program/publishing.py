"""Publishing: the book of the rule files on its way to `wire.rules`.

In: an edition.  Out: the topic says the same, its manifest last.  Invariants: only what differs is
written; a push that another one disturbed is made again or fails with words, and workers take
neither half.
"""

import asyncio
import getpass
import os
import random
import socket
from dataclasses import dataclass

from streams.broker.admin import TopicRefused, ensure_topics
from streams.broker.connection import Connection
from streams.broker.producer import Publisher
from streams.broker.reader import read_to_end
from streams.entry import NotLetIn
from streams.outage import Outage
from streams.records import Stop, utc_now
from streams.rules.published import (
    MANIFEST,
    Difference,
    Edition,
    NotTaken,
    Values,
    differences,
    fold,
    manifest,
    manifest_in,
)
from streams.topics import RULES, TooLarge, encode

PATIENCE_S = 10.0
"""For a broker that reads the topic out; it takes some milliseconds."""

TRIES_MOST = 5
"""Pushes at the same time undo each other; one of them is through after a try or two."""

RETRY_S = 1.0

APART_MOST_S = 1.0
"""Between the tries of pushes that disturb each other, more with each try; a push takes 0.3 s."""


class Disturbed(RuntimeError):
    """Somebody else keeps pushing another book."""


async def topic_values(connection: Connection) -> dict[str, bytes]:
    """What `wire.rules` holds now.

    Raises:
        BrokerUnreachable: the broker does not answer.
    """
    values: dict[str, bytes] = {}
    async for record in read_to_end(connection, RULES, PATIENCE_S):
        fold(values, [(record.key, record.value)])
    return values


async def push(connection: Connection, edition: Edition, *, by: str) -> tuple[Difference, ...]:
    """Makes the topic say what the edition says; answers what differed, nothing if nothing did.

    Raises:
        BrokerUnreachable, NotPublished: the broker does not answer; half of it may be written.
        NotLetIn: it does not let this program in.
        TopicRefused: the broker will not have the topic.
        TooLarge: the broker takes smaller records than Kafka's default.
        Disturbed: others push as well, all the time.
    """
    await ensure_topics(connection, [RULES], RULES.partitions)
    publisher = Publisher(connection)
    differed: tuple[Difference, ...] | None = None
    try:
        for number in range(TRIES_MOST):
            # whoever waits longest finds the others done; in step they would undo each other
            await asyncio.sleep(random.uniform(0, max(0, number - 1) * APART_MOST_S))  # noqa: S311 - no secret
            there = await topic_values(connection)
            # off the loop: a book of 10,000 rules takes a tenth of a second
            now, ended = await asyncio.to_thread(_compared, edition, there)
            differed = now if differed is None else differed
            if ended and not now:
                return differed
            await _write(publisher, edition, now, by)
    finally:
        await publisher.close()
    raise Disturbed("somebody else pushes another book at the same time")


async def _write(
    publisher: Publisher, edition: Edition, differing: tuple[Difference, ...], by: str
) -> None:
    if differing:
        changed = [(each.key, edition.records.get(each.key)) for each in differing]
        await publisher.publish(RULES, changed)
    said = await asyncio.to_thread(manifest, edition, utc_now(), by)
    await publisher.publish(RULES, [(MANIFEST, encode(said))])


def _compared(edition: Edition, there: Values) -> tuple[tuple[Difference, ...], bool]:
    """What differs, and whether the manifest there is this edition's, whoever pushed it."""
    found = differences(edition.records, there)
    try:
        said = manifest_in(there)
    except NotTaken:
        return found, False
    return found, manifest(edition, said.at, said.by) == said


@dataclass(slots=True)
class ToPublish:
    """The files' newest good edition; `due` while the topic may not say it."""

    edition: Edition
    due: asyncio.Event
    done: asyncio.Event

    @classmethod
    def of(cls, edition: Edition) -> "ToPublish":
        """An edition to be published now."""
        made = cls(edition, asyncio.Event(), asyncio.Event())
        made.due.set()
        return made

    def put(self, edition: Edition) -> None:
        """A newer edition takes its place."""
        self.edition = edition
        self.due.set()


async def keep_published(
    connection: Connection, wanted: ToPublish, outage: Outage, stop: Stop
) -> None:
    """Pushes whenever it is due, for as long as it takes, until the program stops."""
    while True:
        await wanted.due.wait()
        wanted.due.clear()
        try:
            await push(connection, wanted.edition, by=pusher())
        except (ConnectionError, NotLetIn, TopicRefused, TooLarge, Disturbed) as error:
            outage.began(error)
            wanted.due.set()
            await stop.sleep(RETRY_S)
        else:
            outage.over()
            wanted.done.set()


def pusher() -> str:
    """Who pushes, for the manifest: user@host."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
