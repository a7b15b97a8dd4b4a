"""Plain text: an entry's HTML in, what a reader would see out; pure.

Invariants: `paragraphs` and `plain` give the same words, apart at the same places, and only the
white space differs; nothing invisible is left, letters are composed (NFC).  An outlet that encodes
twice leaves `AT&amp;T &#8217;` behind: what is clearly such residue is decoded once more.
"""

import re
import unicodedata
from html import unescape

from selectolax.lexbor import LexborHTMLParser

MAX_HTML_CHARS = 1_000_000
"""Of one field, before it is read: the text left of it is cut far shorter anyway."""

MAX_TAGS = 2_000
"""Parsed as HTML: nesting costs quadratic time (2,000 <div>: 5 ms); beyond, tags are cut out."""

MAX_MARKS = 30
"""On one letter (Unicode's stream-safe limit, UAX 15): composing 40,000 takes 1.2 s."""

_TAG = re.compile(r"<[^<>]*>")
_BLOCK_TAG = re.compile(r"</?(?:p|div|li|h[1-4]|tr|blockquote)\b[^<>]*>", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_RESIDUE = re.compile(
    r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|quot|apos|nbsp|[lr][sd]quo|[nm]dash|hellip);"
)
HIDDEN = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # control, but no white space
    "\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"  # format
    "\ud800-\udfff\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"  # surrogates, private
    "]+"
)
"""What nobody sees: bidi, zero width, control …; joiners (ZWJ, ZWNJ) carry meaning and stay."""

_MAY_BE_MARKS = re.compile(rf"[^\w\s]{{{MAX_MARKS + 1},}}")
_BLOCKS = "p, div, li, h1, h2, h3, h4, tr, blockquote"
_PARAGRAPH, _LINE = "\x1d", "\x1c"  # white space to Python, and to no outlet
_APART = re.compile(rf"{_LINE}\s*{_LINE}")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_UNSEEN = ["script", "style", "template", "noscript", "iframe"]
_UNSEEN_TAG = re.compile(rf"<(?:{'|'.join(_UNSEEN)})", re.IGNORECASE)
_LINE_TAG = re.compile(r"</?br", re.IGNORECASE)


def plain(html: str) -> str:
    """The text of an HTML fragment: one line, no control, bidi or invisible characters."""
    return one_line(_seen(html))


def paragraphs(html: str) -> str:
    """The same, one paragraph a line: what blocks, empty lines and double <br> hold apart."""
    parts = _APART.sub(_PARAGRAPH, _seen(html)).split(_PARAGRAPH)
    return "\n".join(filter(None, map(one_line, parts)))


def one_line(text: str) -> str:
    """The text with every run of white space as one space, none at its ends."""
    return " ".join(text.split())


def _seen(html: str) -> str:
    """What is visible, with marks where paragraphs and lines end."""
    text = _text(html[:MAX_HTML_CHARS])
    if "&" in text:
        text = _RESIDUE.sub(_decoded, text)
    if text.isascii():
        return HIDDEN.sub("", text)
    text = _MAY_BE_MARKS.sub(_few_marks, HIDDEN.sub("", text))
    return unicodedata.normalize("NFC", text)


def _text(html: str) -> str:
    if "<" not in html:
        return _BLANK_LINE.sub(_PARAGRAPH, _unescape(html))
    if html.count("<") > MAX_TAGS:
        return _unescape(_TAG.sub(" ", _BLOCK_TAG.sub(_PARAGRAPH, html)))
    tree = LexborHTMLParser(html)
    if _UNSEEN_TAG.search(html):
        tree.strip_tags(_UNSEEN)
    for node in tree.css(_BLOCKS):
        node.insert_before(_PARAGRAPH)
        node.insert_after(_PARAGRAPH)
    if _LINE_TAG.search(html):
        for node in tree.css("br"):
            node.insert_before(_LINE)
    return tree.body.text() if tree.body else ""


def _unescape(text: str) -> str:
    """Whole references only: `?a=1&copy=2` is no ©."""
    return _REFERENCE.sub(_decoded, text) if "&" in text else text


def _decoded(reference: re.Match[str]) -> str:
    return unescape(reference.group())


def _few_marks(run: re.Match[str]) -> str:
    """The run with `MAX_MARKS` combining marks in a row at most."""
    kept: list[str] = []
    marks = 0
    for char in run.group():
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= MAX_MARKS:
            kept.append(char)
    return "".join(kept)
