"""Headlines: which items say next to nothing beside their title; pure."""

from monitor.feeds.feed import Feed
from streams.item import Item, Kind

HEADLINE_ONLY_CHARS = 100
"""Summary and text together; with less an item is a headline and no more (26-29 % of real ones)."""


def is_headline_only(item: Item) -> bool:
    """True if there is next to nothing to read beside the title."""
    return len(item.summary) + len(item.text) < HEADLINE_ONLY_CHARS


def wants_article(item: Item, feed: Feed) -> bool:
    """True if the feed asks for full text, and the item is news and a headline only."""
    return (
        feed.full_text
        and bool(item.url)
        and not item.baseline
        and item.kind is not Kind.CANCELLED
        and is_headline_only(item)
    )
