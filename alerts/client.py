"""Redis clients: the one place that makes them, for alerts and for the pollers' feed state.

In: a `RedisConnection`.  Out: clients that wait a bounded time, and a reason in words when Redis
does not let them in.  Invariant: certificates are read once, not for each connection.
"""

import ssl
from typing import Any

import redis.asyncio as redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeout
from redis.retry import Retry

from alerts.connection import RedisConnection
from streams.entry import NotLetIn, Part, causes, tls_refusal

TIMEOUT_S = 5.0
"""For one Redis call; a healthy one takes under a millisecond."""


class RedisUnreachable(ConnectionError):
    """No Redis answers."""


class _TlsConnection(redis.SSLConnection):
    """By itself redis-py reads the files for each connection, and trusts the system as well."""

    def __init__(self, *, context: ssl.SSLContext, **options: Any) -> None:
        super().__init__(**options)
        self.ssl_context.context = context


def connect(where: RedisConnection) -> "redis.Redis":
    """A client: text answers, bounded waits, no retries of its own.

    Bytes that are no text come as marks of such: what reads them says that they are unreadable.
    """
    client = redis.Redis.from_url(
        where.url,
        decode_responses=True,
        encoding_errors="replace",
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
    if where.context is not None:
        pool = client.connection_pool
        pool.connection_class = _TlsConnection
        pool.connection_kwargs["context"] = where.context
    return client


async def ping(where: RedisConnection) -> None:
    """Returns if Redis answers.

    Raises:
        RedisUnreachable: it does not, for now.
        NotLetIn: it answers and will never let us in like this.
    """
    client = connect(where)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        refusal = _refusal(error, where)
        if refusal is None:
            raise RedisUnreachable(_doubt(error, where)) from error
        raise refusal from error
    finally:
        await client.aclose()


def _refusal(error: Exception, where: RedisConnection) -> NotLetIn | None:
    """What stays true however long one waits; None if it may be otherwise soon."""
    match error:
        case AuthenticationError() if not where.has_password:
            return NotLetIn(Part.LOGIN, "it asks for a password")
        case AuthenticationError():
            return NotLetIn(Part.LOGIN, f"it refuses the name or the password: {error}")
        case ResponseError():
            return NotLetIn(Part.ADDRESS, str(error))
        case _:
            return tls_refusal(error)


def _doubt(error: Exception, where: RedisConnection) -> str:
    """An error in words, with what may be behind a line that is cut or silent."""
    cut = any(isinstance(cause, ConnectionResetError) for cause in causes(error))
    if where.tls and (cut or isinstance(error, RedisTimeout)):
        return f"{error}: does that port speak TLS, and trust our certificate if it asks for one?"
    if cut:
        return f"{error}: does that port speak TLS (rediss://)?"
    return str(error)
