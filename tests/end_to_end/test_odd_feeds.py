"""One running program and feeds of every kind: each is told or reported, none disturbs another."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
import redis
from stubs.bodies import SLOW
from stubs.child_process import free_ports
from stubs.embedded import embedded
from stubs.hub import HubStub, push, verify
from stubs.outlet import Entry, OutletStub, rss
from stubs.records import Records
from stubs.tansu import Tansu
from stubs.vitals import until
from stubs.wirewatch import Desk, Process

from monitor.embedded.services import Serves
from streams.decision import Decision, Reason
from streams.item import Item
from streams.topics import DECISIONS, ITEMS

PUBLIC = "8.8.4.4"
"""Asked by way of the outlet as a proxy only."""

PASSWORD = "open-sesame"
RETRY_AFTER_S = 4
TURN_S = 2.0
"""A fetch may wait for its turn so long, also when its site asks for a pause meanwhile."""

QUARANTINE_S = 90.0
"""Twice ten seconds for the parsers, on a busy machine."""

JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Json wire",
    "items": [
        {
            "id": "j-1",
            "url": "https://json.example/1",
            "title": "Brussels tables sanctions, Pakistan exporters protest",
            "content_text": "Textile mills fear for their orders.",
        }
    ],
}
SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url>
<loc>https://map.example/1</loc><news:news><news:publication><news:name>Map Daily</news:name>
<news:language>en</news:language></news:publication>
<news:publication_date>2026-11-23T09:00:00+05:00</news:publication_date>
<news:title>Karachi bankers dodge Pakistan sanctions, says audit</news:title>
</news:news></url></urlset>"""
PAGE = "<html><head><title>Minister speaks</title></head><body><article>{}</article></body></html>"
ARTICLE = (
    "<p>The minister told parliament on Tuesday that sanctions against Pakistan were off the "
    "table for as long as talks about the border went on in Geneva.</p>"
)


@dataclass(frozen=True)
class Newsroom:
    """What a test sees: the program, its outlets and hub, the topics, the desk's Redis."""

    run: Process
    outlet: OutletStub
    hub: HubStub
    inside: socket.socket
    items: Records[Item]
    decisions: Records[Decision]
    redis: "redis.Redis"

    def told(self, *titles: str) -> None:
        """Returns once each title has been told."""
        self.run.wait_until(
            lambda run: set(titles) <= {line["title"] for line in run.decided("first")}, 40
        )

    def event(self, feed: str, reason: Reason, within_s: float = 40.0) -> Decision:
        """What is on record of the feed, once it is."""
        [event, *_] = self.decisions.until(
            lambda each: each.item == feed and each.reason is reason, within_s=within_s
        )
        return event

    def asked(self, path: str) -> list[float]:
        """When a path was asked for."""
        return [each.at for each in list(self.outlet.requests) if each.path == path]


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """One program on Tansu and Valkey for all tests here; a feed of each kind."""
    folder = tmp_path_factory.mktemp("odd")
    with ExitStack() as stack:
        outlet, hub = stack.enter_context(OutletStub()), stack.enter_context(HubStub())
        tansu = stack.enter_context(Tansu(folder / "tansu"))
        valkey = stack.enter_context(embedded(Serves.MEMORY, folder / "valkey"))
        inside = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        inside.settimeout(0)
        desk = Desk(folder / "desk")
        stack.callback(desk.end)
        desk.write("feeds.yaml", feeds(outlet))
        show(outlet, hub, f"http://127.0.0.1:{inside.getsockname()[1]}/admin")
        (callback,) = free_ports(1)
        run = desk.run(
            KAFKA_BOOTSTRAP_SERVERS=tansu.bootstrap,
            REDIS_URL=f"redis://{valkey.address}/0",
            WIREWATCH_WEBSUB_URL=f"http://127.0.0.1:{callback}",
            WIREWATCH_WEBSUB_LISTEN=f"127.0.0.1:{callback}",
            http_proxy=outlet.url(""),
            no_proxy="127.0.0.1",
        ).until_ready()
        client = redis.Redis.from_url(f"redis://{valkey.address}/0", decode_responses=True)
        stack.callback(client.close)
        yield Newsroom(
            run=run,
            outlet=outlet,
            hub=hub,
            inside=inside,
            items=stack.enter_context(Records(tansu.bootstrap, ITEMS, Item)),
            decisions=stack.enter_context(Records(tansu.bootstrap, DECISIONS, Decision)),
            redis=client,
        )
        assert run.stop() == 0
        assert "Traceback" not in "".join(run.errors)
        assert PASSWORD not in "".join(run.errors)


def feeds(outlet: OutletStub) -> str:
    """Their feeds.yaml; all but the low one are asked five times a second."""
    urls = {name: outlet.url(name) for name in ("harm", "gone", "gap", "json", "map", "page")}
    urls |= {name: f"http://{PUBLIC}/{name}" for name in ("busy", "other", "inward")}
    options = dict.fromkeys(urls, "allow_private: true, every: 0.2")
    options |= dict.fromkeys(("busy", "other", "inward"), "every: 0.2")
    options["page"] += ", full_text: true"
    login = f"//desk:{PASSWORD}@"
    urls["low"] = outlet.url("low").replace("//", login)
    options["low"] = "allow_private: true, priority: low"
    return "".join(
        f"- {{id: {name}, url: '{url}', backfill: all, {options[name]}}}\n"
        for name, url in urls.items()
    )


