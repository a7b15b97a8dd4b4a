"""Every real feed of the corpora: nothing is lost, nothing leaves its bounds."""

import io
import os
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest

from monitor.feeds.reading.canonical import canonical
from monitor.feeds.reading.dates import AHEAD_MOST, EARLIEST
from monitor.feeds.reading.entries import Dropped, read_entries
from monitor.feeds.reading.guard import NotAFeed
from monitor.feeds.reading.parse import parse
from streams.item import Clock, Item, Precision, cut
from streams.topics import decode, encode

CORPORA = os.environ.get("WIREWATCH_CORPORA", "")
NOW = datetime.now(UTC)
EVERY = 2
"""One file in so many is read: all take a minute."""


def entries(body: bytes) -> int:
    """How many entries feedparser itself finds in the body as it is."""
    found = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    return len(found.entries)


def bodies() -> list[tuple[str, bytes]]:
    archive = Path(CORPORA) / "feeds.tar.gz"
    if not CORPORA or not archive.is_file():
        pytest.skip("needs the corpora: WIREWATCH_CORPORA names no folder with feeds.tar.gz")
    with tarfile.open(archive) as tar:
        files = [member for member in tar if member.isfile()]
        return [(m.name, opened.read()) for m in files if (opened := tar.extractfile(m))]


def within_bounds(clock: Clock | None) -> bool:
    if clock is None:
        return True
    ahead = timedelta(days=1) if clock.precision is Precision.DATE else AHEAD_MOST
    return EARLIEST <= clock.moment <= NOW + ahead


def problems(name: str, body: bytes) -> list[str]:
    try:
        document = parse(body)
    except NotAFeed as error:
        return [f"{name}: {error}"] if entries(body) else []
    lines = read_entries(document, feed="f", outlet="", now=NOW)
    expected = entries(body)
    found = [] if len(lines) == expected else [f"{name}: {len(lines)} of {expected} entries"]
    items = [line for line in lines if isinstance(line, Item)]
    if len({item.id for item in items}) != len(items):
        found.append(f"{name}: ids repeat")
    for item in (line.item if isinstance(line, Dropped) else line for line in lines):
        urls = [url for url in (item.url, item.canonical_url) if url]
        if not all(url.startswith(("http://", "https://")) for url in map(str.lower, urls)):
            found.append(f"{name}: {item.id} links to {urls}")
        if item.canonical_url and canonical(item.canonical_url) != item.canonical_url:
            found.append(f"{name}: {item.canonical_url} is not canonical")
        if not all(map(within_bounds, (item.published, item.updated, item.seen))):
            found.append(f"{name}: {item.id} is dated {item.published} {item.updated}")
        if cut(item) != item or decode(Item, encode(item)) != item:
            found.append(f"{name}: {item.id} does not travel")
    return found


def test_every_feed_is_read_whole() -> None:
    assert [each for name, body in bodies()[::EVERY] for each in problems(name, body)] == []
