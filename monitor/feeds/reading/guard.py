"""Guard: makes a body safe to hand to feedparser; linear in its size, pure.

feedparser 6.0.14 needs it: whitespace before the first element costs it quadratic time (80 kB:
20 s), entities declared in a DOCTYPE are expanded without limit by its fallback parser, and one
reference to no character (`&#xD800;`) makes it raise.  In: a body.  Out: the same feed, without
such references, with nothing but its encoding before the first element, in UTF-8 where it was
UTF-16, declared in no encoding that could hide a DOCTYPE.
"""

import codecs
import re

MAX_PROLOG_BYTES = 16_384
"""Before the first element, whitespace, comments and DOCTYPE taken out; real ones: 2 kB."""

SNIFFED_BYTES = 4 * MAX_PROLOG_BYTES
"""Looked at for the first element's name: UTF-32 takes four bytes a character."""

_NAME = re.compile(rb"(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_COMMENT_OR_ELEMENT = re.compile(rb"<!--|<[A-Za-z_]")
_DOCTYPE = re.compile(rb"<!doctype", re.IGNORECASE)
_SPACE = re.compile(rb"\s+")
_DECLARATION = re.compile(rb"<\?xml\s[^<>]*>")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_REFERENCE = re.compile(rb"&#(?:[xX]0*([0-9a-fA-F]+)|0*([0-9]+));?")
_WIDE = re.compile(r"charset\s*=[\s\"']*(utf-(?:16|32)(?:[bl]e)?)\b", re.IGNORECASE)

_GZIP = b"\x1f\x8b"
_PROBE = b"<!DOCTYPE &a; +ADw- \\x3c"


class NotAFeed(ValueError):
    """The body is no feed; the text says what it looks like."""


def guard(body: bytes) -> bytes:
    """The body, safe to parse.

    Raises:
        NotAFeed: empty, or without any element near its beginning.
    """
    if body.startswith(_GZIP):
        raise NotAFeed("compressed by gzip: it has to be unpacked first")
    body = as_utf8(body)
    found = _first_element(body)
    if found < 0:
        raise NotAFeed("empty" if not body.strip() else "neither XML nor JSON in it")
    prolog = _SPACE.sub(b" ", _COMMENT.sub(b"", body[:found])).lstrip()
    prolog = _DOCTYPE.split(prolog, maxsplit=1)[0]
    if len(prolog) > MAX_PROLOG_BYTES:
        raise NotAFeed("too much before its first element")
    return _prolog(prolog) + _REFERENCE.sub(_character, body[found:])


def _prolog(given: bytes) -> bytes:
    """The byte-order mark and the encoding in `given`; nothing else there means anything here.

    It ends its line: feedparser looks for the encoding in the first one, in cubic time.
    """
    mark = codecs.BOM_UTF8 if given.startswith(codecs.BOM_UTF8) else b""
    declaration = _DECLARATION.search(given)
    told = _ENCODING.search(declaration[0]) if declaration else None
    if not told or not reads_ascii(told[1].decode("latin-1")):
        return mark
    return mark + b'<?xml version="1.0" encoding="%s"?>\n' % told[1]


def reads_ascii(encoding: str) -> bool:
    """False for UTF-7, UTF-16, EBCDIC and the like, which spell markup that `guard` cannot see."""
    try:
        return _PROBE.decode(encoding) == _PROBE.decode("ascii")
    except (LookupError, ValueError):
        return False


def _first_element(body: bytes) -> int:
    """Where the first element begins, comments and the internal DTD's entities passed over."""
    at = 0
    while found := _COMMENT_OR_ELEMENT.search(body, at):
        if found[0] != b"<!--":
            return found.start()
        end = body.find(b"-->", found.end())
        if end < 0:
            return -1
        at = end + 3
    return -1


def _character(reference: re.Match[bytes]) -> bytes:
    """The reference, if XML knows such a character."""
    digits, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    number = int(digits, base) if len(digits) < 8 else -1
    known = number in {9, 10, 13} or 32 <= number < 0xD800 or 0xE000 <= number < 0x110000
    return reference[0] if known else b" "  # nothing would join what is around it


def as_utf8(body: bytes, told: str = "") -> bytes:
    """UTF-16 and UTF-32 bodies, known by their first bytes; others are returned as they are.

    `told` is the server's content type: it settles what only NULs tell.
    """
    encoding = _wide(body)
    named = _WIDE.search(told)
    if not encoding and named and b"\0" in body[:4]:
        encoding = named[1]
    if not encoding:
        return body
    return _DECLARATION.sub(b"", body.decode(encoding, "replace").encode(), count=1)


def _wide(body: bytes) -> str:
    """Which encoding of two or four bytes the body is in; what only says so is not."""
    for mark, encoding in (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
        (b"<\0\0\0", "utf-32-le"),
        (b"\0\0\0<", "utf-32-be"),
        (b"<\0", "utf-16-le"),
        (b"\0<", "utf-16-be"),
    ):
        if body.startswith(mark):
            return encoding
    return ""


def root_name(body: bytes) -> str:
    """The name of the first element without its prefix, as far as a look at the beginning tells.

    Empty where there is none: JSON, plain text, nothing.
    """
    start = as_utf8(body[:SNIFFED_BYTES])
    found = _first_element(start)
    name = _NAME.match(start, found + 1) if found >= 0 else None
    return name[1].decode("ascii") if name else ""
