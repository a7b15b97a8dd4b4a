"""The stub Slack shows a channel as Slack does: by id, in order, by pages, within its scopes."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from stubs.slack_client import client, error_of


async def test_a_channel_is_read_by_its_id_only(slack):
    sent = await client(slack).chat_postMessage(channel="#desk", text="root")
    by_name = client(slack).conversations_history(channel="#desk")
    assert await error_of(by_name) == "channel_not_found"
    by_id = await client(slack).conversations_history(channel=sent["channel"])
    assert [message["text"] for message in by_id["messages"]] == ["root"]
    listed = await client(slack).users_conversations()
    assert [(c["name"], c["id"]) for c in listed["channels"]] == [("desk", sent["channel"])]
    slack.private_channels.add("#desk")
    assert (await client(slack).users_conversations())["channels"] == []
    both = await client(slack).users_conversations(types="public_channel,private_channel")
    assert both["channels"] == []
    private = await client(slack).users_conversations(types="private_channel")
    assert private["channels"] == listed["channels"]


async def test_history_shows_roots_newest_first_after_a_time(slack):
    metadata = {"event_type": "card", "event_payload": {"aid": "1"}}
    sent = [
        await client(slack).chat_postMessage(channel="C1", text=text, metadata=metadata)
        for text in ("one", "two", "three")
    ]
    await client(slack).chat_postMessage(channel="C1", text="reply", thread_ts=sent[2]["ts"])

    async def texts(**arguments: Any) -> tuple[list[str], str]:
        page = await client(slack).conversations_history(channel="C1", **arguments)
        cursor = page["response_metadata"]["next_cursor"]
        return [message["text"] for message in page["messages"]], cursor

    assert await texts() == (["three", "two", "one"], "")
    assert await texts(oldest=sent[0]["ts"]) == (["three", "two"], "")
    assert await texts(oldest=sent[0]["ts"], inclusive=True) == (["three", "two", "one"], "")
    assert await texts(limit=2) == (["two", "one"], "2")
    assert await texts(limit=2, cursor="2") == (["three"], "")
    plain = await client(slack).conversations_history(channel="C1")
    asked = await client(slack).conversations_history(channel="C1", include_all_metadata=True)
    assert "metadata" not in plain["messages"][0]
    assert asked["messages"][0]["metadata"] == metadata


async def test_replies_come_with_their_root(slack):
    root = await client(slack).chat_postMessage(channel="C1", text="root")
    for text in ("one", "two"):
        await client(slack).chat_postMessage(channel="C1", text=text, thread_ts=root["ts"])
    page = await client(slack).conversations_replies(channel="C1", ts=root["ts"], limit=1)
    assert [m["text"] for m in page["messages"]] == ["root", "one"]
    cursor = page["response_metadata"]["next_cursor"]
    rest = await client(slack).conversations_replies(channel="C1", ts=root["ts"], cursor=cursor)
    assert [m["text"] for m in rest["messages"]] == ["two"]
    nowhere = client(slack).conversations_replies(channel="C1", ts="1.0")
    assert await error_of(nowhere) == "thread_not_found"


async def test_a_missing_scope_is_named(slack):
    await client(slack).chat_postMessage(channel="#desk", text="x")
    slack.scopes.clear()
    with pytest.raises(SlackApiError) as caught:
        await client(slack).conversations_history(channel=slack.messages[0].channel_id)
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "channels:history"


async def test_what_lags_and_what_is_not_kept(slack):
    slack.lag_s, slack.keep_metadata = 3600.0, False
    metadata = {"event_type": "card", "event_payload": {"aid": "1"}}
    await client(slack).chat_postMessage(channel="C1", text="x", metadata=metadata)
    assert (await client(slack).conversations_history(channel="C1"))["messages"] == []
    assert slack.messages[0].metadata is None
