"""Agency files: a file from a folder, read by a parser process.

In: a file's body, in a thread that looks into a folder.  Out: its entries, or why there are none.
Invariant: the program itself parses nothing that an agency left.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from monitor.feeds.drops.folder import ParserLost, ReadFile
from monitor.feeds.feed import Feed
from monitor.feeds.parsers.frames import Harmed, Job, Read, Unreadable
from monitor.feeds.parsers.pool import Parsers
from monitor.feeds.polling.unseen import TRIES
from monitor.feeds.reading.entries import Dropped
from monitor.feeds.reading.guard import NotAFeed
from streams.item import Item


def read_by(parsers: Parsers, loop: asyncio.AbstractEventLoop) -> ReadFile:
    """What reads files with the parsers of `loop`, for other threads to call and wait for.

    It raises `NoParser`, too.
    """

    def read(body: bytes, feed: Feed, now: datetime) -> Sequence[Item | Dropped]:
        job = Job(body=body, feed=feed, now=now, agency=True)
        return asyncio.run_coroutine_threadsafe(_entries(parsers, job), loop).result()

    return read


async def _entries(parsers: Parsers, job: Job) -> Sequence[Item | Dropped]:
    harm = Harmed("")
    for _ in range(TRIES):
        match await parsers.read(job):
            case Read(entries=entries):
                return entries
            case Unreadable(why):
                raise NotAFeed(why)
            case Harmed() as harm:
                pass
    raise NotAFeed(harm.why) if harm.proven else ParserLost(harm.why)
