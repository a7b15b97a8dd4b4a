"""Story keys: under which names an item's story may already be known.

In: an item.  Out: its `Signature`.  Invariant: two items share a key only if a desk would call them
the same story, or versions of one item; a key never rests on a string that many stories share.
Kinds, strongest first: `item` (the same id), `url`, `guid`, `text` (same words), `title`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from streams.item import Item
from streams.text import digest, words

TITLE_KEY_MIN_WORDS = 5
"""Shorter headlines ("Morning briefing", "Live updates") are shared by many stories."""


class KeyKind(StrEnum):
    """What two items that share a key have in common."""

    ITEM = "item"
    URL = "url"
    GUID = "guid"
    TEXT = "text"
    TITLE = "title"

    @property
    def identity(self) -> bool:
        """True where changed text under the same key is a new version, not a copy."""
        return self in {KeyKind.ITEM, KeyKind.URL, KeyKind.GUID}


@dataclass(frozen=True, slots=True)
class StoryKey:
    """One name of a story: 16 hex digits under its kind."""

    kind: KeyKind
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """An item's keys, strongest first, and the digest of its words (its version)."""

    keys: tuple[StoryKey, ...]
    text: str


def version(item: Item) -> str:
    """The digest of the item's words: `signature(item).text`, without the keys."""
    return _version(words(item.title), words(item.summary) + words(item.text))


def _version(title: Sequence[str], body: Sequence[str]) -> str:
    return digest(" ".join(title), " ".join(body))


def signature(item: Item) -> Signature:
    """The names under which `item`'s story may be known."""
    title = words(item.title)
    body = words(item.summary) + words(item.text)
    text = _version(title, body)
    keys = [StoryKey(KeyKind.ITEM, digest(item.id))]
    keys += [StoryKey(KeyKind.URL, digest(url)) for url in _article_urls(item)]
    keys += [StoryKey(KeyKind.GUID, digest(guid)) for guid in _guids(item)]
    if body:
        keys.append(StoryKey(KeyKind.TEXT, text))
    if title and (not body or len(title) >= TITLE_KEY_MIN_WORDS):
        keys.append(StoryKey(KeyKind.TITLE, digest(" ".join(title))))
    return Signature(keys=tuple(keys), text=text)


def _article_urls(item: Item) -> list[str]:
    """The canonical URL, unless it is a front page, which every item of a poor feed links to."""
    url = item.canonical_url
    parts = urlsplit(url) if url else None
    return [url] if parts and (parts.path.strip("/") or parts.query) else []


def _guids(item: Item) -> list[str]:
    """GUIDs meant for the world as they are; local ones ("1234") only within their feed."""
    given = [g for g in (item.guid, *item.alt_ids) if g]
    return [g if ":" in g else f"{item.feed}\x1f{g}" for g in given]
