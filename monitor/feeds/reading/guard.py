"""Guard: makes a body safe to hand to feedparser; linear in its size, pure.

feedparser 6.0.14 needs it: whitespace before the first element costs it quadratic time (80 kB:
20 s), entities declared in a DOCTYPE are expanded without limit by its fallback parser, and one
reference to no character (`&#xD800;`) makes it raise.  In: a body.  Out: the same feed, without
DOCTYPE and such references, with a short prolog, in UTF-8 where it was UTF-16, declared in no
encoding that could hide a DOCTYPE.
"""

import codecs
import re

MAX_PROLOG_BYTES = 16_384
"""Before the first element, whitespace and comments taken out; real ones are under 2 kB."""

_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_COMMENT_OR_ELEMENT = re.compile(rb"<!--|<[A-Za-z_]")
_DOCTYPE = re.compile(rb"<!doctype", re.IGNORECASE)
_SPACE = re.compile(rb"\s+")
_DECLARATION = re.compile(rb"\A\s*<\?xml[^>]*>")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([^"']*)["']""")
_REFERENCE = re.compile(rb"&#(?:[xX]0*([0-9a-fA-F]+)|0*([0-9]+));?")

_PROBE = b"<!DOCTYPE &a; +ADw- \\x3c"


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
    prolog = _ENCODING.sub(
        lambda told: told[0] if reads_ascii(told[1].decode("latin-1")) else b" ", prolog
    )
    return prolog + _REFERENCE.sub(_character, body[found:])


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
            return _DECLARATION.sub(b"", text)
    return body
