"""Reload: rule files read, and read again when they were edited.

In: a folder.  Out: an edition that is a whole good book, or everything that is wrong with it.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchfiles import awatch

from streams.records import Stop
from streams.rules.heap import built_aside
from streams.rules.load import read_rules, rule_files
from streams.rules.published import MAX_RECORD_BYTES, Edition, edition, oversized
from streams.yaml12 import Invalid, Problem

log = logging.getLogger("wirewatch.rules")

SETTLE_MS = 50
"""An editor's save is several events; this long after the last one it is read."""

LOOK_MS = 1_000
"""Without an event for so long the files are looked at all the same: some mounts send none."""

RETRY_S = 1.0
"""While the folder itself is gone."""

Seen = frozenset[tuple[str, int, int]]
"""Each rule file's path, when it was changed (nanoseconds since 1970), and its size in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """An edition, and the files as they were just before they were read."""

    edition: Edition
    seen: Seen


def load_edition(path: Path, default_to: Sequence[str]) -> Loaded:
    """The book at `path`, ready to be pushed.

    Raises:
        Invalid: anything is wrong with it, a rule tells nobody, or is too large for Kafka.
    """
    seen = _look(path)
    with built_aside():
        made = edition(*read_rules(path, default_to=default_to, must_tell=True))
    problems = list(_too_large(made, path.parent))
    if problems:
        raise Invalid(problems)
    return Loaded(edition=made, seen=seen)


def _too_large(made: Edition, folder: Path) -> Iterator[Problem]:
    for large in oversized(made.records):
        file, line, column = large.where.rsplit(":", 2)
        message = (
            f"{large.name} takes {large.size:,} bytes; a Kafka message has {MAX_RECORD_BYTES:,}"
        )
        yield Problem(str(folder / file), int(line), int(column), message)


async def follow_files(
    path: Path, default_to: Sequence[str], since: Seen, stop: Stop
) -> AsyncIterator[Loaded | Invalid]:
    """The files at `path` whenever they were edited after `since`, until the program stops."""
    seen, gone = since, ""
    while not stop.is_set():
        try:
            async for _ in awatch(
                path,
                step=SETTLE_MS,
                debounce=10 * SETTLE_MS,
                rust_timeout=LOOK_MS,
                yield_on_timeout=True,
                stop_event=_Ending(stop),
            ):
                gone, before, seen = "", seen, _look(path)
                if seen != before:
                    yield await _reload(path, default_to)
        except (OSError, RuntimeError) as error:
            if str(error) != gone:
                log.warning("rules at %s cannot be watched: %s", path, error)
            gone = str(error)
            await stop.sleep(RETRY_S)


class _Ending:
    """What `awatch` looks at, and sets when it is cancelled: that must not end the program."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._cancelled = False

    def is_set(self) -> bool:
        return self._cancelled or self._stop.is_set()

    def set(self) -> None:
        self._cancelled = True


def _look(path: Path) -> Seen:
    return frozenset(_look_at(rule_files(path)))


def _look_at(files: Sequence[Path]) -> Iterator[tuple[str, int, int]]:
    for file in files:
        with contextlib.suppress(OSError):  # gone since it was listed
            found = file.stat()
            yield str(file), found.st_mtime_ns, found.st_size


async def _reload(path: Path, default_to: Sequence[str]) -> Loaded | Invalid:
    try:
        return await asyncio.to_thread(load_edition, path, default_to)
    except Invalid as error:
        return error
