"""Session: connections to outlets, to public addresses only or to any.

In: nothing.  Out: two aiohttp sessions over one resolver and one set of certificates.  Invariants:
a guarded session never holds a connection to an address that is not public; connections of the
other are never lent to it; no server sends more in answer to a question than `WIRE_MOST_BYTES`.
"""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.connector import AddrInfoType

from monitor.feeds.fetching.addresses import is_public

CONNECT_TIMEOUT_S = 10.0
SOCKET_TIMEOUT_S = 15.0
"""Between two pieces of an answer; a drip of bytes is stopped by the fetch's total only."""

CONNECTIONS = 500
DNS_CACHE_S = 300
DNS_CACHE_NAMES = 10_000
HEADER_MOST_BYTES = 32_768
"""One header; content security policies of real outlets are longer than aiohttp's 8 kB."""

WIRE_MOST_BYTES = 9 * 1024 * 1024
"""Of one answer as it comes in: a body of 8 MB and what it is wrapped in.  Headers that never end,
interim answers, chunks of a byte cost far more to read than they hold: two seconds at worst."""

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
ENCODINGS = "gzip, br"
"""Both are inflated in bounded pieces."""

NOT_PUBLIC = "is no public address"
TOO_MUCH = f"sends more than {WIRE_MOST_BYTES // 2**20} MB"


class NotPublic(OSError):
    """An address that must not be asked."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} {NOT_PUBLIC}")


class BoundedSocket(socket.socket):
    """Breaks off where more than `WIRE_MOST_BYTES` come in without anything being sent."""

    _taken = 0

    def send(self, *given: Any) -> int:
        """A question: what comes from now on is its answer."""
        self._taken = 0
        return super().send(*given)

    def sendmsg(self, *given: Any) -> int:
        """As `send`."""
        self._taken = 0
        return super().sendmsg(*given)

    def recv(self, *given: Any) -> bytes:
        """A piece of an answer."""
        piece = super().recv(*given)
        self._take(len(piece))
        return piece

    def recv_into(self, *given: Any) -> int:
        """A piece of an answer, as TLS takes it."""
        size = super().recv_into(*given)
        self._take(size)
        return size

    def _take(self, size: int) -> None:
        self._taken += size
        if self._taken > WIRE_MOST_BYTES:
            raise ConnectionAbortedError(TOO_MUCH)


def bounded(address: AddrInfoType) -> socket.socket:
    """A socket for any address."""
    family, kind, protocol, *_ = address
    return BoundedSocket(family, kind, protocol)


def guard(public: Callable[[str], bool]) -> Callable[[AddrInfoType], socket.socket]:
    """Makes sockets for addresses that are `public`; raises `NotPublic` for the others."""

    def guarded_socket(address: AddrInfoType) -> socket.socket:
        host, *_ = address[4]
        if not public(str(host)):
            raise NotPublic(str(host))
        return bounded(address)

    return guarded_socket


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """`guarded` for public addresses; `free` for feeds that may be private, and for proxies."""

    guarded: aiohttp.ClientSession
    free: aiohttp.ClientSession
    resolver: AbstractResolver

    @classmethod
    def opened(
        cls,
        *,
        contact: str = "",
        resolver: AbstractResolver | None = None,
        public: Callable[[str], bool] = is_public,
    ) -> Self:
        """Sessions that say who asks; within a running loop."""
        resolver = resolver or _resolver()
        context = ssl.create_default_context()

        def session(*, guarded: bool) -> aiohttp.ClientSession:
            return aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=CONNECTIONS,
                    resolver=resolver,
                    ttl_dns_cache=DNS_CACHE_S,
                    dns_cache_max_size=DNS_CACHE_NAMES,
                    ssl=context,
                    socket_factory=guard(public) if guarded else bounded,
                ),
                timeout=aiohttp.ClientTimeout(
                    total=None, connect=CONNECT_TIMEOUT_S, sock_read=SOCKET_TIMEOUT_S
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=_headers(contact),
                max_field_size=HEADER_MOST_BYTES,
                max_line_size=HEADER_MOST_BYTES,
            )

        return cls(guarded=session(guarded=True), free=session(guarded=False), resolver=resolver)

    async def close(self) -> None:
        """Every connection."""
        await self.guarded.close()
        await self.free.close()
        await self.resolver.close()


def user_agent(contact: str) -> str:
    """Who asks, and where an outlet can complain."""
    clean = "".join(c for c in contact if c.isascii() and c.isprintable() and c not in "()").strip()
    about = f"news-wire monitor; +{clean}" if clean else "news-wire monitor"
    return f"wirewatch/{version('wirewatch')} ({about})"


def _headers(contact: str) -> dict[str, str]:
    return {
        "User-Agent": user_agent(contact),
        "Accept": ACCEPT,
        "Accept-Encoding": ENCODINGS,
        "A-IM": "feed",
    }


def _resolver() -> AbstractResolver:
    """aiodns, or the system's by way of threads where that cannot be had."""
    try:
        return aiohttp.AsyncResolver()
    except Exception:  # no library, no resolv.conf it can read, no more inotify watches
        return aiohttp.ThreadedResolver()
