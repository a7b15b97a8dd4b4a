"""The golden story, all the way: an outlet's feed in, Slack messages out, real protocols only."""

from stubs.outlet import AUTO, Entry, OutletStub, rss
from stubs.slack import SlackStub
from stubs.wirewatch import Desk

SEED = "Will not impose sanctions against Pakistan on terror: US"
BODY = "Washington will not impose sanctions against Pakistan, an official said, but wants more."
PUBLISHED = "Wed, 07 Sep 2016 10:15:00 +0530"


def seed(outlet: str, **changes: str) -> Entry:
    """One outlet's copy of the seed story."""
    given = {
        "title": SEED,
        "guid": f"{outlet}-1",
        "link": f"https://{outlet}.example/world/seed",
        "summary": BODY,
        "published": PUBLISHED,
        "author": "News Agencies",
    }
    return Entry(**(given | changes))


CRICKET = Entry(
    "Cricket board lifts sanctions on Pakistan pacer", "c-1", "https://a.example/cricket"
)
SAID = "negated: will not impose"
NOISE = Entry("Monsoon covers the last dry district", "n-1", "https://a.example/monsoon")


def test_the_story_is_told_once(
    desk: Desk, outlet: OutletStub, slack: SlackStub, services: str
) -> None:
    outlet.serve("/a", rss(seed("a"), CRICKET, NOISE), etag=AUTO)
    outlet.serve("/b", rss(seed("b")))
    outlet.serve("/c", rss(seed("c", link="https://a.example/world/seed?utm_source=c")))
    desk.feeds(a=outlet.url("/a"), b=outlet.url("/b"), c=outlet.url("/c"))

    run = desk.run().until_ready()
    run.until_decided("same_story", 2)
    run.until_decided("excluded")
    [message] = slack.wait_for(1, 15)
    assert message.channel == "#south-asia"
    assert f"{SEED} [{SAID}]" in message.text
    assert message.blocks[0]["type"] == "rich_text"
    sections = message.blocks[0]["elements"]
    assert [e["text"] for e in sections[1]["elements"]] == [SAID]
    assert not slack.refusals

    # polled again and again: 304 where there is an ETag, 200 with an equal body where not
    again = len(outlet.requests) + 9
    outlet.wait_for("/a", again, 20)
    assert {r.status for r in outlet.requests if r.path == "/a"} == {200, 304}
    assert {r.status for r in outlet.requests if r.path == "/b"} == {200}
    assert run.stop() == 0
    assert len(slack.messages) == 1
    assert {k: run.summary[k] for k in ("items", "matches", "told", "folded", "dropped")} == {
        "items": 5,
        "matches": 3,
        "told": 1,
        "folded": 2,
        "dropped": 1,
    }


def test_a_correction_goes_to_the_thread_and_a_new_claim_is_told(
    desk: Desk, outlet: OutletStub, slack: SlackStub, services: str
) -> None:
    outlet.serve("/a", rss(seed("a")))
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    [root] = slack.wait_for(1, 15)

    corrected = seed("a", title=f"CORRECTED: {SEED}", summary=f"{BODY} Corrects the day.")
    outlet.serve("/a", rss(corrected))
    run.until_decided("update")
    _, reply = slack.wait_for(2, 15)
    assert (root.thread_ts, reply.thread_ts) == (None, root.ts)

    imposed = Entry("US imposes sanctions on Pakistan", "a-2", "https://a.example/world/imposed")
    outlet.serve("/a", rss(imposed, corrected))
    run.until_decided("first", 2)
    posted = slack.wait_for(3, 15)
    assert [m.thread_ts for m in posted] == [None, root.ts, None]
    assert [SAID in m.text for m in posted] == [True, True, False]
    assert run.stop() == 0
    assert run.summary["told"] == 2


def test_a_kill_between_claim_and_post_still_tells(
    desk: Desk, outlet: OutletStub, slack: SlackStub, services: str
) -> None:
    outlet.serve("/a", rss(seed("a")))
    desk.feeds(a=outlet.url("/a"))
    slack.faults.extend([("chat.postMessage", "http500")] * 50)

    run = desk.run().until_ready()
    slack.wait_until(lambda stub: stub.calls["chat.postMessage"] >= 1, 15)
    run.kill()  # the claim is pending in Redis, nothing was posted
    slack.faults.clear()

    again = desk.run().until_ready()
    again.until_decided("first", timeout_s=40)
    assert again.stop() == 0
    [message] = slack.messages
    assert "may repeat" not in message.text.lower()  # the channel was read: it was not there


