"""Alerts: cards and what Slack makes of them; every outcome ends as it should."""

import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from rich.console import Console
from stubs.slack import GOOD_TOKEN, SlackStub

from alerts.blocks import MAX_TEXT_CHARS, message
from alerts.card import Card, Snippet, Span, make_card
from alerts.connection import RedisConnection
from alerts.console import ConsoleSink, draw
from alerts.deliver import Delivery
from alerts.judgement import Judgement, State
from alerts.memory import Memory
from alerts.sink import (
    CannotTell,
    NotSent,
    Outcome,
    Refused,
    Sent,
    Sighting,
    SinkUnreachable,
    Unclear,
)
from alerts.slack import SlackSink
from alerts.telling import Pace
from monitor.program.report import Report
from streams.decision import Effect, Reason
from streams.item import Clock, Item, Precision
from streams.match import Evidence, Hit, Match, Status
from streams.outage import Outages
from streams.records import Stop, Stopping

HOSTILE = "<!channel> *free* `x` <https://evil.example|bank> &amp; [bold]@here[/bold] :bomb:"
ITEM = Item(
    id="a/1",
    title="US imposes sanctions on Pakistan",
    summary="x " * 300 + "new sanctions were announced " + "y " * 300,
    url="https://a.example/1",
    outlet="Wire",
    published=Clock(at="2017-02-11", precision=Precision.DATE),
)


def evidence(item: Item, field: str, word: str) -> Evidence:
    start = getattr(item, field).index(word)
    return Evidence(clause="all[0]", field=field, start=start, end=start + len(word), text=word)


MATCH = Match(
    item=ITEM,
    hits=(
        Hit(
            rule="r",
            channels=("#c",),
            evidence=(evidence(ITEM, "title", "sanctions"), evidence(ITEM, "summary", "sanctions")),
        ),
    ),
)
CLAIM = Judgement(state=State.POST, story="s" * 16, channel="#c", item="i", text="t" * 16)
CARD = make_card(MATCH, CLAIM, may_repeat=False)


def texts(card: Card) -> list[str]:
    sections = message(card)["blocks"][0]["elements"]
    return [e["text"] for s in sections for e in s["elements"] if "text" in e]


def test_a_card_shows_the_evidence_where_it_stands() -> None:
    assert CARD.title.spans == (Span(11, 20),)
    assert CARD.snippet is not None
    assert [CARD.snippet.text[s.start : s.end] for s in CARD.snippet.spans] == ["sanctions"]
    assert CARD.rules == (("r", ("sanctions",)),)


def test_a_date_is_shown_as_a_date() -> None:
    elements = message(CARD)["blocks"][0]["elements"][-1]["elements"]
    assert "11 Feb 2017" in [e.get("text") for e in elements]
    assert not [e for e in elements if e["type"] == "date"]


def test_hostile_text_stays_text() -> None:
    title = Snippet(HOSTILE, ())
    card = replace(CARD, title=title, url="javascript:alert(1)", outlet=HOSTILE, credit=HOSTILE)
    assert HOSTILE in texts(card)
    sent = message(card)
    assert not [e for s in sent["blocks"][0]["elements"] for e in s["elements"] if "url" in e]
    assert "<!" not in sent["text"]
    console = Console(width=300, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(draw(card, 300))
    console.file.close()
    assert "[bold]@here[/bold]" in console.export_text()


def test_the_largest_card_stays_within_limits() -> None:
    huge = replace(
        CARD,
        title=Snippet("h" * 100_000, (Span(0, 50_000),)),
        outlet="o" * 9_999,
        rules=tuple((f"rule-{n}", ("w" * 500,) * 20) for n in range(60)),
    )
    sent = message(huge)
    assert len(json.dumps(sent["blocks"])) < 9_000
    assert len(sent["text"]) <= MAX_TEXT_CHARS
    assert "and 52 more rules" in "".join(texts(huge))


def claiming(*said: tuple[Status | None, str]) -> Card:
    """The card of as many rules, each with what it finds said."""
    cues = (Evidence(clause="", field="title", start=0, end=1, text=cue) for _, cue in said)
    hits = tuple(
        replace(MATCH.hits[0], rule=f"rule-{n}", status=status, cue=cue if cue.text else None)
        for n, ((status, _), cue) in enumerate(zip(said, cues, strict=True))
    )
    return make_card(replace(MATCH, hits=hits), CLAIM, may_repeat=False)


NEGATED = (Status.NEGATED, "Will not\nimpose")


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ([NEGATED], "negated: will not impose"),
        ([NEGATED, NEGATED], "negated: will not impose"),
        ([(Status.PROSPECTIVE, "threatens")], "may be: threatens"),
        ([(Status.REVERSED, "lifts")], "reversed: lifts"),
        ([(Status.OPEN, "won't rule out")], "kept open: won't rule out"),
        ([(Status.NEGATED, "")], "negated"),
        ([NEGATED, (Status.ASSERTED, "")], "negated: will not impose (rule-0)"),
        ([(None, ""), NEGATED], "negated: will not impose (rule-1)"),
        ([NEGATED, (Status.REVERSED, "lifts")],
         "negated: will not impose (rule-0); reversed: lifts (rule-1)"),
        ([*[NEGATED] * 5, (None, "")], "negated: will not impose (rule-0, rule-1, rule-2, 2 more)"),
    ],
)  # fmt: skip
def test_a_claim_that_is_not_asserted_is_one_line(
    said: list[tuple[Status | None, str]], line: str
) -> None:
    card = claiming(*said)
    assert texts(card)[1] == line
    assert f"{ITEM.title} [{line}] — Wire" in message(card)["text"]
    drawn = Console(width=120, record=True, file=io.StringIO())
    drawn.print(draw(card, 120))
    assert line in drawn.export_text()


