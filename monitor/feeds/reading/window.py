"""Window: a feed's body cut into its raw items, without reading them as XML; linear, pure.

In: a body as fetched.  Out: what stands before, between and after its items, the items with a hash
each, and documents with only some of them: what was seen before need not be parsed again.
Invariants: a document with half the items reads as the whole one does for these; of a body that
breaks off only items that are all there count; what cannot be cut up is parsed whole.
"""

import codecs
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice

from monitor.feeds.reading.guard import as_utf8

DIGEST_BYTES = 8
"""Of a raw item's hash: among 100,000 items one pair in four billion windows is mistaken."""

MAX_ITEMS = 20_000
"""Told apart in one body, 300 bytes each: twice what is ever read of one, some of it repeated."""

MAX_CHANNEL_TAGS = 100
"""Looked at before the first item; a feed has one or two."""

_MARKUP = re.compile(
    rb"<(?:(!\[CDATA\[)|(!--)|(\?)|(/?)((?:[A-Za-z_][\w.-]*+:)?+"
    rb"(?:[iI][tT][eE][mM]|[eE][nN][tT][rR][yY]))(?=[\s/>]))"
)
"""What an item begins or ends with, and what may hold such a thing without meaning it."""

_CDATA_END = b"]]>"
_MARKS = (b"", _CDATA_END, b"-->", b"?>", b">", b">")  # by the group that was found last
_NOTABLE = {
    name: re.compile(rb"<(?:!\[CDATA\[|[!?]|%b|/%b>)" % (name, name))
    for name in (b"item", b"entry")
}
_BEGUN = re.compile(rb"<(?:[A-Za-z_][\w.-]*+:)?+(?:item|entry)(?=[\s/>])", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:(!--)|(\?)|(!)|([A-Za-z_][\w.:-]*))")
_CHANNEL = re.compile(rb"<(/?)((?:[A-Za-z_][\w.-]*:)?channel)(?=[\s>])", re.IGNORECASE)
_END_ONLY = re.compile(rb"(?:\s+|<!--(?:(?!-->).)*+-->)*+\Z", re.DOTALL)
_NO_ROOTS = {b"html", b"entry", b"item"}
_ESCAPE = b"\x1b"  # ISO-2022 spells letters with the bytes of markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A body that is parsed as it is: JSON, HTML, a feed without items, or one too odd to cut up.

    `closed` is False where the body breaks off: its validators must not be kept.
    """

    body: bytes
    closed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A body's raw items, in its order.

    `body` is in UTF-8 where it came in UTF-16 or 32; `spans` are the items' places in it and
    `digests` their hashes, equal items included.  `closed` is False where the body breaks off:
    its validators must not be kept, and `body` ends with its last whole item, `ending` is the end
    tags it lacks.  So it does where `beyond` more items have begun than are told apart.
    """

    body: bytes
    spans: tuple[tuple[int, int], ...]
    digests: tuple[bytes, ...]
    closed: bool
    ending: bytes
    beyond: int = 0

    def reduced(self, keep: Collection[bytes] | Callable[[bytes], bool]) -> bytes:
        """A document with only the items whose hash is in `keep`, or for which it is true.

        What the channel says of itself stays, also between items.
        """
        wanted = keep if callable(keep) else keep.__contains__
        parts: list[bytes] = []
        at = 0
        for (start, end), digest in zip(self.spans, self.digests, strict=True):
            parts.append(self.body[at : end if wanted(digest) else start])
            at = end
        parts += [self.body[at:], self.ending]
        return b"".join(parts)


def portions(digests: Sequence[bytes], most: int) -> Iterator[frozenset[bytes]]:
    """The hashes in their order, `most` different ones at a time."""
    different = [*dict.fromkeys(digests)]
    for start in range(0, len(different), most):
        yield frozenset(different[start : start + most])


