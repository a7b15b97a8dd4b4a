"""The embedded services by themselves, for tests that need an address: a folder in, Tansu or
Valkey on a free loopback port out."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.embedded.services import Serves, Service, start_service, stop_service


@contextmanager
def embedded(serves: Serves, folder: Path) -> Iterator[Service]:
    """One service, running."""
    folder.mkdir(parents=True, exist_ok=True)
    service = asyncio.run(start_service(serves, folder))
    try:
        yield service
    finally:
        asyncio.run(stop_service(service))
