"""Item file: JSON lines in, Items out; the offline tools' way into the stream's code.

Invariant: a line needs only `title`; texts are taken as given, so offsets point into them.
"""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, fields
from pathlib import Path
from typing import BinaryIO

import msgspec

from streams.item import Clock, Item, Precision, cut

MAX_LINE_BYTES = 32 * 1024 * 1024
"""One item; beyond, the file is no item file."""

STDIN = Path("-")


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no item; prints as `file:line: why`."""

    file: str
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.why}"


_CLOCKS = ("published", "updated", "seen")
_FIELDS = {field.name for field in fields(Item)}


def read_items(file: Path) -> Iterator[Item | BadLine]:
    """The items of `file` (`-`: stdin), in order; empty lines are passed over.

    Raises:
        OSError: it cannot be read.
    """
    with nullcontext(sys.stdin.buffer) if file == STDIN else file.open("rb") as lines:
        yield from _read(lines, str(file))


def _read(lines: BinaryIO, name: str) -> Iterator[Item | BadLine]:
    number = 0
    while line := lines.readline(MAX_LINE_BYTES):
        number += 1
        if not line.strip():
            continue
        try:
            yield parse_item(line, number)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            yield BadLine(name, number, f"no item: {error}")


def parse_item(line: bytes, number: int) -> Item:
    """The item in one JSON line; without `id` its line number names it.

    Raises:
        ValueError: not a JSON object, no title, or a field of the wrong kind.
    """
    given = msgspec.json.decode(line)
    if not isinstance(given, dict):
        raise ValueError("a JSON object belongs here")
    if not isinstance(given.get("title"), str):
        raise ValueError('"title" is missing or no text')
    given = {k: v for k, v in given.items() if k in _FIELDS and v is not None}
    given["id"] = str(given.get("id", number))
    for clock in _CLOCKS:
        if isinstance(given.get(clock), str):
            given[clock] = _clock(given[clock])
    return cut(msgspec.convert(given, Item))


def _clock(text: str) -> dict[str, str]:
    """A plain string as a clock: a date stays a date."""
    date = len(text) == 10
    clock = Clock(at=text, raw=text, precision=Precision.DATE if date else Precision.SECOND)
    return {"at": clock.at, "raw": clock.raw, "precision": clock.precision}
