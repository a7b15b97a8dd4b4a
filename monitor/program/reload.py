"""Reload: rule files edited while running; a folder in, the matcher in force swapped.

Invariant: the new book is read and compiled beside the old one and swapped whole; a broken book
never replaces a good one, and says what is wrong with it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from watchfiles import awatch

from monitor.vitals.watched import BookState
from streams.records import Stop
from streams.rules.current import Current
from streams.rules.load import load_book
from streams.rules.matcher import Matcher
from streams.yaml12 import Invalid

log = logging.getLogger("wirewatch.rules")

SETTLE_MS = 50
"""An editor's save is several events; this long after the last one it is read."""

RETRY_S = 1.0
"""While the folder itself is gone."""


def compile_rules(path: Path, default_to: Sequence[str]) -> Matcher:
    """The matcher for the book at `path`.

    Raises:
        Invalid: anything is wrong with it, or a rule tells nobody.
    """
    return Matcher(load_book(path, default_to=default_to, must_tell=True))


async def follow_rules(
    path: Path,
    default_to: Sequence[str],
    current: Current,
    stop: Stop,
    say: Callable[[str], None],
    state: BookState,
) -> None:
    """Keeps `current` at what the files at `path` say, and `state` true, until the stop."""
    while not stop.is_set():
        try:
            async for _ in awatch(path, step=SETTLE_MS, debounce=10 * SETTLE_MS, stop_event=stop):
                await _reload(path, default_to, current, say, state)
        except (OSError, RuntimeError) as error:
            log.warning("rules at %s cannot be watched: %s", path, error)
            await stop.sleep(RETRY_S)


async def _reload(
    path: Path,
    default_to: Sequence[str],
    current: Current,
    say: Callable[[str], None],
    state: BookState,
) -> None:
    try:
        matcher = await asyncio.to_thread(compile_rules, path, default_to)
    except Invalid as error:
        state.refused = True
        log.error("rules not taken over, the last good book stays in force:\n%s", error)
        return
    book = matcher.book
    if book.hash != current.matcher.book.hash:
        current.matcher = matcher
        say(f"rules in force: {len(book.rules)} (book {book.hash[:8]})")
    state.take(book.hash, len(book.rules), time.time())