def test_what_is_asserted_needs_no_line() -> None:
    plain, told = message(CARD), message(claiming((Status.ASSERTED, ""), (None, "")))
    assert len(told["blocks"][0]["elements"]) == len(plain["blocks"][0]["elements"])
    assert "[" not in told["text"]


def test_hostile_and_many_claims_stay_text_and_one_line() -> None:
    card = claiming(*((Status.NEGATED, HOSTILE + "w" * n) for n in range(60)))
    assert "and 57 more" in texts(card)[1]
    assert not set("\n<>") & set(message(card)["text"])
    assert len(json.dumps(message(card)["blocks"])) < 9_000


def test_a_card_shows_paragraphs_on_one_line() -> None:
    summary = "First.\nNew sanctions\nwere announced.\r\n\tMore."
    item = replace(ITEM, title="One\ntwo", summary=summary)
    two_lines = evidence(item, "summary", "sanctions\nwere")
    hit = replace(MATCH.hits[0], evidence=(two_lines,))
    card = make_card(replace(MATCH, item=item, hits=(hit,)), CLAIM, may_repeat=False)
    assert card.snippet is not None
    assert (card.title.text, card.snippet.text) == (
        "One two",
        "First. New sanctions were announced.   More.",
    )
    [span] = card.snippet.spans
    assert card.snippet.text[span.start : span.end] == "sanctions were"
    assert card.rules == (("r", ("sanctions were",)),)


@pytest.fixture
async def sink(slack: SlackStub) -> AsyncIterator[SlackSink]:
    sink = SlackSink(GOOD_TOKEN, slack.url)
    yield sink
    await sink.close()


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("429:3", NotSent("ratelimited", 3.0)),
        ("http500", Unclear("HTTP 500")),
        ("err:internal_error", Unclear("internal_error")),
        ("err:channel_not_found", Refused("channel_not_found")),
        ("err:token_revoked", NotSent("Slack refuses the token: token_revoked", 30.0)),
    ],
)
async def test_what_slack_says_is_an_outcome(
    slack: SlackStub, sink: SlackSink, fault: str, outcome: Outcome
) -> None:
    slack.faults.append(("chat.postMessage", fault))
    assert await sink.deliver(CARD) == outcome
    assert isinstance(await sink.deliver(CARD), Sent)


@pytest.mark.parametrize("fault", ["drop_before", "post_then_drop", "post_then_500", "badjson"])
async def test_what_may_have_been_posted_is_unclear(
    slack: SlackStub, sink: SlackSink, fault: str
) -> None:
    slack.faults.append(("chat.postMessage", fault))
    assert isinstance(await sink.deliver(CARD), Unclear)
    assert slack.calls["chat.postMessage"] == 1  # never a second time by itself


async def test_refused_blocks_become_plain_text(slack: SlackStub, sink: SlackSink) -> None:
    slack.faults.append(("chat.postMessage", "err:invalid_blocks"))
    assert isinstance(await sink.deliver(CARD), Sent)
    [posted] = slack.messages
    assert not posted.blocks
    assert posted.metadata
    assert ITEM.title in posted.text


async def test_refused_metadata_leaves_the_blocks(slack: SlackStub, sink: SlackSink) -> None:
    slack.faults.append(("chat.postMessage", "err:metadata_must_be_sent_from_app"))
    assert isinstance(await sink.deliver(CARD), Sent)
    [posted] = slack.messages
    assert (bool(posted.blocks), posted.metadata) == (True, None)


async def test_a_good_card_is_accepted_whole(slack: SlackStub, sink: SlackSink) -> None:
    await sink.check()
    assert isinstance(await sink.deliver(CARD), Sent)
    assert not slack.refusals
    assert slack.messages[0].metadata["event_payload"]["story"] == CARD.story