def test_a_kill_between_post_and_mark_tells_once(
    desk: Desk, outlet: OutletStub, slack: SlackStub
) -> None:
    outlet.serve("/a", rss(seed("a")))
    desk.feeds(a=outlet.url("/a"))
    slack.faults.append(("chat.postMessage", "post_then_hang:60"))

    run = desk.run().until_ready()
    slack.wait_for(1, 15)
    run.kill()  # the message stands in the channel, nobody knows

    again = desk.run().until_ready()
    [told] = again.until_decided("first", timeout_s=40)
    assert again.stop() == 0
    [message] = slack.messages
    assert "may repeat" not in message.text.lower()
    assert told["effect"] == "post"


def test_an_unclear_answer_of_slack_is_looked_up(
    desk: Desk, outlet: OutletStub, slack: SlackStub
) -> None:
    """Stored and not, with the scope and without."""
    outlet.serve("/a", rss(seed("a")))
    desk.feeds(a=outlet.url("/a"))
    slack.faults.extend([("chat.postMessage", "post_then_500")])
    run = desk.run().until_ready()
    run.until_decided("first")

    imposed = Entry("US imposes sanctions on Pakistan", "a-2", "https://a.example/world/imposed")
    slack.faults.append(("chat.postMessage", "http500"))
    outlet.serve("/a", rss(imposed, seed("a")))
    run.until_decided("first", 2, timeout_s=40)
    assert "may repeat" not in "".join(m.text.lower() for m in slack.messages)

    lifted = Entry("US lifts sanctions on Pakistan", "a-3", "https://a.example/world/lifted")
    slack.scopes.remove("channels:history")
    slack.faults.append(("chat.postMessage", "post_then_500"))
    outlet.serve("/a", rss(lifted, imposed, seed("a")))
    run.until_decided("first", 3)
    assert run.stop() == 0
    assert ["may repeat" in m.text.lower() for m in slack.messages] == [False, False, False, True]
    assert len([line for line in run.errors if "missing scope: channels:history" in line]) == 1


def test_a_restart_on_a_broker_that_forgot_tells_nothing_twice(
    desk: Desk, outlet: OutletStub, slack: SlackStub
) -> None:
    outlet.serve("/a", rss(seed("a"), NOISE), etag=AUTO)
    desk.feeds(a=outlet.url("/a"))
    first = desk.run().until_ready()
    slack.wait_for(1, 15)
    assert first.stop() == 0

    second = desk.run().until_ready()
    second.until_decided("already_told")
    assert second.stop() == 0
    assert second.summary["items"] == 2  # the broker forgot them, so they were published again
    assert second.summary["told"] == 0
    assert len(slack.messages) == 1


def test_a_rule_edited_while_running_holds_for_the_next_item(
    desk: Desk, outlet: OutletStub, slack: SlackStub
) -> None:
    outlet.serve("/a", rss(NOISE))
    desk.feeds(a=outlet.url("/a"))
    run = desk.run().until_ready()
    run.wait_until(lambda p: outlet.wait_for("/a", 2, 5))

    desk.write("rules/weather.yaml", "monsoon: {all: [monsoon], to: '#weather'}\n")
    run.wait_until(lambda p: any("rules in force: 2" in line for line in p.errors))
    outlet.serve("/a", rss(Entry("Monsoon is back", "n-2", "https://a.example/back"), NOISE))
    run.until_decided("first")
    assert slack.wait_for(1, 15)[0].channel == "#weather"

    desk.write("rules/weather.yaml", "monsoon: {al: [monsoon]}\n")
    run.wait_until(lambda p: any('did you mean "all"?' in line for line in p.errors))
    outlet.serve("/a", rss(Entry("Monsoon leaves early", "n-3", "https://a.example/leaves")))
    run.until_decided("first", 2)  # the last good book is still in force
    assert run.stop() == 0
