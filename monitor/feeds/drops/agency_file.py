"""Agency files: a file's bytes in, items out, whichever of the formats it has; pure."""

from datetime import datetime

from monitor.feeds.drops.agency import AgencyItem, latest_only, make_item
from monitor.feeds.drops.newsml import OTHER_ROOTS, ROOTS, read_newsml
from monitor.feeds.drops.ninjs import is_ninjs, read_ninjs
from monitor.feeds.feed import Feed
from monitor.feeds.reading.entries import Dropped
from monitor.feeds.reading.guard import NotAFeed, root_name
from monitor.feeds.reading.json_values import is_json, read_json
from streams.item import Item

MAX_ITEMS = 1_000
"""In one file: agencies send one, or the items of some minutes."""


def read_agency_file(body: bytes, feed: Feed, now: datetime) -> list[Item | Dropped]:
    """The items in `body`, in its order; of several versions of one, only the last is an item.

    Raises:
        NotAFeed: neither ninjs nor NewsML-G2, or not the whole of it.
    """
    found = _given(body)
    if len(found) > MAX_ITEMS:
        raise NotAFeed(f"more than {MAX_ITEMS:,} items in one file")
    return latest_only([make_item(given, feed, now) for given in found])


def is_agency_file(body: bytes) -> bool:
    """True for what `read_agency_file` is for, though it may be broken."""
    if not is_json(body):
        return root_name(body) in ROOTS | OTHER_ROOTS
    try:
        return is_ninjs(read_json(body))
    except NotAFeed:
        return False


def _given(body: bytes) -> list[AgencyItem]:
    if is_json(body):
        return read_ninjs(read_json(body))
    root = root_name(body)
    if not root:
        raise NotAFeed("empty" if not body.strip() else "neither JSON nor XML")
    if root not in ROOTS | OTHER_ROOTS:
        raise NotAFeed(f"XML, but no NewsML-G2: it begins with {root[:40]}")
    return read_newsml(body)
