"""Identity: whom Slack takes a token for, and what it may do.

In: a client.  Out: an `Identity`.  Invariant: nothing is posted; a token that Slack refuses, and a
Slack that does not answer, are `SinkUnreachable`.
"""

import logging
from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from alerts.sink import SinkUnreachable
from alerts.slack.answers import AUTH, code_of, words

log = logging.getLogger("wirewatch.slack")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Bot and team in words; `scopes` is None where Slack does not say."""

    name: str
    scopes: frozenset[str] | None = None


async def ask_identity(client: AsyncWebClient) -> Identity:
    """Asks Slack who we are.

    Raises:
        SinkUnreachable: no answer, or the token is refused.
    """
    try:
        return _identity(await client.auth_test())
    except SlackApiError as error:
        code = code_of(error)
        if code in AUTH:
            raise SinkUnreachable(f"Slack refuses the token: {code}") from error
        log.debug("auth.test: %s", code)
        return Identity(name=f"Slack does not say who we are ({code})")
    except (aiohttp.ClientError, TimeoutError, OSError, SlackClientError) as error:
        raise SinkUnreachable(f"Slack does not answer: {words(error)}") from error


def _identity(answer: AsyncSlackResponse) -> Identity:
    stated = [v for k, v in answer.headers.items() if k.lower() == "x-oauth-scopes"]
    bot = answer.get("user") or answer.get("user_id") or "?"
    return Identity(
        name=f"{bot} in {answer.get('team') or '?'}",
        scopes=frozenset(stated[0].replace(" ", "").split(",")) if stated else None,
    )
