"""Every real feed of the corpora: nothing is lost, nothing leaves its bounds."""

import io
import os
import random
import resource
import tarfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest

from monitor.feeds.feed import Feed
from monitor.feeds.reading.canonical import canonical
from monitor.feeds.reading.dates import AHEAD_MOST, EARLIEST
from monitor.feeds.reading.entries import Dropped, read_entries
from monitor.feeds.reading.guard import NotAFeed
from monitor.feeds.reading.parse import parse
from monitor.feeds.reading.window import Window, look
from streams.item import Clock, Item, Precision, cut
from streams.topics import decode, encode

CORPORA = os.environ.get("WIREWATCH_CORPORA", "")
NOW = datetime.now(UTC)
EVERY = 2
"""One file in so many is read: all take a minute."""
NEWS = ("id", "link", "title", "published", "updated", "summary", "author")
MAX_CPU_S, MAX_GROWTH_KB = 1.0, 50 * 1024
NESTED_MOST = 20
"""Feeds of 2,300 whose entries hold entries: their count differs, they are parsed whole."""


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
    before_s, before_kb = time.process_time(), peak_kb()
    try:
        document = parse(body)
    except NotAFeed as error:
        return [f"{name}: {error}"] if entries(body) else []
    lines = read_entries(document, Feed(id="f"), NOW)
    cpu_s, growth_kb = time.process_time() - before_s, peak_kb() - before_kb
    expected = entries(body)
    found = [] if len(lines) == expected else [f"{name}: {len(lines)} of {expected} entries"]
    if cpu_s > MAX_CPU_S or growth_kb > MAX_GROWTH_KB:
        found.append(f"{name}: {cpu_s:.2f} s, {growth_kb} kB")
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


def news(entry: Mapping[str, Any]) -> tuple[object, ...]:
    contents = tuple(content.get("value") for content in entry.get("content", ()))
    tags = tuple(tag.get("term") for tag in entry.get("tags", ()))
    return (*(dict(entry).get(name) for name in NEWS), contents, tags)


def differences(name: str, body: bytes, chance: random.Random) -> list[str]:
    """Where half of the feed does not read as the whole does; "count" where it cannot be split."""
    try:
        whole = parse(body).entries
    except NotAFeed:
        return []
    window = look(body)
    if not isinstance(window, Window) or len(window.spans) != len(whole):
        return [f"{name}: count"] if whole else []
    half = {digest for digest in window.digests if chance.random() < 0.5} or {*window.digests[:1]}
    wanted = [news(e) for e, d in zip(whole, window.digests, strict=True) if d in half]
    found = [news(entry) for entry in parse(window.reduced(half)).entries]
    leaks = b"xml:base" in body  # feedparser has one item's base leak into the next one's links
    return [] if found == wanted or leaks else [f"{name}: {len(found)} read otherwise"]


def test_half_of_every_feed_reads_as_the_whole_does() -> None:
    chance = random.Random(1)
    found = [each for name, body in bodies()[1::EVERY] for each in differences(name, body, chance)]
    counts = [each for each in found if each.endswith(": count")]
    assert [each for each in found if each not in counts] == []
    assert len(counts) <= NESTED_MOST


def peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
