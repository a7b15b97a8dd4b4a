"""OPML: lists of feeds as other programs exchange them; pure.

In: a file of OPML 1 or 2.  Out: the feeds it names, however deeply filed, and what it names as
feeds that are none.  And back: feeds as OPML 2.0.  Invariants: no entity is expanded, nothing is
fetched, size and depth are bounded; what `write_opml` writes, `read_opml` reads.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from monitor.feeds.address import NoAddress, feed_address
from monitor.feeds.feed import Feed
from monitor.feeds.reading.plain import one_line

MAX_OPML_BYTES = 8 * 1024 * 1024
"""50,000 feeds are about as much."""

MAX_DEPTH = 64
"""Folders in folders: people file in two or three."""

MAX_NAME_CHARS = 200
"""Of an outlet's or folder's name."""

_SHOWN_BYTES = 100
"""Looked at to say what a file is that is no XML."""

_ROOTS = {
    "html": "an HTML page, not OPML",
    **dict.fromkeys(("rss", "feed", "rdf"), "a feed, not a list of feeds"),
}

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotOpml(ValueError):
    """The file is no OPML; the text says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A feed of the file; `folder` as `World / Asia`, `line` from 1."""

    url: str
    outlet: str = ""
    folder: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BadOutline:
    """Something meant as a feed that has no usable address."""

    line: int
    why: str


def read_opml(body: bytes) -> list[Outline | BadOutline]:
    """The feeds of an OPML file, in its order.

    Raises:
        NotOpml: too large, broken, declaring entities, or something else than OPML.
    """
    if len(body) > MAX_OPML_BYTES:
        raise NotOpml(f"larger than {MAX_OPML_BYTES // 2**20} MB")
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)
    except expat.ExpatError as error:
        raise NotOpml(_broken(body, error, begun=reader.begun)) from error
    except (ValueError, LookupError) as error:  # an encoding Python does not know or cannot map
        raise error if isinstance(error, NotOpml) else NotOpml(str(error)) from error
    return reader.found


def _broken(body: bytes, error: expat.ExpatError, *, begun: bool) -> str:
    """What is wrong with what is no XML, or breaks off being some."""
    where = f"line {error.lineno}, column {error.offset + 1}: {expat.ErrorString(error.code)}"
    if begun:
        return f"broken XML, {where}"
    start = body.removeprefix(BOM_UTF8).lstrip()[:_SHOWN_BYTES].lower()
    if not start:
        return "empty, not OPML"
    if start[:1] in {b"{", b"["}:
        return "JSON, not OPML"
    if start.startswith((b"<!doctype html", b"<html")):
        return "an HTML page, not OPML"
    return f"not OPML: no XML either ({where})"


def write_opml(feeds: Sequence[Feed], *, title: str) -> str:
    """The feeds that have an address as OPML 2.0."""
    outlines = "".join(map(_outline, (feed for feed in feeds if feed.url)))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
        f"<head><title>{escape(_xml(title))}</title></head>\n<body>\n{outlines}</body>\n</opml>\n"
    )


def _outline(feed: Feed) -> str:
    name = quoteattr(_xml(feed.outlet or feed.id))
    return f'<outline type="rss" text={name} title={name} xmlUrl={quoteattr(_xml(feed.url))}/>\n'


def _xml(text: str) -> str:
    return _NO_XML.sub("", text)


class _Reader:
    """Collects outlines while expat reads."""

    def __init__(self) -> None:
        self.found: list[Outline | BadOutline] = []
        self.begun = False
        self._names: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._entity

    def _start(self, tag: str, given: Mapping[str, str]) -> None:
        self.begun = True
        if not self._names and tag.lower() != "opml":
            self._refuse(_ROOTS.get(tag.lower().rpartition(":")[2], f"<{tag[:40]}> is no OPML"))
        if len(self._names) >= MAX_DEPTH:
            self._refuse(f"more than {MAX_DEPTH} levels deep")
        values = {key.lower(): one_line(value) for key, value in given.items()}
        name = (values.get("title") or values.get("text") or "")[:MAX_NAME_CHARS]
        if tag.lower() == "outline" and ("xmlurl" in values or values.get("type") == "rss"):
            self.found.append(self._feed(values.get("xmlurl", ""), name))
        self._names.append(name if tag.lower() == "outline" else "")

    def _feed(self, address: str, outlet: str) -> Outline | BadOutline:
        line = self.parser.CurrentLineNumber
        if not address:
            return BadOutline(line=line, why=f'feed "{outlet}" has no address (xmlUrl)')
        try:
            url = feed_address(address)
        except NoAddress as error:
            return BadOutline(line=line, why=str(error))
        folder = " / ".join(filter(None, self._names))
        return Outline(url=url, outlet=outlet, folder=folder, line=line)

    def _end(self, _: str) -> None:
        self._names.pop()

    def _entity(self, *_: object) -> NoReturn:
        self._refuse("it declares entities")

    def _refuse(self, why: str) -> NoReturn:
        raise NotOpml(f"line {self.parser.CurrentLineNumber}: {why}")
