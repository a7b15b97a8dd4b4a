"""Article: the page of an article in, its text out.

Invariant: bounded in what it reads and gives; whatever a page does, the answer is a text.  Runs in
a parser process, whose wall clock and memory bound the rest.  The only module that speaks
trafilatura.
"""

import logging
from html import escape

from monitor.feeds.reading.plain import plain
from streams.item import MAX_ITEM_CHARS

MAX_PAGE_BYTES = 2 * 1024 * 1024
"""Of a page, as read; what is beyond holds no article."""


def article_text(html: bytes, url: str) -> str:
    """The article's text, a paragraph a line; empty where none is found.

    Takes 10 ms, at worst some 100 ms, and 200 ms more the first time.
    """
    from trafilatura import extract  # noqa: PLC0415 - only who asks for full text pays for it

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # a page without text is no event
    try:
        found = extract(
            html[:MAX_PAGE_BYTES],
            url=url,
            fast=True,
            with_metadata=False,
            include_comments=False,
            include_tables=False,
        )
    except Exception:  # a stranger's page may break any parser; the headline is told all the same
        return ""
    lines = (plain(escape(line)) for line in (found or "").splitlines())
    return "\n".join(filter(None, lines))[:MAX_ITEM_CHARS]
