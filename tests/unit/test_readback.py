"""Read back: what Slack may have taken is looked for in its channel before it is posted again."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stubs.slack import GOOD_TOKEN, SlackStub

from alerts.blocks import message
from alerts.card import Card, Snippet
from alerts.marks import client_msg_id, version_shown
from alerts.sink import Absent, CannotTell, Found, LookAgain, Sent, Sighting
from alerts.slack import SlackSink
from alerts.telling import Pace, Telling

CARD = Card(
    channel="#desk",
    story="5" * 16,
    version="item:words",
    title=Snippet("US imposes sanctions on Pakistan", ()),
    url="",
    outlet="Wire",
    credit="",
    published=None,
    updated=None,
    seen=None,
    snippet=None,
    rules=(("r", ("sanctions",)),),
)
LINE = replace(CARD, version="item:other-words", thread="1.5")
OTHER = replace(CARD, story="6" * 16)


@pytest.fixture
async def sink(slack: SlackStub) -> AsyncIterator[SlackSink]:
    sink = SlackSink(GOOD_TOKEN, slack.url)
    yield sink
    await sink.close()


@pytest.fixture
async def later(slack: SlackStub) -> AsyncIterator[SlackSink]:
    """The sink of the process that comes after: it knows no channel's id."""
    sink = SlackSink(GOOD_TOKEN, slack.url)
    yield sink
    await sink.close()


def now_ms() -> int:
    return int(time.time() * 1000)


def seen(card: Card, *marks: str, ts: str = "1.5") -> dict[str, object]:
    """The card as a channel shows it, with only these marks left."""
    sent = message(card)
    thread = {"thread_ts": card.thread} if card.thread else {}
    return {"ts": ts, **thread, **{mark: sent[mark] for mark in marks}}


@pytest.mark.parametrize("mark", ["metadata", "blocks", "client_msg_id"])
def test_one_mark_is_enough(mark: str) -> None:
    assert version_shown(seen(CARD, mark), CARD) == CARD.version
    assert version_shown(seen(OTHER, mark), CARD) is None
    assert version_shown(seen(LINE, mark, ts="1.7"), LINE) == LINE.version


def test_a_story_is_known_in_any_version_and_a_line_only_in_its_own() -> None:
    older = replace(CARD, version="other:older")
    assert version_shown(seen(older, "metadata"), CARD) == "other:older"
    assert version_shown(seen(older, "blocks"), CARD) == "other:older"
    assert version_shown(seen(replace(LINE, version="x:y"), "metadata", ts="1.7"), LINE) is None


def test_a_line_is_no_root_and_a_root_no_line() -> None:
    assert version_shown(seen(LINE, "metadata", ts="1.7"), replace(LINE, thread="")) is None
    assert version_shown(seen(replace(LINE, thread=""), "metadata"), LINE) is None
    replied = seen(CARD, "metadata") | {"thread_ts": "1.5"}
    assert version_shown(replied, CARD) == CARD.version


@pytest.mark.parametrize(
    "junk",
    [{}, {"metadata": "x"}, {"metadata": {"event_payload": []}}, {"blocks": [None, {}]}],
)
def test_what_others_post_is_nothing(junk: dict[str, object]) -> None:
    assert version_shown({"ts": "1", "text": "hello"} | junk, CARD) is None


@pytest.mark.parametrize("kind", ["post_then_500", "post_then_drop"])
async def test_a_message_whose_answer_was_lost_is_found(
    slack: SlackStub, sink: SlackSink, later: SlackSink, kind: str
) -> None:
    slack.faults.append(("chat.postMessage", kind))
    await sink.deliver(CARD)
    for looking in (sink, later):
        assert await looking.find(CARD, now_ms()) == Found(slack.messages[0].ts, CARD.version)
    assert await later.find(OTHER, now_ms()) == Absent()


