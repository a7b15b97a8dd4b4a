"""Misread: what feedparser would take for something else; pure.

In: a guarded document.  Out: the same document, in which a picture's caption
(`media:description`) is called `media:caption`, so that it never becomes the entry's summary.
Invariants: linear; a document without captions stays as it is.
"""

import re
from itertools import islice

MAX_PREFIXES = 4
"""Under which a document may name the media namespace; each is a pass over it."""

CAPTION = "media_caption"
"""The key under which feedparser then has the caption."""

_MEDIA = re.compile(rb"""xmlns:([\w.-]{1,30})\s?=\s?["']http://search\.yahoo\.com/mrss/?["']""")


def captions_apart(document: bytes) -> bytes:
    """The document with each picture's caption under a name of its own."""
    prefixes = dict.fromkeys((b"media", *_MEDIA.findall(document)))
    for prefix in islice(prefixes, MAX_PREFIXES):
        name = prefix + b":description"
        if name in document:
            tag = re.compile(rb"<(/?)" + re.escape(name) + rb"(?:\s[^<>]*?)?(/?)>")
            document = tag.sub(rb"<\1" + prefix + rb":caption\2>", document)
    return document
