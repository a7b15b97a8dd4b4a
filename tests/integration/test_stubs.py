"""The stand-ins are honest: Slack refuses what Slack refuses, the outlet answers 304."""

import asyncio
from typing import Any

import aiohttp
import feedparser
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from stubs.outlet import AUTO, Entry, OutletStub, rss
from stubs.slack import SlackStub

HEADLINE = "Will not impose sanctions against Pakistan on terror: US"
PATIENCE_S = 5.0


@pytest.fixture
def slack():
    with SlackStub() as stub:
        yield stub


@pytest.fixture
def outlet():
    with OutletStub() as stub:
        yield stub


def client(stub: SlackStub, token: str = "xoxb-good", **settings: Any) -> AsyncWebClient:
    return AsyncWebClient(token=token, base_url=stub.url, retry_handlers=[], **settings)


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


async def error_of(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


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


def test_waiting_in_vain_says_what_came(slack):
    with pytest.raises(TimeoutError, match="0 messages"):
        slack.wait_for(1, 0.01)


async def test_an_outage_and_back_on_the_same_port(slack):
    slack.stop()
    with pytest.raises(aiohttp.ClientConnectorError):
        await client(slack).auth_test()
    slack.start()
    assert (await client(slack).auth_test())["ok"]


async def test_the_outlet_answers_304_to_what_has_not_changed(outlet):
    body = rss(Entry(HEADLINE, "1", "https://outlet.example/1"))
    moment = "Wed, 07 Sep 2016 00:00:00 GMT"
    outlet.serve("/rss", body, etag=AUTO, last_modified=moment)
    async with aiohttp.ClientSession() as session:

        async def get(**headers: str) -> aiohttp.ClientResponse:
            names = {key.replace("_", "-"): value for key, value in headers.items()}
            async with session.get(outlet.url("/rss"), headers=names) as answer:
                await answer.read()
                return answer

        first = await get()
        etag = first.headers["ETag"]
        assert first.headers["Last-Modified"] == moment
        assert (await get(If_None_Match=f'"old", W/{etag}')).status == 304
        assert (await get(If_None_Match='"old"', If_Modified_Since=moment)).status == 200
        assert (await get(If_Modified_Since=moment)).status == 304
        outlet.serve("/rss", body + b"\n", etag=AUTO, last_modified=moment)
        assert (await get(If_None_Match=etag)).status == 200
    asked = outlet.wait_for("/rss", 5, PATIENCE_S)
    assert [each.status for each in asked] == [200, 304, 200, 304, 200]
    assert asked[1].headers["if-none-match"].endswith(etag)


async def test_the_outlet_serves_what_it_is_told(outlet):
    outlet.serve("gone", "moved", status=301, headers={"Location": outlet.url("new")})
    outlet.serve("new", "<html>", content_type="text/html; charset=utf-8")
    outlet.serve("slow", "12345678", drip=True)
    async with aiohttp.ClientSession() as session:
        async with session.get(outlet.url("gone")) as answer:
            assert await answer.text() == "<html>"
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        async with session.get(outlet.url("nothing")) as answer:
            assert answer.status == 404
        brief = aiohttp.ClientTimeout(total=0.1)
        async with session.get(outlet.url("slow"), timeout=brief) as answer:
            with pytest.raises(TimeoutError):
                await answer.read()
    with pytest.raises(TimeoutError, match="never"):
        outlet.wait_for("never", 1, 0.01)


def test_rss_is_what_feedparser_reads():
    hostile = Entry(
        'A < B & "C" ]]>',
        "urn:1",
        "https://outlet.example/?a=1&b=2",
        summary="<p>Para</p>",
        published="Wed, 07 Sep 2016 06:00:00 GMT",
        author="News Agencies",
    )
    parsed = feedparser.parse(rss(hostile, Entry("2", "2", "https://outlet.example/2")))
    assert not parsed.bozo
    entry = parsed.entries[0]
    assert (entry.title, entry.id, entry.link) == (hostile.title, hostile.guid, hostile.link)
    assert (entry.summary, entry.author) == (hostile.summary, hostile.author)
    assert entry.published == hostile.published
    assert len(parsed.entries) == 2
