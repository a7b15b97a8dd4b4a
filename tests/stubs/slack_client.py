"""Slack's own client at the stub, and what it is refused with."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from stubs.slack import SlackStub


def client(stub: SlackStub, token: str = "xoxb-good", **settings: Any) -> AsyncWebClient:
    return AsyncWebClient(token=token, base_url=stub.url, retry_handlers=[], **settings)


async def error_of(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])
