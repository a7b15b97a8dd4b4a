"""Slack: a card in, one `chat.postMessage`, an outcome out.

Invariants: the SDK never posts twice by itself (no retry handlers: after a dropped connection they
would); every answer of Slack is one of four outcomes; what may have been posted is `Unclear`.
The only module that speaks slack_sdk.
"""

import logging
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from alerts.blocks import message
from alerts.card import Card
from alerts.sink import NotSent, Outcome, Refused, Sent, SinkUnreachable, Unclear

log = logging.getLogger("wirewatch.slack")

POST_TIMEOUT_S = 10.0
"""For one call in all; the claim's lease is longer."""

CONNECT_TIMEOUT_S = 4.0
"""To reach Slack at all."""

RETRY_AFTER_DEFAULT_S = 5.0
"""When Slack says "later" without saying when."""

RETRY_AFTER_MOST_S = 3_600.0
"""A longer wait than an hour is a mistake of somebody's."""

AUTH_RETRY_S = 30.0
"""While the token is refused: an admin has to act, nothing is lost meanwhile."""

_RATE = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_PAYLOAD = {
    "invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long",
    "invalid_attachments", "too_many_attachments", "no_text", "metadata_too_large",
    "invalid_metadata_format", "invalid_metadata_schema", "metadata_must_be_sent_from_app",
    "markdown_text_conflict", "invalid_arguments",
}  # fmt: skip
_CHANNEL = {
    "channel_not_found", "not_in_channel", "is_archived", "restricted_action",
    "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
    "restricted_action_non_threadable_channel", "ekm_access_denied", "messages_tab_disabled",
    "cannot_reply_to_message", "restricted_action_thread_locked",
}  # fmt: skip
_AUTH = {
    "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
    "missing_scope", "no_permission", "not_allowed_token_type", "org_login_required",
    "access_denied", "two_factor_setup_required", "accesslimited", "team_access_not_granted",
}  # fmt: skip
_UNCLEAR = {
    "internal_error", "fatal_error", "service_unavailable", "request_timeout",
    "duplicate_message_not_found", "duplicate_channel_not_found",
}  # fmt: skip


class SlackSink:
    """Posts cards to a Slack workspace.  `api_url` ends in `/api/`."""

    name = "Slack"

    def __init__(self, token: str, api_url: str) -> None:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=POST_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            trust_env=True,
        )
        self._client = AsyncWebClient(
            token=token, base_url=api_url, session=self._session, retry_handlers=[]
        )

    async def check(self) -> None:
        """Asks Slack who we are.

        Raises:
            SinkUnreachable: no answer, or the token is refused.
        """
        try:
            await self._client.auth_test()
        except SlackApiError as error:
            code = _code(error)
            if code in _AUTH:
                raise SinkUnreachable(f"Slack refuses the token: {code}") from error
            log.debug("auth.test: %s", code)
        except (aiohttp.ClientError, TimeoutError, OSError, SlackClientError) as error:
            raise SinkUnreachable(f"Slack does not answer: {_words(error)}") from error

    async def deliver(self, card: Card) -> Outcome:
        """Posts the card; its bare text if Slack does not take its blocks."""
        content = message(card)
        outcome = await self._post(card, content)
        if isinstance(outcome, Refused) and outcome.why in _PAYLOAD:
            log.warning("Slack refuses a card's blocks (%s), posting its text", outcome.why)
            outcome = await self._post(card, {"text": content["text"]})
        return outcome

    async def _post(self, card: Card, content: dict[str, Any]) -> Outcome:
        if card.thread:
            content = {**content, "thread_ts": card.thread}
        try:
            answer = await self._client.chat_postMessage(channel=card.channel, **content)
        except SlackApiError as error:
            return _outcome(error)
        except aiohttp.ClientConnectorError as error:
            return NotSent(_words(error), RETRY_AFTER_DEFAULT_S)
        except (aiohttp.ClientError, TimeoutError, OSError, SlackClientError, ValueError) as error:
            return Unclear(_words(error))
        return Sent(str(answer.get("ts") or ""))

    async def close(self) -> None:
        """Ends the connections."""
        await self._session.close()


def _outcome(error: SlackApiError) -> Outcome:
    """What an error answer of Slack means."""
    status, code = getattr(error.response, "status_code", 0), _code(error)
    if status == 429 or code in _RATE:
        return NotSent(code or "ratelimited", _retry_after_s(error))
    if code in _AUTH:
        return NotSent(f"Slack refuses the token: {code}", AUTH_RETRY_S)
    if not code or status >= 500 or code in _UNCLEAR:
        return Unclear(code or f"HTTP {status}")
    return Refused(code)


def _code(error: SlackApiError) -> str:
    """Slack's error code; empty when the answer is no Slack answer (a proxy's page)."""
    data = getattr(error.response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    return code if isinstance(code, str) else ""


def _retry_after_s(error: SlackApiError) -> float:
    headers = getattr(error.response, "headers", None) or {}
    stated = next((v for k, v in headers.items() if k.lower() == "retry-after"), "")
    try:
        return min(max(float(stated), 0.1), RETRY_AFTER_MOST_S)
    except ValueError:
        return RETRY_AFTER_DEFAULT_S


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
