"""Document: a feed as parsed, before its entries become items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_ENTRIES = 2_000
"""Read of one body; Google's sitemaps have 1,000 at most, the longest real feeds 1,500."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A feed as parsed: its own title and language, and its entries with feedparser's keys.

    `ttl_s` is how long it says it stays as it is; `hub` is where changes can
    be subscribed to (WebSub), `self_url` the address it gives as its own.
    """

    title: str
    lang: str
    entries: Sequence[Mapping[str, Any]]
    ttl_s: float | None = None
    hub: str = ""
    self_url: str = ""
