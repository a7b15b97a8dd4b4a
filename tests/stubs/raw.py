"""A server that answers whatever bytes it is given, then hangs up."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import chain


@asynccontextmanager
async def answering(
    *pieces: bytes, repeat: Iterable[bytes] = (), context: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """The address of a server on loopback that sends `pieces`, then all of `repeat`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            for piece in chain(pieces, repeat):
                writer.write(piece)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}/a"
    finally:
        server.close()
        await server.wait_closed()
