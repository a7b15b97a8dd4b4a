"""Item file: JSON lines in, Items out; the offline tools' way into the stream's code.

Invariant: a line needs only `title`; texts are taken as given, so offsets point into them.
"""

import codecs
import io
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, fields
from pathlib import Path
from typing import BinaryIO

import msgspec

from streams.item import BEST_TIER, WORST_TIER, Clock, Item, Precision, cut

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


def count_lines(file: Path) -> int:
    """Lines of a file on disk, 0 where only reading tells.

    Raises:
        OSError: it cannot be read.
    """
    if file == STDIN or not file.is_file():
        return 0
    with file.open("rb") as lines:
        return sum(1 for _ in lines)


def is_item_file(file: Path) -> bool:
    """True for JSON, by its beginning.

    Raises:
        OSError: it cannot be read.
    """
    if file == STDIN:
        return True
    with file.open("rb") as lines:
        return lines.read(1024).removeprefix(codecs.BOM_UTF8).lstrip()[:1] in {b"{", b"["}


def read_json_items(file: Path) -> Iterator[Item | BadLine]:
    """The items of a file that is one JSON object, one array of them, or one object a line.

    Raises:
        OSError: it cannot be read.
    """
    if file == STDIN:
        yield from read_items(file)
        return
    with file.open("rb") as lines:
        whole = lines.read(MAX_LINE_BYTES).removeprefix(codecs.BOM_UTF8)
    try:
        given = msgspec.json.decode(whole)
    except (msgspec.DecodeError, RecursionError):
        yield from read_items(file)
        return
    for number, each in enumerate(given if isinstance(given, list) else [given], 1):
        yield from _read(io.BytesIO(msgspec.json.encode(each)), str(file), number)


def _read(lines: BinaryIO, name: str, first: int = 1) -> Iterator[Item | BadLine]:
    number = first - 1
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
    item = msgspec.convert(given, Item)
    if item.tier and not BEST_TIER <= item.tier <= WORST_TIER:
        raise ValueError(f'"tier" is {item.tier}; {BEST_TIER} (best) to {WORST_TIER} belongs here')
    return cut(item)


def _clock(text: str) -> dict[str, str]:
    """A plain string as a clock: a date stays a date."""
    date = len(text) == 10
    clock = Clock(at=text, raw=text, precision=Precision.DATE if date else Precision.SECOND)
    return {"at": clock.at, "raw": clock.raw, "precision": clock.precision}
