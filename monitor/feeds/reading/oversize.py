"""Oversize: raw items too long, or too many, to be news, cut before they are parsed; pure.

In: a body.  Out: the body with the texts of long items cut, and which items those are.
Invariants: an item itself is never dropped; pictures written out in letters (`data:`) go first and
cost no text; what is cut is said.
"""

import re
from dataclasses import dataclass

from monitor.feeds.reading.document import MAX_ENTRIES
from monitor.feeds.reading.window import Window, look

MAX_RAW_ITEM_BYTES = 256 * 1024
"""A raw item above it loses text: the stream carries 100,000 characters of it in any case."""

MAX_KEPT_BYTES = 192 * 1024
"""Of an oversize item's longest text, from its beginning."""

_SMALL_BYTES = MAX_ENTRIES * len(b"<item/>")
"""Below, there is nothing to look for."""

_PICTURE = re.compile(rb"data:[\w/+.-]{1,80};base64,[A-Za-z0-9+/=\s]++")
_TEXT = re.compile(
    rb"<((?:[A-Za-z_][\w.-]*:)?(?:encoded|content|description|summary|body|fullitem|full-text))"
    rb"(?=[\s>])[^>]*>",
    re.IGNORECASE,
)
_CDATA_FIRST = re.compile(rb"\s*+<!\[CDATA\[")
_CDATA, _CDATA_END = b"<![CDATA[", b"]]>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """A body within the limits: the places of items whose texts were cut, how many are left out."""

    body: bytes
    cut: frozenset[int] = frozenset()
    left_out: int = 0


def within_limits(body: bytes) -> Bounded:
    """The body with `MAX_ENTRIES` items at most, none of them above `MAX_RAW_ITEM_BYTES`."""
    if len(body) < _SMALL_BYTES:
        return Bounded(body=body)
    window = look(body)
    if not isinstance(window, Window):
        return Bounded(body=body)
    spans = window.spans[:MAX_ENTRIES]
    left_out = len(window.spans) - len(spans) + window.beyond
    long = {n for n, (start, end) in enumerate(spans) if end - start > MAX_RAW_ITEM_BYTES}
    if not long and not left_out:
        return Bounded(body=body)
    cut: set[int] = set()
    parts: list[bytes] = []
    at = 0
    for place, (start, end) in enumerate(spans):
        item = window.body[start:end]
        if place in long:
            item = _PICTURE.sub(b"", item)
        if len(item) > MAX_RAW_ITEM_BYTES:
            item = _shortened(item)
            cut.add(place)
        parts += [window.body[at:start], item]
        at = end
    parts += [window.body[window.spans[-1][1] :], window.ending]
    return Bounded(body=b"".join(parts), cut=frozenset(cut), left_out=left_out)


def _shortened(item: bytes) -> bytes:
    """The item with its longest text cut, and without its others where that is not enough."""
    texts = sorted(_texts(item), key=lambda span: span[0] - span[1])
    over = len(item) - MAX_RAW_ITEM_BYTES
    kept: dict[tuple[int, int], bytes] = {}
    for rank, (start, end) in enumerate(texts):
        if over <= 0:
            break
        kept[start, end] = _beginning(item[start:end]) if rank == 0 else b""
        over -= end - start - len(kept[start, end])
    parts, at = [], 0
    for (start, end), text in sorted(kept.items()):
        parts += [item[at:start], text]
        at = end
    return b"".join([*parts, item[at:]])


def _texts(item: bytes) -> list[tuple[int, int]]:
    """Where the contents of its text elements are."""
    found: list[tuple[int, int]] = []
    at = 0
    while tag := _TEXT.search(item, at):
        end = _end(item, tag.end(), b"</" + tag[1])
        if end < 0:
            break
        found.append((tag.end(), end))
        at = end
    return found


def _end(item: bytes, start: int, closing: bytes) -> int:
    """Where the element's end tag is, CDATA passed over; under 0 if nowhere."""
    if _CDATA_FIRST.match(item, start):
        start = item.find(_CDATA_END, start)
        if start < 0:
            return -1
    return item.find(closing, start)


def _beginning(text: bytes) -> bytes:
    """As much of a text as is kept; nothing of one made of elements, which cannot be cut."""
    text = text.strip()
    within = text.startswith(_CDATA)
    if not within and b"<" in text:
        return b""
    text = text[:MAX_KEPT_BYTES]
    end = max(text.rfind(b" "), text.rfind(b"\n"))
    kept = text[: max(end, len(_CDATA) if within else 0)]
    return kept + _CDATA_END if within and _CDATA_END not in kept else kept
