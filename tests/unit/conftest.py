"""A real Valkey for the tests of what is remembered."""

import asyncio
import itertools
from collections.abc import Iterator

import pytest

from monitor.embedded.services import Serves, start_service, stop_service

_desks = itertools.count()


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    service = asyncio.run(start_service(Serves.MEMORY, tmp_path_factory.mktemp("valkey")))
    yield f"redis://{service.address}/0"
    asyncio.run(stop_service(service))


@pytest.fixture
def desk_name() -> str:
    """A desk nobody else uses."""
    return f"desk-{next(_desks)}"