async def test_a_card_that_cannot_be_drawn_is_refused(slack: SlackStub, sink: SlackSink) -> None:
    broken = replace(CARD, published=Clock(at="never"))
    refused = await sink.deliver(broken)
    assert isinstance(refused, Refused)
    assert "never" in refused.why
    assert isinstance(await ConsoleSink(Console(file=io.StringIO())).deliver(broken), Refused)
    assert not slack.calls["chat.postMessage"]


async def test_an_unreachable_slack_says_so() -> None:
    sink = SlackSink(GOOD_TOKEN, "http://127.0.0.1:1/api/")
    with pytest.raises(SinkUnreachable, match="does not answer"):
        await sink.check()
    assert isinstance(await sink.deliver(CARD), NotSent)
    await sink.close()


@pytest.mark.parametrize(("direct", "reached"), [("127.0.0.1", True), ("elsewhere.example", False)])
async def test_slack_is_reached_past_the_proxy_where_it_is_so_said(
    slack: SlackStub, monkeypatch: pytest.MonkeyPatch, direct: str, reached: bool
) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", direct)
    sink = SlackSink(GOOD_TOKEN, slack.url)
    if reached:
        await sink.check()
    else:
        with pytest.raises(SinkUnreachable):
            await sink.check()
    await sink.close()


class Scripted:
    """A sink whose answers are written beforehand, and that cannot be read back."""

    name = "script"

    def __init__(self, *answers: Outcome) -> None:
        self._answers = list(answers)
        self.cards: list[Card] = []

    async def check(self) -> None:
        return

    async def deliver(self, card: Card) -> Outcome:
        self.cards.append(card)
        return self._answers.pop(0)

    async def find(self, card: Card, since_ms: int) -> Sighting:
        return CannotTell("scripted")

    async def close(self) -> None:
        return


@pytest.fixture
async def memory(valkey_url: str, desk_name: str) -> AsyncIterator[Memory]:
    memory = Memory(RedisConnection(url=valkey_url), desk_name, "me")
    yield memory
    await memory.close()


async def test_delivery_tells_once(memory: Memory) -> None:
    sink = Scripted(NotSent("later", 0.01), Sent("1"))
    delivery = Delivery(memory, sink, Stop(), Outages())
    first = await delivery.tell(MATCH, "#c")
    assert (first.reason, first.effect, first.detail) == (Reason.FIRST, Effect.POST, "")
    assert (await delivery.tell(MATCH, "#c")).reason is Reason.ALREADY_TOLD
    assert [card.may_repeat for card in sink.cards] == [False, False]


async def test_what_was_there_before_counts_as_folded_and_no_sink_sees_it(memory: Memory) -> None:
    sink = Scripted(Sent("1"))
    delivery = Delivery(memory, sink, Stop(), Outages())
    before = replace(MATCH, item=replace(ITEM, baseline=True))
    remembered = [await delivery.tell(before, "#c") for _ in range(2)]
    copy = await delivery.tell(MATCH, "#c")
    update = replace(ITEM, title="CORRECTED: " + ITEM.title)
    told = await delivery.tell(replace(MATCH, item=update), "#c")
    assert [d.reason for d in remembered] == [Reason.BASELINE] * 2
    assert (copy.reason, told.reason, len(sink.cards)) == (Reason.SAME_STORY, Reason.FIRST, 1)
    report = Report(Console(file=io.StringIO()), as_json=False, broken=lambda: None, started=0.0)
    for decision in (*remembered, copy, told):
        report.decided(decision)
    assert [report.summary()[name] for name in ("told", "folded", "dropped")] == [1, 3, 0]


async def test_where_nothing_can_be_read_back_an_unclear_post_is_made_again_and_says_so(
    memory: Memory,
) -> None:
    sink = Scripted(Unclear("timeout"), Sent("1"))
    pace = Pace(first_look_s=0.01)
    told = await Delivery(memory, sink, Stop(), Outages(), pace).tell(MATCH, "#c")
    assert (told.reason, told.detail) == (Reason.FIRST, "may repeat")
    assert [card.may_repeat for card in sink.cards] == [False, True]
    assert "May repeat" in message(sink.cards[1])["text"]


async def test_a_refused_message_leaves_the_story_untold(memory: Memory) -> None:
    sink = Scripted(Refused("is_archived"), Sent("1"))
    delivery = Delivery(memory, sink, Stop(), Outages())
    lost = await delivery.tell(MATCH, "#c")
    assert (lost.reason, lost.detail, lost.dropped) == (Reason.UNDELIVERABLE, "is_archived", True)
    assert (await delivery.tell(MATCH, "#c")).reason is Reason.FIRST


async def test_a_stop_leaves_the_record_for_later(memory: Memory) -> None:
    stop = Stop()
    stop.set()
    with pytest.raises(Stopping):
        await Delivery(memory, Scripted(NotSent("later", 60)), stop, Outages()).tell(MATCH, "#c")
