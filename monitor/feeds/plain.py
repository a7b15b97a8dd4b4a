"""Plain text: an entry's HTML in, what a reader would see out; pure."""

import re
import unicodedata
from html import unescape

from selectolax.lexbor import LexborHTMLParser

MAX_HTML_CHARS = 1_000_000
"""Of one field, before it is read: the text left of it is cut far shorter anyway."""

MAX_TAGS = 5_000
"""Parsed as HTML: nesting costs quadratic time (20,000 <div>: 0.9 s); beyond, tags are cut out."""

_TAG = re.compile(r"<[^<>]*>")
_MARKUP = re.compile(r"[<&]")
_SPACE = re.compile(r"\s+")
_KEPT = {"\u200c", "\u200d"}  # joiners carry meaning in Persian and Indic scripts
_HIDDEN = {"Cc", "Cf", "Cs", "Co"}  # control, format (bidi, zero width), surrogates, private
_BLOCKS = "p, br, div, li, h1, h2, h3, h4, tr, blockquote"
_UNSEEN = ["script", "style", "template", "noscript", "iframe"]


def plain(html: str) -> str:
    """The text of an HTML fragment: one line, no control, bidi or invisible characters."""
    text = html[:MAX_HTML_CHARS]
    if _MARKUP.search(text):
        text = _text(text)
    return _SPACE.sub(" ", "".join(filter(_visible, unicodedata.normalize("NFC", text)))).strip()


def _text(html: str) -> str:
    if "<" not in html:
        return unescape(html)
    if html.count("<") > MAX_TAGS:
        return unescape(_TAG.sub(" ", html))
    tree = LexborHTMLParser(html)
    tree.strip_tags(_UNSEEN)
    for node in tree.css(_BLOCKS):
        node.insert_before(" ")
        node.insert_after(" ")
    return tree.body.text() if tree.body else ""


def _visible(char: str) -> bool:
    return char.isspace() or char in _KEPT or unicodedata.category(char) not in _HIDDEN
