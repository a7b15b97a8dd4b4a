"""Offline: files, folders and URLs in, entries as the stream would carry them out.

Invariant: the same parser processes and the same entries as the pollers'; one bad source never ends
the rest, whatever it does to its parser.
"""

import asyncio
import os
import sys
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from monitor.feeds.address import NoAddress, feed_address
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.addresses import is_address, is_local_name, is_public
from monitor.feeds.fetching.answers import MAX_BODY_BYTES, Retrieved
from monitor.feeds.fetching.fetcher import Fetcher
from monitor.feeds.fetching.redacted import redacted_url
from monitor.feeds.parsers.frames import Job, Read
from monitor.feeds.parsers.pool import NoParser, Parsers
from monitor.feeds.reading.document import MAX_ENTRIES
from monitor.feeds.reading.entries import Dropped
from monitor.feeds.reading.parse import A_PAGE
from monitor.feeds.reading.window import Whole, Window, look, portions
from streams.item import Item

WEB = ("http://", "https://")
"""How an address begins."""

ADDRESS = (*WEB, "feed:")
"""Also where it is one only once it is read as one."""

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A source that gave no feed, and why; prints as `source: why`, an address without secrets.

    Without a source the reason says it.
    """

    source: str
    why: str

    def __str__(self) -> str:
        source = redacted_url(self.source) if self.source.lower().startswith(WEB) else self.source
        return f"{source}: {self.why}" if source else self.why


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    body: bytes
    url: str = ""
    content_type: str = ""


def read_sources(
    sources: Sequence[str], *, private: bool = False
) -> Generator[dict[str, Any] | Unreadable]:
    """One line per entry of every source, folders walked in sorted order.

    A private address is asked where it was written down as one, or with `private`.  Whoever does
    not take all lines closes it: its parser needs a loop to end on.
    """
    with _Reader() as reader:
        for argument in sources:
            single = _single(argument, private=private)
            if single:
                yield from _lines(argument, single, reader)
                continue
            files, closed = _walk(Path(argument))
            yield from closed
            for file in files:
                yield from _lines(str(file), _load(file), reader)


def read_feed(source: str, *, public_only: bool) -> Iterator[Item | Unreadable]:
    """The items of one feed, file or URL; with `public_only` no private address is asked."""
    url = source.lower().startswith(WEB)
    loaded = _download(source, private=not public_only) if url else _load(Path(source))
    with _Reader() as reader:
        for entry in reader.entries(source, loaded):
            yield entry.item if isinstance(entry, Dropped) else entry


def _single(argument: str, *, private: bool) -> _Body | Unreadable | None:
    """What an argument gives that is no path: an address, or `-` for stdin."""
    if argument.lower().startswith(ADDRESS):
        try:
            url = feed_address(argument)
        except NoAddress as error:
            return Unreadable("", str(error))
        return _download(url, private=private or _names_own_network(url))
    if argument == STDIN:
        return _capped(STDIN, sys.stdin.buffer.read(MAX_BODY_BYTES + 1))
    if "://" in argument and not _mode(Path(argument)):
        return Unreadable(argument, "only http and https addresses are asked")
    return None


def _names_own_network(url: str) -> bool:
    """True where no name that somebody else answers for leads there."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return not is_public(host) if is_address(host) else is_local_name(host)


def _walk(path: Path) -> tuple[list[Path], list[Unreadable]]:
    """The file, or those below a folder, and the folders that do not let themselves be read."""
    if not S_ISDIR(_mode(path)):
        return [path], []
    closed: list[Unreadable] = []

    def note(error: OSError) -> None:
        closed.append(Unreadable(str(error.filename), error.strerror or str(error)))

    walked = os.walk(path, onerror=note)
    found = (Path(where, name) for where, _, names in walked for name in names)
    return sorted(file for file in found if S_ISREG(_mode(file))), closed


def _mode(path: Path) -> int:
    """0 where nothing is, or what may not be looked at."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _load(path: Path) -> _Body | Unreadable:
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BODY_BYTES + 1)
    except OSError as error:
        return Unreadable(str(path), error.strerror or str(error))
    return _capped(str(path), body)


def _capped(source: str, body: bytes) -> _Body | Unreadable:
    if len(body) > MAX_BODY_BYTES:
        return Unreadable(source, f"larger than {MAX_BODY_BYTES // 2**20} MB")
    return _Body(body=body)


def _download(url: str, *, private: bool) -> _Body | Unreadable:
    async def get() -> _Body | Unreadable:
        async with Fetcher() as fetcher:
            fetched = await fetcher.fetch(url, allow_private=private)
        if not isinstance(fetched, Retrieved):
            return Unreadable(url, getattr(fetched, "why", "not modified"))
        return _Body(body=fetched.body, url=fetched.url, content_type=fetched.content_type)

    return asyncio.run(get())


def _lines(
    source: str, loaded: _Body | Unreadable, reader: "_Reader"
) -> Iterator[dict[str, Any] | Unreadable]:
    for entry in reader.entries(source, loaded):
        if isinstance(entry, Unreadable):
            yield entry
            continue
        item = entry.item if isinstance(entry, Dropped) else entry
        line = {"source": source, **msgspec.to_builtins(item)}
        yield line | ({"dropped": entry.reason} if isinstance(entry, Dropped) else {})


class _Reader:
    """One parser process and the loop that speaks to it, for callers that have no loop."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._parsers = Parsers()

    def __enter__(self) -> Self:
        self._runner.run(self._parsers.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self._runner.run(self._parsers.__aexit__(None, None, None))
        self._runner.close()

    def entries(
        self, source: str, loaded: _Body | Unreadable
    ) -> Iterator[Item | Dropped | Unreadable]:
        if isinstance(loaded, Unreadable):
            yield loaded
            return
        now = datetime.now(UTC)
        window = look(loaded.body, loaded.content_type)
        for body in _portions(window, loaded.body):
            job = Job(
                body=body,
                url=loaded.url,
                content_type=loaded.content_type,
                feed=Feed(id=""),
                now=now,
            )
            try:
                answer = self._runner.run(self._parsers.read(job))
            except NoParser as error:
                yield Unreadable(source, str(error))
                return
            if not isinstance(answer, Read):
                yield Unreadable(source, answer.why + _advice(loaded.url, answer.why))
                return
            yield from answer.entries
            if answer.left_out:
                yield _beyond(source, answer.left_out)
        if isinstance(window, Window) and window.beyond:
            yield _beyond(source, window.beyond)


def _beyond(source: str, count: int) -> Unreadable:
    return Unreadable(source, f"{count} entries more than are read at once")


def _advice(url: str, why: str) -> str:
    page = url and why == A_PAGE
    return "; `wirewatch feeds add` looks for the feeds it names" if page else ""


def _portions(window: Window | Whole, body: bytes) -> Iterator[bytes]:
    """The body, in several documents where it has very many items."""
    if isinstance(window, Window) and len(window.spans) > MAX_ENTRIES:
        yield from map(window.reduced, portions(window.digests, MAX_ENTRIES))
    else:
        yield body
