"""Fetch: one conditional GET, bounded in time and size.

In: a URL and what is known of it.  Out: `Retrieved`, `NotModified` or `Failed`; never an exception
for what a server can do.  The only module that asks outlets for anything.
"""

import asyncio
import socket
from importlib.metadata import version
from ipaddress import ip_address

import aiohttp
from aiohttp.connector import AddrInfoType

from monitor.feeds.fetching.answers import (
    UNCONDITIONAL,
    Failed,
    NotModified,
    Retrieved,
    Validators,
)

__all__ = ["Failed", "NotModified", "Retrieved", "Validators", "fetch", "open_session"]

TOTAL_TIMEOUT_S = 30.0
"""For one fetch in all; a server that sends a byte a second defeats any other limit."""

CONNECT_TIMEOUT_S = 10.0
SOCKET_TIMEOUT_S = 15.0
"""Between two pieces of a body."""

MAX_BODY_BYTES = 8 * 1024 * 1024
"""Decompressed; the largest real feed measured has 3 MB."""

MAX_REDIRECTS = 5
CHUNK_BYTES = 65_536
CONNECTIONS = 100
CONNECTIONS_PER_HOST = 2
"""Polite towards an outlet with many feeds."""

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)


Fetched = Retrieved | NotModified | Failed


def open_session(*, public_only: bool = False) -> aiohttp.ClientSession:
    """A session for all fetches: no cookies, a User-Agent that says who asks.

    With `public_only` it connects to no private address, whatever a name or redirect leads to.
    """
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(
            total=TOTAL_TIMEOUT_S, connect=CONNECT_TIMEOUT_S, sock_read=SOCKET_TIMEOUT_S
        ),
        connector=aiohttp.TCPConnector(
            limit=CONNECTIONS,
            limit_per_host=CONNECTIONS_PER_HOST,
            socket_factory=_public_socket if public_only else None,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={
            "User-Agent": f"wirewatch/{version('wirewatch')} (news-wire monitor)",
            "Accept": ACCEPT,
            "Accept-Encoding": "gzip, deflate",
        },
        trust_env=True,
    )


def _public_socket(address: AddrInfoType) -> socket.socket:
    """A socket for an address of the public internet.

    Raises:
        OSError: the address is loopback, private or otherwise not of the public internet.
    """
    family, kind, protocol, _, (host, *_) = address
    if not ip_address(str(host).partition("%")[0]).is_global:
        raise OSError(f"{host} is no public address")
    return socket.socket(family, kind, protocol)


async def fetch(
    session: aiohttp.ClientSession,
    url: str,
    validators: Validators = UNCONDITIONAL,
) -> Fetched:
    """One GET of `url`, at most `TOTAL_TIMEOUT_S` long and `MAX_BODY_BYTES` large."""
    try:
        async with session.get(
            url, headers=_conditions(validators), max_redirects=MAX_REDIRECTS
        ) as response:
            return await _answer(response)
    except aiohttp.TooManyRedirects:
        return Failed(why=f"more than {MAX_REDIRECTS} redirects")
    except TimeoutError:
        return Failed(why=f"no complete answer within {TOTAL_TIMEOUT_S:.0f} s")
    except aiohttp.ClientConnectorError as error:
        return Failed(why=f"cannot connect: {error.os_error.strerror or error.os_error}")
    except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError) as error:
        return Failed(why=str(error) or type(error).__name__)


def _conditions(validators: Validators) -> dict[str, str]:
    given = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in given.items() if value}


async def _answer(response: aiohttp.ClientResponse) -> Fetched:
    if response.status == 304:
        return NotModified()
    if response.status != 200:
        wait = _seconds(response.headers.get("Retry-After", ""))
        return Failed(
            why=f"HTTP {response.status} {response.reason or ''}".strip(), retry_after_s=wait
        )
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return Failed(why=f"larger than {MAX_BODY_BYTES // 2**20} MB")
    headers = response.headers
    return Retrieved(
        body=bytes(body),
        url=str(response.url),
        content_type=headers.get("Content-Type", ""),
        validators=Validators(headers.get("ETag", ""), headers.get("Last-Modified", "")),
    )


def _seconds(retry_after: str) -> float:
    """Retry-After in seconds; a date is left to the schedule's own back-off."""
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
