"""Knock: is a broker there, and does it let this program in?  Asked before any client starts.

The clients only log what a broker says to them and try again for ever, so the reason is asked
for here.  Out: nothing, or an error.  Invariant: `NotLetIn` is final, `BrokerUnreachable` may pass.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from aiokafka.conn import AIOKafkaConnection, collect_hosts
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from streams.broker.connection import BrokerUnreachable, Connection, Protocol
from streams.entry import NotLetIn, Part, causes, tls_refusal

KNOCK_TIMEOUT_MS = 5_000
"""For one answer; a wrong password is answered late on purpose (0.3 s)."""

CLOSE_TIMEOUT_S = 1.0
"""TLS says goodbye; not every broker answers."""

_TLS_ALERT = 0x15
"""The first byte of a TLS alert, where a plain answer has the high byte of its length."""

Address = tuple[str, int]


async def knock(connection: Connection) -> None:
    """Returns if a broker lets this program in, also at the address the brokers advertise.

    Raises:
        BrokerUnreachable: none answers, for now.
        NotLetIn: one answers and will never let us in like this.
    """
    bootstrap = [(host, port) for host, port, _ in collect_hosts(connection.bootstrap)]
    brokers = await _first_open(connection, bootstrap)
    if set(brokers) & set(bootstrap):
        return
    try:
        await _first_open(connection, brokers)
    except BrokerUnreachable as error:
        raise BrokerUnreachable(f"{error} (the address the broker advertises)") from error


async def _first_open(connection: Connection, addresses: Iterable[Address]) -> list[Address]:
    """The brokers that the first one to let us in knows of."""
    problem: BrokerUnreachable | NotLetIn = BrokerUnreachable("the broker knows of no broker")
    for address in addresses:
        try:
            return await _brokers(connection, address)
        except NotLetIn as error:
            problem = error
        except BrokerUnreachable as error:
            problem = problem if isinstance(problem, NotLetIn) else error
    raise problem


async def _brokers(connection: Connection, address: Address) -> list[Address]:
    place = "{}:{}".format(*address)
    try:
        answer = await _metadata(connection, address)
    except (KafkaError, OSError, TimeoutError, ValueError, AssertionError) as error:
        refusal = _refusal(error)
        if refusal is None:
            said = _doubt(error, connection.security.protocol)
            raise BrokerUnreachable(f"{place}: {said}") from error
        raise NotLetIn(refusal.part, f"{place}: {refusal}") from error
    return [(host, port) for _, host, port, _ in answer.brokers]


async def _metadata(connection: Connection, address: Address) -> Any:
    """What the broker says of its cluster, on a line that is closed again."""
    opened = AIOKafkaConnection(
        *address,
        client_id="wirewatch",
        request_timeout_ms=KNOCK_TIMEOUT_MS,
        **connection.security.client_options(),
    )
    try:
        await opened.connect()
        answer = await opened.send(MetadataRequest([]))
    except (KafkaError, TimeoutError):
        await _hang_up(opened)
        raise
    await _hang_up(opened)
    return answer


async def _hang_up(opened: AIOKafkaConnection) -> None:
    await asyncio.wait({opened.close()}, timeout=CLOSE_TIMEOUT_S)


def _refusal(error: Exception) -> NotLetIn | None:
    """What stays true however long one waits; None if it may be otherwise soon."""
    match error:
        case SaslAuthenticationFailed():
            return NotLetIn(Part.LOGIN, str(error).partition(": ")[2])
        case UnsupportedSaslMechanismError():
            return NotLetIn(Part.MECHANISM, "it does not offer this mechanism")
        case IllegalSaslStateError():
            return NotLetIn(Part.PROTOCOL, "it asks for no name and password at that port")
        case _ if any(map(_is_tls_alert, causes(error))):
            return NotLetIn(Part.PROTOCOL, "it speaks TLS at that port")
        case _:
            return tls_refusal(error)


def _is_tls_alert(error: BaseException) -> bool:
    return (
        isinstance(error, asyncio.IncompleteReadError)
        and error.expected is not None
        and error.expected >> 24 == _TLS_ALERT
    )


def _doubt(error: Exception, protocol: Protocol) -> str:
    """An error in words, with what may be behind a line that is cut."""
    if isinstance(error, TimeoutError):
        return f"no answer within {KNOCK_TIMEOUT_MS / 1000:.0f} s"
    if isinstance(error, ConnectionResetError) and protocol.tls:
        return "it hangs up on TLS: is that a port with TLS?"
    if isinstance(error, KafkaConnectionError) and not protocol.sasl:
        certificate = " or for another certificate" if protocol.tls else ""
        return f"it hangs up: does it ask for a name and a password (SASL_…){certificate}?"
    return str(error) or type(error).__name__
