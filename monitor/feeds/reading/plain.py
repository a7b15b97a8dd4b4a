"""Plain text: an entry's HTML in, what a reader would see out; pure.

Invariant: `paragraphs` and `plain` give the same words, apart at the same places; only the
white space differs.
"""

import re
import unicodedata
from html import unescape

from selectolax.lexbor import LexborHTMLParser

MAX_HTML_CHARS = 1_000_000
"""Of one field, before it is read: the text left of it is cut far shorter anyway."""

MAX_TAGS = 5_000
"""Parsed as HTML: nesting costs quadratic time (20,000 <div>: 0.9 s); beyond, tags are cut out."""

_TAG = re.compile(r"<[^<>]*>")
_BLOCK_TAG = re.compile(r"</?(?:p|div|li|h[1-4]|tr|blockquote)\b[^<>]*>", re.IGNORECASE)
_MARKUP = re.compile(r"[<&]")
_KEPT = {"\u200c", "\u200d"}  # joiners carry meaning in Persian and Indic scripts
_HIDDEN = {"Cc", "Cf", "Cs", "Co"}  # control, format (bidi, zero width), surrogates, private
_BLOCKS = "p, div, li, h1, h2, h3, h4, tr, blockquote"
_PARAGRAPH, _LINE = "\x1d", "\x1c"  # white space to Python, and to no outlet
_APART = re.compile(rf"{_LINE}\s*{_LINE}")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_UNSEEN = ["script", "style", "template", "noscript", "iframe"]


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
    return "".join(filter(_visible, unicodedata.normalize("NFC", text)))


def _text(html: str) -> str:
    if "<" not in html:
        text = unescape(html) if _MARKUP.search(html) else html
        return _BLANK_LINE.sub(_PARAGRAPH, text)
    if html.count("<") > MAX_TAGS:
        return unescape(_TAG.sub(" ", _BLOCK_TAG.sub(_PARAGRAPH, html)))
    tree = LexborHTMLParser(html)
    tree.strip_tags(_UNSEEN)
    for node in tree.css(_BLOCKS):
        node.insert_before(_PARAGRAPH)
        node.insert_after(_PARAGRAPH)
    for node in tree.css("br"):
        node.insert_before(_LINE)
    return tree.body.text() if tree.body else ""


def _visible(char: str) -> bool:
    return char.isspace() or char in _KEPT or unicodedata.category(char) not in _HIDDEN
