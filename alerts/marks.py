"""Marks: by what a message is known again in its channel.

In: a card, or a message as the channel shows it.  Out: the marks a card is posted with, or the
version of its story that the message shows.  Invariants: any one mark is enough, because Slack may
lose each of them; marks are ids only, since every member of a channel can read them.
"""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from alerts.card import Card

EVENT_TYPE = "wirewatch_alert"
"""Slack drops metadata whose event type has a dot."""

Message = Mapping[str, Any]


def metadata(card: Card) -> dict[str, Any]:
    """The first mark."""
    payload = {"story": card.story, "version": card.version}
    return {"event_type": EVENT_TYPE, "event_payload": payload}


def block_id(card: Card) -> str:
    """The second mark, for when metadata is not kept."""
    return f"{_block_prefix(card)}{card.version}"


def client_msg_id(card: Card) -> str:
    """The third mark, for a card that went out as bare text."""
    return str(uuid5(NAMESPACE_URL, f"{card.channel}:{card.story}:{card.version}"))


def version_shown(message: Message, card: Card) -> str | None:
    """The version of the card's story that `message` shows where the card belongs, or None.

    A story's own message counts in any version: there is one per story.  A thread line counts only
    in the card's own.
    """
    if not _belongs(message, card):
        return None
    version = _by_metadata(message, card) or _by_block(message, card) or _by_client(message, card)
    return version if version and (version == card.version or not card.thread) else None


def _belongs(message: Message, card: Card) -> bool:
    ts = message.get("ts")
    thread = message.get("thread_ts") or ts
    return thread == card.thread != ts if card.thread else thread == ts


def _by_metadata(message: Message, card: Card) -> str:
    payload = _mapping(_mapping(message.get("metadata")).get("event_payload"))
    return str(payload.get("version") or "") if payload.get("story") == card.story else ""


def _by_block(message: Message, card: Card) -> str:
    names = [str(_mapping(block).get("block_id")) for block in message.get("blocks") or []]
    prefix = _block_prefix(card)
    return next((name.removeprefix(prefix) for name in names if name.startswith(prefix)), "")


def _by_client(message: Message, card: Card) -> str:
    return card.version if message.get("client_msg_id") == client_msg_id(card) else ""


def _block_prefix(card: Card) -> str:
    return f"ww:{card.story}:"


def _mapping(value: object) -> Message:
    return value if isinstance(value, Mapping) else {}
