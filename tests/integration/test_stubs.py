"""The stub Slack is honest: it refuses what Slack refuses, and fails as it is told."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from stubs.slack import SlackStub
from stubs.slack_client import client, error_of

HEADLINE = "Will not impose sanctions against Pakistan on terror: US"
PATIENCE_S = 5.0


def rich(*leaves: dict[str, Any], kind: str = "rich_text_section") -> list[dict[str, Any]]:
    return [{"type": "rich_text", "elements": [{"type": kind, "elements": list(leaves)}]}]


def words(text: object, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


def date(**changes: object) -> dict[str, Any]:
    stamp = {"timestamp": 1473206400, "format": "{date_short}", "fallback": "7 Sep 2016"}
    return {"type": "date", **stamp, **changes}


def mrkdwn(length: int) -> dict[str, str]:
    return {"type": "mrkdwn", "text": "x" * length}


CARD = [
    {
        "type": "rich_text",
        "block_id": "ww:a7f3c1d2e4b59688:1",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {
                        "type": "link",
                        "url": "https://outlet.example/x",
                        "text": HEADLINE,
                        "style": {"bold": True},
                    },
                    {"type": "emoji", "name": "no_entry_sign"},
                    date(),
                ],
            },
            {"type": "rich_text_quote", "elements": [words("will not impose")]},
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [{"type": "rich_text_section", "elements": [words("News Agencies")]}],
            },
            {"type": "rich_text_preformatted", "elements": [words("sanctions AND pakistan")]},
        ],
    },
    {"type": "context", "elements": [mrkdwn(20)]},
    {"type": "section", "text": mrkdwn(3000)},
]
BAD_BLOCKS: dict[str, list[Any]] = {
    "51 blocks": [{"type": "divider"}] * 51,
    "unknown block": [{"type": "blink"}],
    "not an object": ["divider"],
    "block_id of 256": [{"type": "divider", "block_id": "b" * 256}],
    "section of 3001": [{"type": "section", "text": mrkdwn(3001)}],
    "empty section": [{"type": "section", "text": mrkdwn(0)}],
    "section without text": [{"type": "section"}],
    "11 context elements": [{"type": "context", "elements": [mrkdwn(3)] * 11}],
    "no context element": [{"type": "context", "elements": []}],
    "header in mrkdwn": [{"type": "header", "text": mrkdwn(5)}],
    "rich text of nothing": [{"type": "rich_text"}],
    "text outside a section": [{"type": "rich_text", "elements": [words("x")]}],
    "empty text": rich(words("")),
    "text that is none": rich(words(None)),
    "style that is a word": rich(words("x", style={"bold": "yes"})),
    "style that is a list": rich(words("x", style=["bold"])),
    "link without address": rich({"type": "link", "text": "x"}),
    "link to a script": rich({"type": "link", "url": "javascript:alert(1)", "text": "x"}),
    "link with empty text": rich({"type": "link", "url": "https://a.example/", "text": ""}),
    "emoji without name": rich({"type": "emoji"}),
    "date as text": rich(date(timestamp="1473206400")),
    "date as truth": rich(date(timestamp=True)),
    "date without format": rich(date(format="")),
    "date without fallback": rich(date(fallback=None)),
    "mention": rich({"type": "user", "user_id": "U1"}),
    "shout": rich({"type": "broadcast", "range": "channel"}),
    "emoji in preformatted": rich({"type": "emoji", "name": "x"}, kind="rich_text_preformatted"),
    "list without style": rich(kind="rich_text_list"),
    "section in a section": rich({"type": "rich_text_section", "elements": []}),
}


async def test_a_good_card_is_stored_as_it_was_sent(slack):
    metadata = {"event_type": "wirewatch_card", "event_payload": {"aid": "a7f3", "rev": 1}}
    answer = await client(slack).chat_postMessage(
        channel="#south-asia",
        text=HEADLINE,
        blocks=CARD,
        metadata=metadata,
        client_msg_id="0d3f",
        unfurl_links=False,
    )
    (message,) = slack.wait_for(1, PATIENCE_S)
    assert (message.text, message.blocks, message.metadata) == (HEADLINE, CARD, metadata)
    assert (message.channel, message.thread_ts, message.client_msg_id) == (
        "#south-asia",
        None,
        "0d3f",
    )
    assert (answer["ts"], answer["channel"]) == (message.ts, message.channel_id)
    assert message.arguments["unfurl_links"] is False
    assert slack.calls == {"chat.postMessage": 1}


@pytest.mark.parametrize("blocks", BAD_BLOCKS.values(), ids=BAD_BLOCKS.keys())
async def test_malformed_blocks_are_refused(slack, blocks):
    code = await error_of(client(slack).chat_postMessage(channel="C1", text="x", blocks=blocks))
    assert code == "invalid_blocks"
    assert slack.messages == []
    assert slack.refusals[0][0] == code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "no_text"),
        ({"text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"text": "x", "blocks": rich(words("x" * 13_000))}, "msg_blocks_too_long"),
        ({"text": "x", "metadata": {"event_type": "e"}}, "invalid_metadata_format"),
        ({"text": "x", "thread_ts": "1.000000"}, "thread_not_found"),
        ({"text": "x", "channel": "#gone"}, "channel_not_found"),
    ],
)
async def test_what_else_is_refused(slack, arguments, code):
    slack.unknown_channels.add("#gone")
    call = client(slack).api_call("chat.postMessage", json={"channel": "C1", **arguments})
    assert await error_of(call) == code
    assert slack.messages == []


async def test_metadata_outside_the_schema_is_dropped_with_a_warning(slack):
    metadata = {"event_type": "wirewatch.card", "event_payload": {}}
    answer = await client(slack).chat_postMessage(channel="C1", text="x", metadata=metadata)
    assert answer["warning"] == "invalid_metadata_schema"
    assert slack.messages[0].metadata is None


async def test_only_the_good_token_is_let_in(slack):
    assert (await client(slack).auth_test())["bot_id"] == "B1"
    assert await error_of(client(slack, token="xoxb-bad").auth_test()) == "invalid_auth"
    assert await error_of(client(slack, token="").auth_test()) == "not_authed"


async def test_an_edit_needs_the_channel_id_and_keeps_metadata(slack):
    metadata = {"event_type": "card", "event_payload": {"aid": "1"}}
    sent = await client(slack).chat_postMessage(channel="#desk", text="one", metadata=metadata)
    by_name = client(slack).chat_update(channel="#desk", ts=sent["ts"], text="two")
    assert await error_of(by_name) == "channel_not_found"
    await client(slack).chat_update(channel=sent["channel"], ts=sent["ts"], text="two")
    (message,) = slack.messages
    assert (message.text, message.edits, message.metadata) == ("two", 1, metadata)
    too_long = client(slack).chat_update(channel=sent["channel"], ts=sent["ts"], text="x" * 4001)
    assert await error_of(too_long) == "msg_too_long"


async def test_a_reply_stands_in_its_thread(slack):
    root = await client(slack).chat_postMessage(channel="#desk", text="root")
    await client(slack).chat_postMessage(channel="#desk", text="reply", thread_ts=root["ts"])
    assert [message.thread_ts for message in slack.messages] == [None, root["ts"]]


@pytest.mark.parametrize(
    ("kind", "stored", "error"),
    [
        ("429:7", 0, SlackApiError),
        ("http500", 0, SlackApiError),
        ("badjson", 0, SlackApiError),
        ("err:is_archived", 0, SlackApiError),
        ("drop_before", 0, aiohttp.ServerDisconnectedError),
        ("post_then_drop", 1, aiohttp.ServerDisconnectedError),
        ("post_then_500", 1, SlackApiError),
        ("hang:30", 0, asyncio.TimeoutError),
        ("hang_then_drop:0.01", 0, aiohttp.ServerDisconnectedError),
        ("post_then_hang:30", 1, asyncio.TimeoutError),
    ],
)
async def test_each_fault_stores_or_not_and_is_used_once(slack, kind, stored, error):
    slack.faults.append(("chat.postMessage", kind))
    with pytest.raises(error) as caught:
        await client(slack, timeout=1).chat_postMessage(channel="C1", text="first")
    if kind == "429:7":
        assert caught.value.response.headers["Retry-After"] == "7"
    assert len(slack.messages) == stored
    await client(slack).chat_postMessage(channel="C1", text="second")
    assert len(slack.wait_for(stored + 1, PATIENCE_S)) == stored + 1


async def test_a_fault_may_be_for_one_channel(slack):
    slack.faults_of["C2"].append("err:is_archived")
    await client(slack).chat_postMessage(channel="C1", text="x")
    archived = client(slack).chat_postMessage(channel="C2", text="x")
    assert await error_of(archived) == "is_archived"
    await client(slack).chat_postMessage(channel="C2", text="x")
    assert [message.channel for message in slack.messages] == ["C1", "C2"]


async def test_a_late_answer_is_still_stored(slack):
    slack.faults.append(("*", "hang:2"))
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.5)) as session:
        with pytest.raises(TimeoutError):
            await client(slack, session=session).chat_postMessage(channel="C1", text="late")
    messages = await asyncio.to_thread(slack.wait_for, 1, PATIENCE_S)
    assert [message.text for message in messages] == ["late"]


async def test_client_msg_id_counts_only_where_it_is_honoured():
    for honoured, count in ((False, 2), (True, 1)):
        with SlackStub(honour_client_msg_id=honoured) as stub:
            for _ in range(2):
                await client(stub).chat_postMessage(channel="C1", text="x", client_msg_id="1")
            assert len(stub.messages) == count


def test_waiting_in_vain_says_what_came(slack):
    with pytest.raises(TimeoutError, match="0 messages"):
        slack.wait_for(1, 0.01)


async def test_an_outage_and_back_on_the_same_port(slack):
    slack.stop()
    with pytest.raises(aiohttp.ClientConnectorError):
        await client(slack).auth_test()
    slack.start()
    assert (await client(slack).auth_test())["ok"]
