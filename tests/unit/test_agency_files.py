"""monitor.feeds.drops: what agencies state in ninjs and NewsML-G2, as items."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from stubs.agency_wire import NINJS_1, NINJS_2, NINJS_3, NITF, NOW, XHTML, g2, message, only, read

from monitor.feeds.drops.agency import HELD_FOR_GOOD, embargo_end, status
from monitor.feeds.drops.agency_file import read_agency_file
from monitor.feeds.feed import Feed
from monitor.feeds.reading.entries import Dropped, DropReason
from streams.item import Item, Zone


@pytest.mark.parametrize(
    "body",
    [NINJS_1, NINJS_2, NINJS_3, g2().encode()],
    ids=["ninjs 1", "ninjs 2", "ninjs 3", "NewsML-G2"],
)
def test_what_every_format_states(body: Any) -> None:
    item = only(body)
    assert (item.guid, item.version, item.urgency) == ("urn:example:wire:1", "3", 2)
    assert (item.feed, item.outlet, item.tier, item.url) == ("wire", "Example Wire", 1, "")
    assert (item.pub_status, item.ednote) == ("usable", "Adds <quotes>")
    assert item.embargoed_until == "2026-11-23T12:30:00Z"
    assert (item.title, item.summary) == ("Tariffs < 5% & falling", "In short & plain")
    assert item.text.startswith("First")
    assert "\nSecond." in item.text
    assert (item.credit, item.lang) == ("Ann Bee", "en-GB")
    assert item.alt_ids == ("B123", "1999")
    assert {"trade", "Pakistan", "Trade-Tariffs"} <= set(item.tags)
    assert any(tag.endswith("20000209") for tag in item.tags)
    assert item.published
    assert item.published.at == "2026-11-23T03:30:00Z"
    assert item.updated
    assert item.updated.at == "2026-11-23T04:00:00Z"
    assert item.payload_hash


@pytest.mark.parametrize("content", [XHTML, NITF])
def test_xhtml_and_nitf_give_paragraphs(content: str) -> None:
    assert only(g2(content=content).encode()).text == "First of all, 1 < 2.\nSecond.\nThird."


def test_text_and_html_inside_inline_data() -> None:
    text = "<inlineData contenttype='text/plain'>One &lt;b&gt; two\n\nThree</inlineData>"
    assert only(g2(content=text).encode()).text == "One <b> two\nThree"
    html = "<inlineData contenttype='text/html'>&lt;p&gt;One&lt;p&gt;Two</inlineData>"
    assert only(g2(content=html).encode()).text == "One\nTwo"


def test_what_the_metadata_lacks_is_read_from_nitf() -> None:
    body = (
        "<newsItem guid='g'><itemMeta><title>not this</title></itemMeta>"
        f"<contentSet>{NITF}</contentSet></newsItem>"
    )
    item = only(body.encode())
    assert (item.title, item.credit, item.summary) == ("H", "By N", "A")
    assert (item.pub_status, item.embargoed_until, item.urgency) == ("usable", "", None)
    assert item.lang == "en"


@pytest.mark.parametrize("body", [NINJS_1, g2().encode()])
def test_the_outlet_is_who_delivers_unless_the_desk_names_it(body: Any) -> None:
    data = body if isinstance(body, bytes) else json.dumps({**body, "source": "EXW"}).encode()
    [item] = read_agency_file(data, Feed(id="wire"), NOW)
    assert isinstance(item, Item)
    assert item.outlet == ("EXW" if body is NINJS_1 else "Example Wire")
    assert item.credit == "Ann Bee"


def test_a_signal_is_a_notice() -> None:
    assert only(g2().encode()).notice == "correction"


def test_a_message_has_many_items() -> None:
    items = read(message(g2("urn:a"), g2("urn:b", status="withheld")))
    assert [getattr(item, "pub_status", None) for item in items] == ["usable", "withheld"]
    assert len({item.id for item in items if isinstance(item, Item)}) == 2


def test_of_several_versions_the_last_is_an_item() -> None:
    v9, v10 = g2(version=9), g2(version=10, status="canceled")
    for order in ((v9, v10), (v10, v9)):
        items = read(message(*order))
        [item] = [x for x in items if isinstance(x, Item)]
        assert (item.version, item.pub_status) == ("10", "canceled")
        assert [x.reason for x in items if isinstance(x, Dropped)] == [DropReason.REPEATED]


def test_a_list_of_ninjs_is_several_items() -> None:
    assert len(read([NINJS_1, {**NINJS_1, "uri": "urn:other"}])) == 2


def test_a_web_address_as_identity_is_the_link() -> None:
    item = only({**NINJS_1, "uri": "https://wire.example/1?utm_source=x"})
    assert item.canonical_url == "https://wire.example/1"
    link = "<link rel='irel:canonical' href='https://wire.example/1'/></itemMeta>"
    item = only(g2().replace("</itemMeta>", link).encode())
    assert item.url == "https://wire.example/1"
    assert only({**NINJS_1, "uri": "javascript:x"}).url == ""


def test_a_cancel_without_words_is_carried_anything_else_is_not() -> None:
    assert only({"uri": "urn:1", "pubstatus": "canceled"}).pub_status == "canceled"
    [dropped] = read({"uri": "urn:1", "pubstatus": "usable"})
    assert isinstance(dropped, Dropped)
    assert dropped.reason is DropReason.EMPTY


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pubstatus", "canceled"),
        ("version", "4"),
        ("embargoed", None),
        ("urgency", 1),
        ("ednote", "other"),
        ("headline", "Other"),
        ("slugline", "other"),
    ],
)
def test_a_change_of_what_a_desk_may_care_about_is_another_payload(field: str, value: Any) -> None:
    first, second = only(NINJS_1), only({**NINJS_1, field: value})
    assert first.id == second.id
    assert first.payload_hash != second.payload_hash
    assert first.payload_hash == only(dict(NINJS_1)).payload_hash


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("stat:canceled", "canceled"),
        ("http://cv.iptc.org/newscodes/pubstatusg2/withheld", "withheld"),
        ("Cancelled", "canceled"),
        ("", "usable"),
        ("stat:embargoed", "embargoed"),
    ],
)
def test_statuses(written: str, code: str) -> None:
    assert status(written) == code


@pytest.mark.parametrize(
    ("written", "until"),
    [
        ("2026-11-23T18:00:00+05:30", "2026-11-23T12:30:00Z"),
        ("2026-12-24T00:00:00Z", "2026-12-24T00:00:00Z"),
        ("2026-12-24", "2026-12-24T00:00:00Z"),
        ("", HELD_FOR_GOOD),
        ("until further notice", HELD_FOR_GOOD),
        ("0001-01-01T00:00:00+10:00", HELD_FOR_GOOD),
    ],
)
def test_an_embargo_that_cannot_be_read_holds(written: str, until: str) -> None:
    assert embargo_end(written) == until


NEW_YORK = Feed(id="wire", folder="in", timezone="America/New_York")


def test_a_time_without_a_zone_is_the_feeds() -> None:
    told = NINJS_1 | {"embargoed": "2026-11-24T18:00:00", "versioncreated": "2026-11-22T06:30:00"}
    [item] = read_agency_file(json.dumps(told).encode(), NEW_YORK, NOW)
    assert isinstance(item, Item)
    assert item.embargoed_until == "2026-11-24T23:00:00Z"
    assert item.updated
    assert (item.updated.at, item.updated.zone) == ("2026-11-22T11:30:00Z", Zone.FEED)
    assert item.published
    assert (item.published.at, item.published.zone) == ("2026-11-23T03:30:00Z", Zone.STATED)


def test_the_items_language_tells_the_day_from_the_month() -> None:
    for lang, day in (("en-US", "2026-02-11"), ("en-GB", "2026-11-02")):
        told = NINJS_1 | {"versioncreated": "02/11/2026", "language": lang}
        item = only(json.dumps(told).encode())
        assert item.updated
        assert item.updated.at == day


def test_an_hour_that_comes_twice_is_embargoed_to_its_second_end() -> None:
    zone = ZoneInfo("America/New_York")
    assert embargo_end("2026-11-01T01:30:00", zone) == "2026-11-01T06:30:00Z"
    assert embargo_end("2026-03-08T02:30:00", zone) == "2026-03-08T07:30:00Z"  # there is no such


def test_an_empty_embargo_holds_for_good() -> None:
    body = g2().replace("<embargoed>2026-11-23T18:00:00+05:30</embargoed>", "<embargoed/>")
    assert only(body.encode()).embargoed_until == HELD_FOR_GOOD
