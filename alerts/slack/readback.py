"""Readback: finds a card in its channel again.

In: a card and when its first claim was made.  Out: whether the channel shows it.  Invariants: a
card is `Absent` only where everything since then was read; what Slack does not let us read is said
once in the log.
"""

import asyncio
import logging
import re
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from alerts.card import Card
from alerts.marks import version_shown
from alerts.sink import CALL_MOST_S, Absent, CannotTell, Found, LookAgain, Sighting
from alerts.slack.answers import LOOK_RETRY_S, SCOPE, code_of, lacking, sighting, words

log = logging.getLogger("wirewatch.slack")

CLOCKS_APART_S = 60.0
"""How far Redis's clock may be ahead of Slack's.  A minute more to read costs little, and what is
found there carries the card's own marks."""

PAGE = 200
"""Messages or channels at once; Slack's advice."""

PAGES_MOST = 5
"""Of one look."""

_KINDS = ("public_channel", "private_channel")
"""Asked for one by one: of both together Slack was seen to leave out the private ones."""

_CHANNEL_ID = re.compile(r"[CDG][A-Z0-9]{7,}\Z")


class Readback:
    """Reads channels and threads of one workspace."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._ids: dict[str, str] = {}
        self._said: set[str] = set()

    def note_id(self, channel: str, channel_id: str) -> None:
        """Slack has told the id of a channel; posts take its name as well, looks do not."""
        self._ids[_hashed(channel)] = channel_id

    async def find(self, card: Card, since_ms: int) -> Sighting:
        """Reads the channel, or the thread the card belongs to, since shortly before `since_ms`."""
        try:
            async with asyncio.timeout(CALL_MOST_S):
                seen = await self._find(card, since_ms)
        except SlackApiError as error:
            seen = sighting(error)
        except (aiohttp.ClientError, TimeoutError, OSError, SlackClientError, ValueError) as error:
            seen = LookAgain(words(error), LOOK_RETRY_S)
        if isinstance(seen, CannotTell):
            self._say_once(card.channel, seen.why)
        return seen

    async def _find(self, card: Card, since_ms: int) -> Sighting:
        channel = await self._id_of(card.channel)
        if isinstance(channel, CannotTell):
            return channel
        oldest, cursor = f"{since_ms / 1000 - CLOCKS_APART_S:.6f}", ""
        for _ in range(PAGES_MOST):
            page = await self._page(card, channel, oldest, cursor)
            shown = [(m, version_shown(m, card)) for m in page.get("messages") or []]
            if found := sorted((str(m.get("ts")), version) for m, version in shown if version):
                return Found(*found[0])
            cursor = _next_cursor(page)
            if not cursor:
                return Absent()
        return CannotTell(f"more than {PAGES_MOST * PAGE} messages to read")

    async def _page(self, card: Card, channel: str, oldest: str, cursor: str) -> AsyncSlackResponse:
        what: dict[str, Any] = {
            "channel": channel,
            "oldest": oldest,
            "cursor": cursor or None,
            "limit": PAGE,
            "include_all_metadata": True,
        }
        if card.thread:
            return await self._client.conversations_replies(ts=card.thread, **what)
        return await self._client.conversations_history(**what)

    async def _id_of(self, channel: str) -> str | CannotTell:
        if _CHANNEL_ID.match(channel):
            return channel
        name, why = _hashed(channel), "the bot is in no channel of that name"
        for kind in _KINDS:
            if not self._ids.get(name):
                why = await self._learn_ids(kind) or why
        return self._ids.get(name) or CannotTell(why)

    async def _learn_ids(self, kind: str) -> str:
        """Notes the channels the bot is in; the answer says which scope that would take."""
        cursor = ""
        for _ in range(PAGES_MOST):
            try:
                page = await self._client.users_conversations(
                    types=kind, exclude_archived=True, limit=PAGE, cursor=cursor or None
                )
            except SlackApiError as error:
                if code_of(error) not in SCOPE:
                    raise
                return lacking(error)
            for channel in page.get("channels") or []:
                self.note_id(str(channel.get("name")), str(channel.get("id")))
            cursor = _next_cursor(page)
            if not cursor:
                break
        return ""

    def _say_once(self, channel: str, why: str) -> None:
        line = f"{channel} cannot be read back ({why})"
        if line not in self._said:
            self._said.add(line)
            log.warning('%s: after an unclear post it is told again, with "may repeat"', line)


def _next_cursor(page: AsyncSlackResponse) -> str:
    return str((page.get("response_metadata") or {}).get("next_cursor") or "")


def _hashed(channel: str) -> str:
    """A channel's name as #name."""
    return f"#{channel.removeprefix('#')}"
