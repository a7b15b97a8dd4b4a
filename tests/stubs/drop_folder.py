"""A look into a watched folder, and what came of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.feeds.drops.folder import Drops, Taken
from monitor.feeds.feed import Feed
from streams.item import Item

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FEED = Feed(id="wire", folder="in")
Put = Callable[..., Path]


def taken(drops: Drops, now: datetime = NOW) -> Taken:
    look = drops.take(FEED, now)
    assert isinstance(look, Taken), look
    return look


def titles(look: Taken) -> list[str]:
    return [entry.title for entry in look.entries if isinstance(entry, Item)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_symlink() or not path.is_dir())


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)
