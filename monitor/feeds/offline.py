"""Offline: files, folders and URLs in, entries as the stream would carry them out.

Invariant: the same parse and the same entries as the pollers'; one bad source never ends the rest.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from monitor.feeds.drops.agency_file import is_agency_file, read_agency_file
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import Retrieved
from monitor.feeds.fetching.fetcher import MAX_BODY_BYTES, Fetcher
from monitor.feeds.fetching.redacted import redacted_url
from monitor.feeds.reading.entries import Dropped, read_entries
from monitor.feeds.reading.formats import read_document
from monitor.feeds.reading.guard import NotAFeed
from streams.item import Item

WEB = ("http://", "https://")
"""How an address begins."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A source that gave no feed, and why; prints as `source: why`, an address without secrets."""

    source: str
    why: str

    def __str__(self) -> str:
        source = redacted_url(self.source) if self.source.startswith(WEB) else self.source
        return f"{source}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    body: bytes
    url: str = ""
    content_type: str = ""


def read_sources(sources: Sequence[str]) -> Iterator[dict[str, Any] | Unreadable]:
    """One line per entry of every source, folders walked in sorted order."""
    for argument in sources:
        if argument.startswith(WEB):
            yield from _lines(argument, _download(argument))
            continue
        path = Path(argument)
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            yield from _lines(str(file), _load(file))


def read_feed(source: str, *, public_only: bool) -> Iterator[Item | Unreadable]:
    """The items of one feed, file or URL; with `public_only` no private address is asked."""
    url = source.startswith(WEB)
    loaded = _download(source, public_only=public_only) if url else _load(Path(source))
    for entry in _entries(source, loaded):
        yield entry.item if isinstance(entry, Dropped) else entry


def _load(path: Path) -> _Body | Unreadable:
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BODY_BYTES + 1)
    except OSError as error:
        return Unreadable(str(path), error.strerror or str(error))
    if len(body) > MAX_BODY_BYTES:
        return Unreadable(str(path), f"larger than {MAX_BODY_BYTES // 2**20} MB")
    return _Body(body=body)


def _download(url: str, *, public_only: bool = False) -> _Body | Unreadable:
    async def get() -> _Body | Unreadable:
        async with Fetcher() as fetcher:
            fetched = await fetcher.fetch(url, allow_private=not public_only)
        if not isinstance(fetched, Retrieved):
            return Unreadable(url, getattr(fetched, "why", "not modified"))
        return _Body(body=fetched.body, url=fetched.url, content_type=fetched.content_type)

    return asyncio.run(get())


def _lines(source: str, loaded: _Body | Unreadable) -> Iterator[dict[str, Any] | Unreadable]:
    for entry in _entries(source, loaded):
        if isinstance(entry, Unreadable):
            yield entry
            continue
        item = entry.item if isinstance(entry, Dropped) else entry
        line = {"source": source, **msgspec.to_builtins(item)}
        yield line | ({"dropped": entry.reason} if isinstance(entry, Dropped) else {})


def _entries(source: str, loaded: _Body | Unreadable) -> Iterator[Item | Dropped | Unreadable]:
    if isinstance(loaded, Unreadable):
        yield loaded
        return
    now = datetime.now(UTC)
    try:
        if is_agency_file(loaded.body):
            yield from read_agency_file(loaded.body, Feed(id=""), now)
            return
        document = read_document(loaded.body, url=loaded.url, content_type=loaded.content_type)
    except NotAFeed as error:
        yield Unreadable(source, str(error))
        return
    except Exception as error:
        yield Unreadable(source, f"{type(error).__name__}: {error}")
        return
    yield from read_entries(document, Feed(id=""), now)
