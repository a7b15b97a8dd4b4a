"""Sink: a card in, one `chat.postMessage`, an outcome out; or a card in, the channel read back.

Invariants: the SDK never posts twice by itself (no retry handlers: after a dropped connection they
would); every answer of Slack is one of four outcomes; what may have been posted is `Unclear`.
"""

import asyncio
import logging
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from alerts.blocks import Undrawable, message
from alerts.card import Card
from alerts.sink import (
    CALL_MOST_S,
    NotSent,
    Outcome,
    Refused,
    Sent,
    Sighting,
    Unclear,
)
from alerts.slack.answers import PAYLOAD, RETRY_AFTER_DEFAULT_S, outcome, words
from alerts.slack.identity import Identity, ask_identity
from alerts.slack.readback import Readback

log = logging.getLogger("wirewatch.slack")

CONNECT_TIMEOUT_S = 4.0
"""To reach Slack at all."""

SMALLER_MOST = 2
"""Times a refused card is posted smaller: without metadata, without blocks."""


class SlackSink:
    """Posts cards to a Slack workspace and reads them back.  `api_url` ends in `/api/`."""

    name = "Slack"

    def __init__(self, token: str, api_url: str) -> None:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=CALL_MOST_S, connect=CONNECT_TIMEOUT_S),
            trust_env=True,
        )
        self._client = AsyncWebClient(
            token=token, base_url=api_url, session=self._session, retry_handlers=[]
        )
        self._client.proxy = None  # the session reads the environment too, and heeds NO_PROXY
        self._readback = Readback(self._client)

    async def check(self) -> None:
        """Returns if Slack knows the token.

        Raises:
            SinkUnreachable: no answer, or the token is refused.
        """
        await self.identity()

    async def identity(self) -> Identity:
        """Asks Slack who we are.

        Raises:
            SinkUnreachable: no answer, or the token is refused.
        """
        return await ask_identity(self._client)

    async def deliver(self, card: Card) -> Outcome:
        """Posts the card; smaller if Slack does not take it whole."""
        try:
            async with asyncio.timeout(CALL_MOST_S):
                return await self._deliver(card)
        except TimeoutError:
            return Unclear(f"no answer within {CALL_MOST_S:g} s")

    async def _deliver(self, card: Card) -> Outcome:
        try:
            content = message(card)
        except Undrawable as error:
            return Refused(str(error))
        posted = await self._post(card, content)
        for _ in range(SMALLER_MOST):
            if not isinstance(posted, Refused) or posted.why not in PAYLOAD:
                break
            log.warning("Slack refuses a card (%s), posting it smaller", posted.why)
            content = _smaller(content, posted.why)
            posted = await self._post(card, content)
        return posted

    async def _post(self, card: Card, content: dict[str, Any]) -> Outcome:
        if card.thread:
            content = {**content, "thread_ts": card.thread}
        try:
            answer = await self._client.chat_postMessage(channel=card.channel, **content)
        except SlackApiError as error:
            return outcome(error)
        except aiohttp.ClientConnectorError as error:
            return NotSent(words(error), RETRY_AFTER_DEFAULT_S)
        except (aiohttp.ClientError, TimeoutError, OSError, SlackClientError, ValueError) as error:
            return Unclear(words(error))
        self._readback.note_id(card.channel, str(answer.get("channel") or ""))
        return Sent(str(answer.get("ts") or ""))

    async def find(self, card: Card, since_ms: int) -> Sighting:
        """Reads the channel, or the card's thread, since shortly before `since_ms`."""
        return await self._readback.find(card, since_ms)

    async def close(self) -> None:
        """Ends the connections."""
        await self._session.close()


def _smaller(content: dict[str, Any], why: str) -> dict[str, Any]:
    """Without the part that Slack refuses; the other part still carries a mark."""
    if why == "invalid_arguments":
        return {"text": content["text"]}
    refused = "metadata" if "metadata" in why else "blocks"
    return {name: value for name, value in content.items() if name != refused}
