"""Rulebook: the book a match worker judges by, from its start on.

In: the topic `wire.rules`, and in a process of all roles the rule files as well.  Out: `current`
kept at what the topic says, the topic kept at what the files say.  Invariant: everybody takes the
book from the topic; who has the files pushes them first, so it may start with them at once.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from monitor.exits import ExitCode, Quit
from monitor.program.plan import Plan
from monitor.program.publishing import ToPublish, keep_published
from monitor.program.reload import follow_files
from streams.broker.connection import Connection
from streams.outage import Outages
from streams.records import Stop, Stopping
from streams.rules.book import Book
from streams.rules.current import Current
from streams.rules.following import Follower
from streams.rules.matching.matcher import Matcher
from streams.yaml12 import Invalid

log = logging.getLogger("wirewatch.rules")

Work = Coroutine[Any, Any, None]


async def keep_rules(
    plan: Plan,
    connection: Connection,
    current: Current,
    *,
    outages: Outages,
    stop: Stop,
    say: Callable[[str], None],
) -> list[Work]:
    """What has to run as long as the match role does; each book that takes force is said."""

    def taken(book: Book) -> None:
        say(f"rules in force: {len(book.rules)} (book {book.hash[:8]})")

    reading, writing = outages.of("Kafka (rules)"), outages.of("Kafka (publishing rules)")
    if plan.book is None:
        return [Follower(connection, current, reading, taken=taken).run()]
    matcher = await asyncio.to_thread(Matcher, plan.book.edition.book)
    current.take(matcher, time.time())
    taken(matcher.book)
    wanted = ToPublish.of(plan.book.edition)
    follower = Follower(connection, current, reading, taken=taken, forgotten=wanted.due.set)
    return [
        keep_published(connection, wanted, writing, stop),
        _follow_once_published(wanted, follower),
        _publish_edits(plan, current, wanted, stop),
    ]


async def _follow_once_published(wanted: ToPublish, follower: Follower) -> None:
    """Before that, the topic may hold a book older than the files."""
    await wanted.done.wait()
    await follower.run()


async def _publish_edits(plan: Plan, current: Current, wanted: ToPublish, stop: Stop) -> None:
    seen = plan.book.seen if plan.book else frozenset()
    async for read in follow_files(plan.rules, plan.default_to, seen, stop):
        if isinstance(read, Invalid):
            log.error("rules not taken over, the last good book stays in force:\n%s", read)
            current.refuse(str(plan.rules), str(read))
        else:
            current.refuse(str(plan.rules), "")
            wanted.put(read.edition)


async def first_book(current: Current, wait_s: float, stop: Stop) -> None:
    """Returns once a book is in force.

    Raises:
        Quit: there is none within `wait_s`.
        Stopping: the program ends first.
    """
    waits = {asyncio.create_task(current.there.wait()), asyncio.create_task(stop.wait())}
    await asyncio.wait(waits, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    if stop.is_set():
        raise Stopping
    if not current.there.is_set():
        why = current.refused or "Kafka does not give out wire.rules"
        raise Quit(ExitCode.UNREACHABLE, f"no book within {wait_s:.0f} s: {why}")
