"""Guard: makes a body safe to hand to feedparser; linear in its size, pure.

feedparser 6.0.14 needs it: whitespace before the first element costs it quadratic time (80 kB:
20 s), and entities declared in a DOCTYPE are expanded without limit by its fallback parser.  In: a
body.  Out: the same feed, without DOCTYPE, with a short prolog, in UTF-8 where it was UTF-16.
"""

import codecs
import re

MAX_PROLOG_BYTES = 16_384
"""Before the first element, whitespace and comments taken out; real ones are under 2 kB."""

_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_ELEMENT = re.compile(rb"<[A-Za-z_]")
_DOCTYPE = re.compile(rb"<!doctype", re.IGNORECASE)
_SPACE = re.compile(rb"\s+")
_ENCODING = re.compile(rb"""(<\?xml[^>]*?)\s+encoding\s*=\s*["'][^"']*["']""")


class NotAFeed(ValueError):
    """The body is no feed; the text says what it looks like."""


def guard(body: bytes) -> bytes:
    """The body, safe to parse.

    Raises:
        NotAFeed: empty, or without any element near its beginning.
    """
    body = _as_utf8(body)
    found = _first_element(body)
    if found < 0:
        raise NotAFeed("empty" if not body.strip() else "no XML in it")
    prolog = _SPACE.sub(b" ", _COMMENT.sub(b"", body[:found])).lstrip()
    doctype = _DOCTYPE.search(prolog)
    if doctype:
        prolog = prolog[: doctype.start()]
    if len(prolog) > MAX_PROLOG_BYTES:
        raise NotAFeed("too much before its first element")
    return prolog + body[found:]


def _first_element(body: bytes) -> int:
    """Where the first element begins, comments and the internal DTD's entities passed over."""
    at = 0
    while True:
        element = _ELEMENT.search(body, at)
        comment = body.find(b"<!--", at)
        if element is None:
            return -1
        if comment < 0 or element.start() < comment:
            return element.start()
        end = body.find(b"-->", comment + 4)
        if end < 0:
            return -1
        at = end + 3


def _as_utf8(body: bytes) -> bytes:
    """UTF-16 and UTF-32 bodies by their byte-order mark; others as they are."""
    for mark, encoding in (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if body.startswith(mark):
            text = body.decode(encoding, "replace").encode()
            return _ENCODING.sub(rb"\1", text, count=1)
    return body
