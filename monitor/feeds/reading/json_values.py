"""JSON values: a body in, what it holds out, or a refusal; pure.

Invariant: however hostile the body, the values take some tens of megabytes at most and no stack.
"""

import codecs
import re
from typing import Any

import msgspec

from monitor.feeds.reading.guard import NotAFeed

MAX_OPENINGS = 50_000
"""Of lists and mappings: each takes 60 to 500 bytes; a feed of 1,000 entries has under 20,000."""

MAX_LISTED = 1_000
"""Strings taken of a list of tags or names: an item keeps 64."""

MAX_COMMAS = 250_000
"""Each may part two values of 60 bytes; 8 MB of prose has 100,000."""

_BYTE = re.compile(r" \(byte (\d+)\)\Z")

_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8-sig",
}
"""Byte-order marks; UTF-32's come first, the little-endian one begins with UTF-16's."""


def is_json(body: bytes) -> bool:
    """True for what begins as a list or a mapping does."""
    return _as_utf8(body[:1_000]).lstrip()[:1] in {b"{", b"["}


def read_json(body: bytes) -> Any:
    """The value in `body`.

    Raises:
        NotAFeed: malformed, too deep, or made of too many values.
    """
    text = _as_utf8(body)
    if text.count(b"{") + text.count(b"[") > MAX_OPENINGS or text.count(b",") > MAX_COMMAS:
        raise NotAFeed("JSON of too many values")
    try:
        return _decode(text)
    except RecursionError as error:
        raise NotAFeed("JSON nested too deep") from error
    except (msgspec.DecodeError, ValueError) as error:
        raise NotAFeed(f"broken JSON, {_where(str(error), text)}") from error


def string(value: Any) -> str:
    """A string or a number as a string; nothing for anything else."""
    usable = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value) if usable else ""


def mappings(value: Any) -> list[dict[str, Any]]:
    """The mappings in a list; one standing alone counts as a list."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, dict)]


def strings(value: Any) -> list[str]:
    """The strings and numbers in a list, as strings."""
    listed = value[:MAX_LISTED] if isinstance(value, list) else []
    return [*filter(None, map(string, listed))]


def _decode(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except UnicodeDecodeError:  # one byte in Latin-1 costs a letter, not the feed
        return msgspec.json.decode(text.decode("utf-8", "replace"))


def _where(said: str, text: bytes) -> str:
    """Msgspec's words, the place as line and column."""
    if "truncated" in said:
        return "it ends in the middle"
    said = said.removeprefix("JSON is malformed: ")
    found = _BYTE.search(said)
    if not found:
        return said
    before = text[: int(found[1])]
    line, start = before.count(b"\n") + 1, before.rfind(b"\n") + 1
    if said.startswith("trailing characters"):
        return f"line {line}: it goes on after its end"
    column = len(before[start:].decode("utf-8", "replace")) + 1
    return f"line {line}, column {column}: {said[: found.start()]}"


def _as_utf8(body: bytes) -> bytes:
    for mark, encoding in _MARKS.items():
        if body.startswith(mark):
            return body.decode(encoding, "replace").encode()
    return body