async def test_a_thread_line_is_found_in_its_thread(slack: SlackStub, sink: SlackSink) -> None:
    root = await sink.deliver(CARD)
    assert isinstance(root, Sent)
    line = replace(LINE, thread=root.ts)
    assert await sink.find(line, now_ms()) == Absent()
    slack.faults.append(("chat.postMessage", "post_then_500"))
    await sink.deliver(line)
    assert await sink.find(line, now_ms()) == Found(slack.messages[1].ts, line.version)
    assert await sink.find(CARD, now_ms()) == Found(root.ts, CARD.version)


@pytest.mark.parametrize("thread", [False, True])
async def test_a_mark_slack_does_not_keep_is_not_missed(
    slack: SlackStub, sink: SlackSink, thread: bool
) -> None:
    slack.keep_metadata = False
    root = await sink.deliver(CARD)
    card = replace(LINE, thread=root.ts) if thread and isinstance(root, Sent) else CARD
    await sink.deliver(card)
    assert isinstance(await sink.find(card, now_ms()), Found)


async def test_a_card_that_went_out_as_bare_text_is_found(
    slack: SlackStub, sink: SlackSink
) -> None:
    slack.faults.append(("chat.postMessage", "err:invalid_blocks"))
    slack.faults.append(("chat.postMessage", "post_then_500"))
    await sink.deliver(CARD)
    assert not slack.messages[0].blocks
    assert slack.messages[0].client_msg_id == client_msg_id(CARD)
    assert isinstance(await sink.find(CARD, now_ms()), Found)


async def test_only_what_came_since_counts(slack: SlackStub, sink: SlackSink) -> None:
    await sink.deliver(CARD)
    assert isinstance(await sink.find(CARD, now_ms() + 59_000), Found)  # clocks differ
    assert await sink.find(CARD, now_ms() + 120_000) == Absent()


async def test_pages_are_read_to_the_end_but_not_for_ever(
    slack: SlackStub, sink: SlackSink
) -> None:
    await sink.deliver(OTHER)
    [one] = slack.messages
    more = [replace(one, ts=f"{float(one.ts) + n / 1000:.6f}") for n in range(1, 401)]
    slack.messages.extend(more)
    assert await sink.find(CARD, now_ms()) == Absent()
    assert slack.calls["conversations.history"] == 3
    await sink.deliver(CARD)
    slack.messages[-1].ts = f"{float(one.ts) + 1:.6f}"
    assert isinstance(await sink.find(CARD, now_ms()), Found)
    slack.messages[:-1] *= 3
    assert await sink.find(CARD, now_ms()) == CannotTell("more than 1000 messages to read")


@pytest.mark.parametrize(
    ("kind", "sighting"),
    [
        ("429:3", LookAgain("ratelimited", 3.0)),
        ("http500", LookAgain("HTTP 500", 2.0)),
        ("badjson", LookAgain("HTTP 200", 2.0)),
        ("err:internal_error", LookAgain("internal_error", 2.0)),
        ("err:token_revoked", LookAgain("Slack refuses the token: token_revoked", 30.0)),
        ("err:not_in_channel", CannotTell("not_in_channel")),
        ("err:no_permission", CannotTell("no_permission")),
    ],
)
async def test_what_slack_says_to_a_look(
    slack: SlackStub, sink: SlackSink, kind: str, sighting: Sighting
) -> None:
    await sink.deliver(CARD)
    slack.faults.append(("conversations.history", kind))
    got = await sink.find(CARD, now_ms())
    assert got == sighting or (kind == "badjson" and isinstance(got, LookAgain))
    assert isinstance(await sink.find(CARD, now_ms()), Found)


async def test_a_dropped_look_is_made_again(slack: SlackStub, sink: SlackSink) -> None:
    drops = [("users.conversations", "drop_before")] * 2  # aiohttp makes a dropped GET again, once
    slack.faults.extend(drops)
    assert isinstance(await sink.find(CARD, now_ms()), LookAgain)
    slack.stop()
    assert isinstance(await sink.find(CARD, now_ms()), LookAgain)