def show(outlet: OutletStub, hub: HubStub, inward: str) -> None:
    """What they answer at first."""
    outlet.serve("harm", SLOW)
    outlet.serve("gone", b"", status=410)
    outlet.serve("gap", rss(entry("gap", "Sanctions debate: Pakistan envoy walks out of hall")))
    outlet.serve("json", json.dumps(JSON_FEED), content_type="application/feed+json")
    outlet.serve("map", SITEMAP, content_type="application/xml")
    outlet.serve("page", rss(Entry("Minister speaks", "p-1", outlet.url("story"))))
    outlet.serve("story", PAGE.format(ARTICLE * 4), content_type="text/html")
    for name in ("busy", "other"):
        outlet.serve(name, rss(entry(name, f"Nothing of note at {name}")))
    outlet.serve("inward", b"", status=302, headers={"Location": inward})
    links = f'<{hub.url}>; rel="hub", <{outlet.url("low")}>; rel="self"'
    outlet.serve("low", rss(entry("low", "Quiet day in Quetta")), headers={"Link": links})


def entry(name: str, title: str) -> Entry:
    link = f"https://{name}.example/{len(title)}"
    return Entry(title, f"{name}-{len(title)}", link, summary=f"As {name} has it: {title}")


def test_a_json_feed_and_a_news_sitemap_are_told(newsroom: Newsroom) -> None:
    newsroom.told(
        "Brussels tables sanctions, Pakistan exporters protest",
        "Karachi bankers dodge Pakistan sanctions, says audit",
    )


def test_a_headline_gets_the_text_of_its_page_and_a_rule_hits_there(newsroom: Newsroom) -> None:
    newsroom.told("Minister speaks")
    [item] = newsroom.items.until(lambda item: item.feed == "page")
    assert "off the table" in item.text


def test_a_feed_that_is_gone_is_said_to_be_and_left_alone(newsroom: Newsroom) -> None:
    assert "410" in newsroom.event("gone", Reason.FEED_GONE).detail
    assert len(newsroom.asked("/gone")) == 1


def test_a_window_without_a_known_entry_is_a_gap_and_told(newsroom: Newsroom) -> None:
    newsroom.told("Sanctions debate: Pakistan envoy walks out of hall")
    new = "Ship insurers read Pakistan clause into oil sanctions"
    newsroom.outlet.serve("gap", rss(entry("gap", new)))
    newsroom.told(new)
    assert "none of 1 items" in newsroom.event("gap", Reason.FEED_GAP).detail


def test_a_redirect_to_the_inside_is_not_followed(newsroom: Newsroom) -> None:
    failing = newsroom.event("inward", Reason.FEED_FAILING)
    assert "127.0.0.1 is no public address" in failing.detail
    with pytest.raises(BlockingIOError):
        newsroom.inside.accept()


def test_a_host_that_asks_for_a_pause_gets_it_for_all_its_feeds(newsroom: Newsroom) -> None:
    newsroom.outlet.wait_for("other", 1, 40)
    wait = {"Retry-After": str(RETRY_AFTER_S)}
    newsroom.outlet.serve("busy", b"", status=429, headers=wait)
    until(lambda: [r for r in list(newsroom.outlet.requests) if r.status == 429], 40)
    [busy_at, *_] = [r.at for r in newsroom.outlet.requests if r.status == 429]
    until(lambda: [at for at in newsroom.asked("/other") if at > busy_at + TURN_S], 40)
    again = next(at for at in newsroom.asked("/other") if at > busy_at + TURN_S)
    assert again - busy_at > RETRY_AFTER_S - 0.1


def test_what_a_hub_pushes_is_told_without_a_poll(newsroom: Newsroom) -> None:
    newsroom.items.until(lambda item: item.feed == "low")
    until(lambda: newsroom.hub.asked, 40)
    [form] = newsroom.hub.asked
    assert asyncio.run(verify(form)) == (200, "c-1")
    new = "Lahore traders sue over Pakistan sanctions paperwork"
    assert asyncio.run(push(form, rss(entry("low", new)))) == 202
    newsroom.told(new)
    assert len(newsroom.asked("/low")) == 1


def test_what_a_hub_pushes_shows_no_login_of_its_feed(newsroom: Newsroom) -> None:
    until(lambda: newsroom.hub.asked, 40)
    [form] = newsroom.hub.asked
    body = rss(Entry("Quetta weather stays fair", "low-rel", "/weather"))
    assert asyncio.run(push(form, body)) == 202
    [item, *_] = newsroom.items.until(lambda item: item.guid == "low-rel")
    assert item.url == newsroom.outlet.url("weather")


def test_a_feed_that_harms_its_parser_is_put_in_quarantine(newsroom: Newsroom) -> None:
    event = newsroom.event("harm", Reason.FEED_QUARANTINED, QUARANTINE_S)
    assert "more than 10 s" in event.detail
    assert len(newsroom.asked("/harm")) == 1
    new = "Tehran envoy sees Pakistan trade outlast any sanctions"
    newsroom.outlet.serve("json", rss(entry("json", new)))
    newsroom.told(new)
