"""Reach: outside services, waited for at start and watched while running.

Invariant: an outage is one line when it begins and one when it ends; at start the wait is bounded.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from monitor.exits import ExitCode, Quit
from streams.entry import NotLetIn
from streams.outage import Outage
from streams.records import Stop

log = logging.getLogger("wirewatch.reach")

RETRY_S = 0.2
"""Between looks at a service that is not up yet."""

LOOK_TIMEOUT_S = 2.0
WATCH_EVERY_S = 2.0

Answer = TypeVar("Answer")


async def until_reachable(
    name: str, attempt: Callable[[], Awaitable[Answer]], deadline: float, stop: Stop
) -> Answer:
    """`attempt`'s answer, once it has one; says once that it waits, until `deadline` (monotonic).

    Raises:
        Quit: not before the deadline (exit 3).
        Stopping: the program ends first.
    """
    said = False
    while True:
        try:
            return await attempt()
        except ConnectionError as error:
            if time.monotonic() + RETRY_S > deadline:
                message = f"{name} cannot be reached: {error}"
                raise Quit(ExitCode.UNREACHABLE, message) from error
            if not said:
                left_s = deadline - time.monotonic()
                log.warning("waiting up to %.0f s for %s: %s", left_s, name, error)
                said = True
        await stop.sleep(RETRY_S)


async def port_answers(addresses: str) -> None:
    """Returns if one of `host:port,host:port` accepts a connection.

    Raises:
        ConnectionError: none does.
    """
    why: Exception = ConnectionError("no address given")
    for address in addresses.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            async with asyncio.timeout(LOOK_TIMEOUT_S):
                _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        except (OSError, TimeoutError, ValueError) as error:
            why = error
        else:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return
    raise ConnectionError(f"{addresses}: {str(why) or type(why).__name__}")


async def watch(outage: Outage, attempt: Callable[[], Awaitable[None]], stop: Stop) -> None:
    """Looks at a service again and again; says when it goes and when it is back.

    What others found away while it answers here (it refuses writes, say) they must find back.
    """
    found_here = False
    while not stop.is_set():
        try:
            await attempt()
        except (ConnectionError, NotLetIn) as error:
            found_here = found_here or not outage.lasting_s
            outage.began(error)
        else:
            if found_here:
                outage.over()
            found_here = False
        await stop.sleep(WATCH_EVERY_S)
