"""`python bench/feeds_peer.py JOB`: what one writes in an afternoon, one process.

GET without validators (with them where the job says `validators`), feedparser with its default
flags for every body, items not seen before to the same topic by kafka-python, encoded as ours are.
In and out as `feeds_ours.py`.  Invariant: as many polls at once as ours; what was sent is
acknowledged before a pass ends.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections import deque
from io import BytesIO
from typing import Any

import aiohttp
import feedparser
import feeds_window
from feeds_stub import ADDRESSES, addresses_of
from feeds_window import Done
from kafka import KafkaProducer

from monitor.feeds.polling.poller import POLLS_AT_ONCE
from streams.item import Item
from streams.topics import ITEMS, encode

WARM_S = 1.0
FLUSH_MOST_S = 30.0


class Peer:
    """A loop over URLs."""

    def __init__(self, job: dict[str, Any], session: aiohttp.ClientSession) -> None:
        reader = "validating" if job["validators"] else "feedparser"
        self._due = deque(addresses_of(job["bases"], reader, job["feeds"]))
        self._feeds = len(self._due)
        self._seen: dict[str, set[str]] = {url: set() for url in self._due}
        self._etags: dict[str, str] = {}
        self._validates = job["validators"]
        self._session = session
        self._producer = KafkaProducer(
            bootstrap_servers=job["broker"], acks="all", linger_ms=5, compression_type=None
        )
        self._done = Done()

    async def work(self, what: str, seconds: float) -> dict[str, Any]:
        """One line's work."""
        tasks = [asyncio.create_task(self._poll_on()) for _ in range(POLLS_AT_ONCE)]
        try:
            if what == "learn":
                await feeds_window.until_polled(self._done.polls + self._feeds, self.done)
                return {}
            await asyncio.sleep(WARM_S)
            return await feeds_window.measure(seconds, self.done, self._flushed)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def done(self) -> Done:
        """A copy of what was done."""
        return Done(self._done.polls, self._done.items, self._done.failed)

    async def _flushed(self) -> None:
        await asyncio.to_thread(self._producer.flush, FLUSH_MOST_S)

    async def _poll_on(self) -> None:
        while True:
            url = self._due.popleft()
            try:
                await self._poll(url)
            except (aiohttp.ClientError, TimeoutError):
                self._done.failed += 1
            finally:
                self._due.append(url)
            self._done.polls += 1

    async def _poll(self, url: str) -> None:
        etag = self._etags.get(url) if self._validates else None
        headers = {"If-None-Match": etag} if etag else {}
        async with self._session.get(url, headers=headers) as response:
            body = await response.read()
        if response.status == 304:
            return
        response.raise_for_status()
        self._etags[url] = response.headers.get("ETag", "")
        seen = self._seen[url]
        for entry in feedparser.parse(BytesIO(body)).entries:
            key = entry.get("id") or entry.get("link", "")
            if key not in seen:
                seen.add(key)
                self._producer.send(ITEMS.name, encode(_item(key, entry)), key=key.encode())
                self._done.items += 1


def _item(key: str, entry: Any) -> Item:
    return Item(
        id=key,
        url=entry.get("link", ""),
        title=entry.get("title", ""),
        summary=entry.get("summary", ""),
        credit=entry.get("author", ""),
    )


async def main() -> None:
    """Serves until stdin ends."""
    connector = aiohttp.TCPConnector(limit=2 * ADDRESSES, limit_per_host=2)
    headers = {"Accept-Encoding": "gzip"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        await feeds_window.serve(Peer(json.loads(sys.argv[1]), session).work)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
    os._exit(0)