def look(body: bytes, content_type: str = "") -> Window | Whole:
    """The body's window; `content_type` as the server told it, for encodings of two bytes."""
    text = as_utf8(body, content_type)
    if text is not body:
        text = codecs.BOM_UTF8 + text  # outweighs what the server says of the body as it was
    root = _root(text)
    if not root or _ESCAPE in text:
        return Whole(body=body)
    spans, broken = _spans(text)
    last = spans[-1][1] if spans else 0
    closed = _closed(text, root, last, broken)
    if (broken is not None and closed) or (not spans and broken is None):
        return Whole(body=body, closed=closed or text.rstrip().endswith(b"/>"))
    end = last or broken or 0
    beyond = sum(1 for _ in _BEGUN.finditer(text, last)) if len(spans) == MAX_ITEMS else 0
    whole = closed and not beyond
    return Window(
        body=text if whole else text[:end],
        spans=tuple(spans),
        digests=tuple(blake2b(text[a:b], digest_size=DIGEST_BYTES).digest() for a, b in spans),
        closed=closed,
        ending=b"" if whole else _ending(text[: spans[0][0] if spans else end], root),
        beyond=beyond,
    )


def _root(body: bytes) -> bytes:
    """The name of the first element; nothing where it is no list of items."""
    if not body.lstrip(codecs.BOM_UTF8 + b" \t\r\n").startswith(b"<"):
        return b""
    at = 0
    while found := _ROOT.search(body, at):
        comment, instruction, _, name = found.groups()
        if name:
            return b"" if name.lower() in _NO_ROOTS else name
        mark = b"-->" if comment else b"?>" if instruction else b""
        end = body.find(mark, found.end())
        if end < 0:
            return b""
        at = end + len(mark)
    return b""


def _spans(body: bytes) -> tuple[list[tuple[int, int]], int | None]:
    """Where the items are, the first `MAX_ITEMS`, and where one begins that has no end."""
    spans: list[tuple[int, int]] = []
    start, depth, name, at = 0, 0, b"", 0
    while len(spans) < MAX_ITEMS and (found := _MARKUP.search(body, at)):
        tag, at = found, _tag_end(body, found)
        if at < 0:  # nothing more can be told apart
            return spans, start if depth else tag.start()
        if not tag[5]:
            continue
        closes, alone = tag[4] == b"/", body[at - 2 : at - 1] == b"/"
        if not depth:
            if closes:
                continue
            start, name = tag.start(), tag[5]
            end = at if alone else _plain_end(body, name, at)
            depth, at = (0, end) if end else (1, at)
        elif tag[5] == name and not (alone and not closes):
            depth += -1 if closes else 1
        else:
            continue
        if not depth:
            spans.append((start, at))
    return spans, start if depth else None


def _tag_end(body: bytes, tag: re.Match[bytes]) -> int:
    """Behind the tag, or behind what hides tags; under 0 where that never ends."""
    mark = _MARKS[tag.lastindex or 0]
    end = body.find(mark, tag.end())
    return end + len(mark) if end >= 0 else -1


def _plain_end(body: bytes, name: bytes, at: int) -> int:
    """Where an item ends that holds nothing odd, such as a comment or one of its name; else 0.

    Passed over at a third of what a look at each tag in it takes.
    """
    notable = _NOTABLE.get(name)
    while notable and (found := notable.search(body, at)):
        if found[0].endswith(b">"):
            return found.end()
        end = body.find(_CDATA_END, found.end()) if found[0].endswith(b"[") else -1
        if end < 0:
            return 0
        at = end + len(_CDATA_END)
    return 0


def _closed(body: bytes, root: bytes, last: int, broken: int | None) -> bool:
    """True if the root's end tag is there, and not within what `broken` has begun.

    Or after it, with nothing behind: then an end tag was forgotten, and nothing is missing.
    """
    closing = body.rfind(b"</" + root)
    if broken is None or last <= closing < broken:
        return closing >= last
    end = body.find(b">", closing) if closing >= 0 else -1
    return end >= 0 and _END_ONLY.match(body, end + 1) is not None


def _ending(head: bytes, root: bytes) -> bytes:
    """The end tags of what `head` has opened: the root, and in most of RSS its channel."""
    tags = [*islice(_CHANNEL.finditer(head), MAX_CHANNEL_TAGS)]
    opened = [tag[2] for tag in tags if not tag[1]]
    closed = [tag[2] for tag in tags if tag[1]]
    names = [*opened[len(closed) :], root]
    return b"".join(b"</%s>" % name for name in names)