@pytest.mark.parametrize(
    ("scope", "private", "why"),
    [
        ("channels:history", False, "missing scope: channels:history"),
        ("groups:history", True, "missing scope: groups:history"),
        ("channels:read", False, "missing scope: channels:read"),
        ("groups:read", True, "missing scope: groups:read"),
    ],
)
async def test_a_missing_scope_is_said_once(
    slack: SlackStub,
    later: SlackSink,
    caplog: pytest.LogCaptureFixture,
    scope: str,
    private: bool,
    why: str,
) -> None:
    slack.channels.add("#desk")
    slack.private_channels |= {"#desk"} if private else set()
    assert await later.find(CARD, now_ms()) == Absent()
    slack.scopes.remove(scope)
    fresh = SlackSink(GOOD_TOKEN, slack.url)
    assert [await fresh.find(CARD, now_ms()) for _ in range(3)] == [CannotTell(why)] * 3
    await fresh.close()
    assert [r.getMessage() for r in caplog.records if r.name == "wirewatch.slack"] == [
        f"#desk cannot be read back ({why}): after an unclear post it is told again, "
        'with "may repeat"'
    ]


async def test_a_channel_the_bot_is_not_in_cannot_be_read(
    slack: SlackStub, later: SlackSink
) -> None:
    assert await later.find(CARD, now_ms()) == CannotTell("the bot is in no channel of that name")


async def test_an_id_is_asked_for_once_and_never_if_it_is_known(
    slack: SlackStub, sink: SlackSink, later: SlackSink
) -> None:
    assert isinstance(await sink.deliver(CARD), Sent)
    bare = replace(CARD, channel="desk")
    for card in (CARD, bare, replace(CARD, channel=slack.messages[0].channel_id)):
        assert isinstance(await sink.find(card, now_ms()), Found)
    assert slack.calls["users.conversations"] == 0
    for _ in range(3):
        assert isinstance(await later.find(CARD, now_ms()), Found)
    assert slack.calls["users.conversations"] == 1


PACE = Pace()
seconds = st.floats(0, 300)
Event = Callable[[Telling, float], Telling]
EVENTS: dict[str, Event] = {
    "absent": lambda t, now: t.absent(now),
    "unseen": lambda t, now: t.unseen(now, 2.0),
    "unclear": lambda t, now: t.unclear(now - 10, now),
    "held": lambda t, now: t.held(now + 5),
}


@given(st.lists(st.tuples(st.sampled_from(sorted(EVENTS)), seconds)), st.booleans())
def test_a_doubt_ends_late_enough_or_with_a_warning(
    events: list[tuple[str, float]], taken_over: bool
) -> None:
    """Whatever happens: no plain post before two looks in vain, the second after the settling."""
    now, posted_at, missed_at = 1000.0, 990.0, None
    telling = Telling(pace=PACE)
    telling = telling.taken_over(now) if taken_over else telling.unclear(posted_at, now)
    for name, wait in events:
        if not telling.in_doubt:
            break
        now = max(now, telling.next_at) + wait
        before, telling = telling, EVENTS[name](telling, now)
        if name == "unclear":
            posted_at, missed_at = now - 10, None
        elif name == "absent" and telling.in_doubt:
            missed_at = missed_at or now
        elif not telling.in_doubt and not telling.may_repeat:
            assert name == "absent"
            assert before.missed
            assert missed_at is not None
            assert now >= missed_at + PACE.second_look_s
            assert now >= posted_at + PACE.settle_s


def test_a_channel_unreadable_for_long_is_posted_to_with_a_warning() -> None:
    telling = Telling(pace=PACE).unclear(0.0, 10.0)
    for now in (12.0, 60.0, 131.0):
        telling = telling.unseen(now, 2.0)
        assert telling.in_doubt
    telling = telling.unseen(133.0, 2.0)
    assert (telling.in_doubt, telling.may_repeat) == (False, True)
    telling = telling.unclear(133.0, 140.0).absent(142.0).absent(145.0)
    assert (telling.in_doubt, telling.may_repeat) == (False, False)  # it could be read after all
