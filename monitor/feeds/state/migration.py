"""Migration: a feed whose ids have all changed, told from one that has much news; pure.

In: a window and what is known of the feed.  Out: which id each item was known by.  Invariant: an
item is led to a known one only by an address or a headline and day that no other of either has.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from monitor.feeds.state.known import Known
from monitor.feeds.state.overlap import WindowFacts
from streams.item import Item
from streams.text import digest, words

MASS_LEAST = 5
"""Fewer items that change alike are no migration, be they the whole window."""


def many(changed: int, parsed: int, facts: WindowFacts) -> bool:
    """Whether so many of a window, `parsed` items of it read, are more than chance."""
    return changed >= MASS_LEAST and changed * 2 > max(facts.total, parsed)


def known_as(
    window: Sequence[Item], known: Mapping[str, Known], facts: WindowFacts
) -> dict[str, str]:
    """Ids of items that are known under other ids, and these; empty where there are few such.

    An id that the window still shows is no other item's.
    """
    unknown = [item for item in window if item.id not in known]
    if not many(len(unknown), len(window), facts):
        return {}
    shown = {item.id for item in window}
    gone = {item: each for item, each in known.items() if item not in shown}
    found = {
        **_led(unknown, title_of, ((each.title, item) for item, each in gone.items())),
        **_led(unknown, url_of, ((each.url, item) for item, each in gone.items())),
    }
    return found if many(len(found), len(window), facts) else {}


def _led(
    unknown: Sequence[Item], mark: Callable[[Item], str], marks: Iterable[tuple[str, str]]
) -> dict[str, str]:
    """Items to known ids by a mark that is one item's on both sides."""
    known = [pair for pair in marks if pair[0]]
    of_known, of_unknown = Counter(m for m, _ in known), Counter(map(mark, unknown))
    by_mark = {m: item for m, item in known if of_known[m] == 1}
    return {
        item.id: by_mark[mark(item)]
        for item in unknown
        if of_unknown[mark(item)] == 1 and mark(item) in by_mark
    }


def url_of(item: Item) -> str:
    """The article's address, as a digest; empty for a front page, which says nothing of an item."""
    url = item.canonical_url
    parts = urlsplit(url) if url else None
    return digest(url) if parts and (parts.path.strip("/") or parts.query) else ""


def title_of(item: Item) -> str:
    """Headline and day, as a digest; empty without a headline."""
    title = " ".join(words(item.title))
    day = item.published.at[:10] if item.published and not item.published.clamped else ""
    return digest(title, day) if title else ""
