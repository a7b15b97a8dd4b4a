"""Document: a feed as parsed, before its entries become items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_ENTRIES = 1_000
"""Read of a JSON Feed or a sitemap, the first of them: Google's limit; feeds have 30."""


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
