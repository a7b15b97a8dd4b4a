"""Fetches from stubs, which stand at private addresses."""

from typing import Any

from monitor.feeds.fetching.answers import Failed, Fetched, Trouble
from monitor.feeds.fetching.fetcher import Fetcher


async def get(fetcher: Fetcher, url: str, **given: Any) -> Fetched:
    """One fetch of a stub."""
    return await fetcher.fetch(url, allow_private=True, **given)


def trouble(fetched: Fetched) -> Trouble:
    """What kind of failure it is; it must be one."""
    return failure(fetched).trouble


def failure(fetched: Fetched) -> Failed:
    """It must be one."""
    assert isinstance(fetched, Failed), fetched
    return fetched
