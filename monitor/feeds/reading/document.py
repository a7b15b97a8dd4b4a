"""Document: a feed as parsed, before its entries become items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A feed as parsed: its own title and language, and its entries as feedparser has them."""

    title: str
    lang: str
    entries: Sequence[Mapping[str, Any]]
