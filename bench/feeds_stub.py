"""`python bench/feeds_stub.py`: outlets that are asked for feeds, a process of its own.

In: `GET /READER/N` on any of its loopback addresses; on stdin `MODE READER`, how that reader's
feeds behave from now on.  Out: RSS of `WINDOW` items, 18 kB, gzip where it is taken; on stdout its
addresses, then a line for each line heard.  Invariant: each reader's feeds go on from where that
reader left them, so no two readers disturb each other, and both get the same bodies in turn.
"""

import asyncio
import hashlib
import itertools
import json
import re
import sys
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

ADDRESSES = 50
"""Outlets apart from each other: two connections to each must not be what limits a reader."""

WINDOW = 30
OUTLETS = 4
"""Different texts; feeds share them, so that making bodies costs the second core little."""

KEPT_BODIES = 4_000
DAY_S = 86_400

STEPS = {"all_304": 0, "same_body": 0, "all_new": 1, "everything_new": WINDOW, "one_in_ten": 1}
"""By how many items a feed moves on at each poll; in `one_in_ten` at each tenth."""

_GET = re.compile(rb"GET /(\w+)/(\d+) ")
_started = int(time.time())


class Feed:
    """One feed as one reader sees it; `polls` so far, its number to begin with."""

    def __init__(self, number: int) -> None:
        self.first, self.polls = 0, number

    def move(self, mode: str) -> None:
        """On to what the next poll finds."""
        self.polls += 1
        if mode != "one_in_ten" or self.polls % 10 == 0:
            self.first += STEPS[mode]


feeds: dict[tuple[bytes, int], Feed] = {}
modes: dict[bytes, str] = defaultdict(lambda: "all_304")


@lru_cache(KEPT_BODIES)
def body(outlet: int, first: int) -> tuple[bytes, bytes, bytes]:
    """A feed's body plain and gzipped, and its ETag; its newest item is `first + WINDOW`."""
    items = "".join(_item(outlet, first + WINDOW - nth) for nth in range(WINDOW))
    plain = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>Outlet {outlet}</title><link>https://news{outlet}.example.com/</link>"
        f"<description>wire</description>{items}</channel></rss>"
    ).encode()
    squeezed = zlib.compress(plain, 1, wbits=31)
    return plain, squeezed, b'"%s"' % hashlib.md5(plain).hexdigest().encode()


@lru_cache(8 * KEPT_BODIES)
def _item(outlet: int, number: int) -> str:
    at = time.gmtime(_started - DAY_S + number)
    return (
        f"<item><title>Will not impose sanctions against Pakistan on terror: US, says official "
        f"{outlet}-{number}</title><link>https://news{outlet}.example.com/world/story-{number}.html"
        f'?utm_source=rss</link><guid isPermaLink="false">n{outlet}-{number}</guid>'
        f"<pubDate>{time.strftime('%a, %d %b %Y %H:%M:%S +0000', at)}</pubDate>"
        "<dc:creator>News Agencies</dc:creator><category>World</category>"
        "<description>&lt;p&gt;The United States has ruled out imposing sanctions against Pakistan "
        f"over terror, a senior official said in briefing {number}, adding that talks would "
        "continue with all sides in the region this week.&lt;/p&gt;&lt;img "
        f'src="https://img.example/{number}.jpg"/&gt;</description></item>\n'
    )


class Outlet(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._heard = b""

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            asked, _, self._heard = self._heard.partition(b"\r\n\r\n")
            self._transport.write(answer(asked))  # type: ignore[attr-defined]


def answer(asked: bytes) -> bytes:
    """The response to a request without a body."""
    found = _GET.match(asked)
    if not found:
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    reader, number = found[1], int(found[2])
    mode, feed = modes[reader], feeds.setdefault((reader, number), Feed(number))
    feed.move(mode)
    plain, squeezed, etag = body(number % OUTLETS, feed.first)
    low = asked.lower()
    validates = mode != "same_body"
    if validates and b"if-none-match: " + etag in low:
        return b"HTTP/1.1 304 Not Modified\r\nETag: " + etag + b"\r\n\r\n"
    gzip = b"gzip" in low
    sent = squeezed if gzip else plain
    return b"".join(
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml; charset=utf-8\r\n",
            b"ETag: " + etag + b"\r\n" if validates else b"",
            b"Content-Encoding: gzip\r\n" if gzip else b"",
            b"Content-Length: %d\r\n\r\n" % len(sent),
            sent,
        )
    )


async def main() -> None:
    """Serves until stdin ends."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    addresses = [f"127.0.1.{n}" for n in range(1, ADDRESSES + 1)]
    port = 0
    for address in addresses:
        server = await loop.create_server(Outlet, address, port, backlog=1024)
        port = server.sockets[0].getsockname()[1]

    def hear() -> None:
        line = sys.stdin.readline()
        if not line:
            ended.set()
            return
        mode, reader, *_ = line.split()
        modes[reader.encode()] = mode
        print(json.dumps({"mode": mode}), flush=True)

    loop.add_reader(sys.stdin, hear)
    print(json.dumps({"bases": [f"http://{each}:{port}" for each in addresses]}), flush=True)
    await ended.wait()


def addresses_of(bases: list[str], reader: str, feeds: int) -> Iterator[str]:
    """The URLs of so many feeds of one reader."""
    for number, base in zip(range(feeds), itertools.cycle(bases), strict=False):
        yield f"{base}/{reader}/{number}"


if __name__ == "__main__":
    asyncio.run(main())
