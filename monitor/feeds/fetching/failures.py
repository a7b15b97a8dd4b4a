"""Failures: what went wrong with a GET, in our own words.

In: an exception, or a status and headers.  Out: `Failed`.  Invariant: no text of a library or a
server is passed on that may hold an address, a credential or anything an outlet made up.
"""

import os
import socket
from collections.abc import Mapping
from http import HTTPStatus

import aiohttp

from monitor.feeds.fetching.answers import Failed, Trouble
from monitor.feeds.fetching.session import (
    CONNECT_TIMEOUT_S,
    NOT_PUBLIC,
    SOCKET_TIMEOUT_S,
    TOO_MUCH,
)

MAX_WHY_CHARS = 200
MAX_HOST_CHARS = 80
"""Of a name that a redirect made up; a label alone may have 63."""

PASSING = frozenset({304, 408, 425})
"""What a moment may mend; 304 is one where nobody asked whether something changed."""

_PACKED = Failed(why="its body cannot be decompressed", trouble=Trouble.UNREADABLE)
_NO_SUCH_NAME = frozenset({1, 4})
"""c-ares: the name has no address (ENODATA), or does not exist (ENOTFOUND)."""
_NO_SUCH_NAME_SYSTEM = frozenset({socket.EAI_NONAME, socket.EAI_NODATA})


def failed_answer(status: int, headers: Mapping[str, str]) -> Failed:
    """What an answer without a body for us means; 429 and 503 still lack how long to wait."""
    why = f"HTTP {status} {_phrase(status)}".strip()
    if "cf-mitigated" in headers:
        return Failed(
            why=f"{why}: Cloudflare wants to see a browser",
            trouble=Trouble.CHALLENGED,
            status=status,
        )
    return Failed(why=why, trouble=_trouble(status), status=status)


def _trouble(status: int) -> Trouble:
    if status in {429, 503}:
        return Trouble.BUSY
    if status == 410:
        return Trouble.GONE
    if status in PASSING or status >= 500 or status < 300:
        return Trouble.SOFT
    return Trouble.HARD


def failed_error(error: Exception) -> Failed:
    """What an exception of aiohttp or the operating system means."""
    if TOO_MUCH in str(error):  # of a connection that was broken off only the text comes through
        return Failed(why=TOO_MUCH, trouble=Trouble.TOO_LARGE)
    match error:
        case aiohttp.ClientConnectorError() | aiohttp.ClientHttpProxyError():
            return _failed_start(error)
        case aiohttp.ConnectionTimeoutError():
            return Failed(why=f"cannot connect within {CONNECT_TIMEOUT_S:.0f} s")
        case aiohttp.ServerTimeoutError():
            return Failed(why=f"sends nothing for {SOCKET_TIMEOUT_S:.0f} s")
        case aiohttp.ClientPayloadError():
            return _failed_body(error)
        case aiohttp.ClientResponseError(message=message) if "content-encoding" in message:
            return _PACKED
        case aiohttp.ClientResponseError():
            return Failed(why="its answer is no HTTP", trouble=Trouble.UNREADABLE)
        case aiohttp.InvalidURL():
            return Failed(why="no usable address", trouble=Trouble.REFUSED)
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            return Failed(why="the connection broke off")
        case OSError():
            return _failed_connection(error)
        case _:
            return Failed(why=type(error).__name__)


def _failed_start(error: aiohttp.ClientConnectorError | aiohttp.ClientHttpProxyError) -> Failed:
    """No connection: name, address, proxy or certificate."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return _failed_lookup(error)
        case aiohttp.ClientSSLError():
            return Failed(why=f"TLS: {_tls(error)}", trouble=Trouble.HARD)
        case aiohttp.ClientProxyConnectionError():
            return Failed(why="cannot connect to the proxy")
        case aiohttp.ClientHttpProxyError():
            return Failed(why=f"the proxy answers HTTP {error.status} {_phrase(error.status)}")
        case _:
            return _failed_connection(error.os_error)


def _failed_lookup(error: aiohttp.ClientConnectorDNSError) -> Failed:
    """A name that does not exist, apart from name servers that do not answer."""
    cause = error.os_error.__cause__ or error.os_error
    code = cause.args[0] if cause.args else None
    system = isinstance(cause, socket.gaierror)
    host = error.host[:MAX_HOST_CHARS]
    if code in (_NO_SUCH_NAME_SYSTEM if system else _NO_SUCH_NAME):
        return Failed(why=f"no such name: {host}", trouble=Trouble.HARD)
    return Failed(why=f"the name {host} cannot be looked up now", trouble=Trouble.DNS)


def _failed_connection(error: OSError) -> Failed:
    if NOT_PUBLIC in str(error):  # of several addresses only the texts come through
        words = (error.strerror or str(error))[:MAX_WHY_CHARS]
        return Failed(why=f"not asked: {words}", trouble=Trouble.REFUSED)
    words = os.strerror(error.errno) if error.errno else str(error)[:MAX_WHY_CHARS]
    return Failed(why=f"cannot connect: {words or type(error).__name__}")


def _failed_body(error: aiohttp.ClientPayloadError) -> Failed:
    if isinstance(error.__cause__, aiohttp.http.HttpProcessingError) and "decode" in str(error):
        return _PACKED
    return Failed(why="its body broke off")


def _tls(error: aiohttp.ClientSSLError) -> str:
    cause = error.os_error
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error  # type: ignore[assignment]  # any exception, by its stub
    words = getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or "no handshake"
    return str(words)[:MAX_WHY_CHARS].lower().replace("_", " ")


def _phrase(status: int) -> str:
    """The standard's words: those of a server may be anything."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
