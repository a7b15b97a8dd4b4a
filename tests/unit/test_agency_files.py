"""monitor.feeds.drops: what agencies state in ninjs and NewsML-G2, as items."""

import json
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stubs.outlet import Entry, rss

from monitor.feeds.drops.agency import HELD_FOR_GOOD, embargo_end, status
from monitor.feeds.drops.agency_file import MAX_ITEMS, is_agency_file, read_agency_file
from monitor.feeds.feed import Feed
from monitor.feeds.reading.entries import Dropped, DropReason
from monitor.feeds.reading.guard import NotAFeed
from monitor.feeds.reading.json_values import MAX_OPENINGS
from monitor.feeds.visiting.offline import Unreadable, read_sources
from streams.item import Item, Zone

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FEED = Feed(id="wire", folder="in", outlet="Example Wire", language="en", tier=1)
MB = 2**20

NINJS_1 = {
    "uri": "urn:example:wire:1",
    "type": "text",
    "version": "3",
    "firstcreated": "2026-11-23T09:00:00+05:30",
    "versioncreated": "2026-11-23T04:00:00Z",
    "embargoed": "2026-11-23T18:00:00+05:30",
    "pubstatus": "usable",
    "urgency": 2,
    "copyrightholder": "not the credit",
    "ednote": "Adds <quotes>",
    "language": "en-GB",
    "byline": "Ann Bee",
    "slugline": "Trade-Tariffs",
    "headline": "Tariffs < 5% & falling",
    "headline_short": "not this",
    "description_text": "In short & plain",
    "body_xhtml": "<p>First.</p><p>Second.</p>",
    "subject": [{"name": "trade", "scheme": "http://cv.example/", "code": "medtop:20000209"}],
    "place": [{"name": "Pakistan"}],
    "person": [{"name": "Cy Dee"}],
    "altids": {"slot": "B123", "old": "1999"},
    "associations": {"picture": {"uri": "urn:example:picture:1", "type": "picture"}},
}
NINJS_2 = {
    **{k: NINJS_1[k] for k in ("uri", "version", "firstcreated", "versioncreated", "embargoed")},
    **{k: NINJS_1[k] for k in ("pubstatus", "urgency", "ednote", "language", "byline", "slugline")},
    "standard": {"name": "ninjs", "version": "2.1"},
    "headlines": [
        {"role": "short", "value": "not this"},
        {"role": "main", "value": "Tariffs < 5% & falling"},
    ],
    "descriptions": [{"role": "text", "contenttype": "text/plain", "value": "In short & plain"}],
    "bodies": [
        {"role": "teaser", "contenttype": "text/plain", "value": "not this"},
        {"role": "main", "contenttype": "text/html", "value": "<p>First.</p><p>Second.</p>"},
    ],
    "subjects": [{"name": "trade", "code": "medtop:20000209"}],
    "places": [{"name": "Pakistan"}],
    "people": [{"name": "Cy Dee"}],
    "altids": [{"role": "slot", "value": "B123"}, {"role": "old", "value": "1999"}],
}
NINJS_3 = {
    **{k: NINJS_2[k] for k in ("uri", "version", "urgency", "language", "byline", "slugline")},
    **{k: NINJS_2[k] for k in ("headlines", "places", "people", "embargoed")},
    "standard": {"name": "ninjs", "version": "3.3"},
    "firstCreated": NINJS_1["firstcreated"],
    "versionCreated": NINJS_1["versioncreated"],
    "pubStatus": "usable",
    "edNote": NINJS_1["ednote"],
    "descriptions": [{"role": "text", "contentType": "text/plain", "value": "In short & plain"}],
    "bodies": [{"role": "main", "contentType": "application/xhtml+xml",
                "value": "<p>First.</p><p>Second.</p>"}],
    "subjects": [{"name": "trade", "literal": "medtop:20000209"}],
    "altIds": NINJS_2["altids"],
}  # fmt: skip

G2 = """<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="{guid}" version="{version}"
 standard="NewsML-G2" standardversion="2.34" conformance="power" xml:lang="en-GB">
<catalogRef href="http://127.0.0.1:1/catalog.xml"/>
<itemMeta>
  <itemClass qcode="ninat:text"/><provider qcode="nprov:EXW"><name>Example Wire</name></provider>
  <versionCreated>2026-11-23T04:00:00Z</versionCreated>
  <firstCreated>2026-11-23T09:00:00+05:30</firstCreated>
  <embargoed>2026-11-23T18:00:00+05:30</embargoed>
  <pubStatus qcode="stat:{status}"/>
  <edNote>Adds &lt;quotes></edNote><signal qcode="sig:correction"/>
</itemMeta>
<contentMeta>
  <urgency>2</urgency><altId>B123</altId><altId>1999</altId>
  <creator><name>not the credit</name></creator>
  <language tag="en-GB"/>
  <subject qcode="medtop:20000209"><name>trade</name></subject>
  <subject type="cpnat:geoArea" literal="PK"><name>Pakistan</name></subject>
  <slugline>Trade-Tariffs</slugline>
  <headline role="hld:web">not this</headline>
  <headline role="hld:main">Tariffs &lt; 5% &amp;
    falling</headline>
  <by>Ann Bee</by><description>In short &amp; plain</description>
</contentMeta>
<contentSet>{content}</contentSet></newsItem>"""
XHTML = """<inlineXML contenttype="application/xhtml+xml"><html
 xmlns="http://www.w3.org/1999/xhtml"><head><title>not this</title></head><body><p>First
 <b>of</b> all,

 1 &lt; 2.</p><p>Second.<br/><br/>Third.</p><script>not()</script></body></html></inlineXML>"""
NITF = """<inlineXML contenttype="application/nitf+xml"><nitf
 xmlns="http://iptc.org/std/NITF/2006-10-18/"><body><body.head><hedline><hl1>H</hl1></hedline>
 <byline>By N</byline><abstract><p>A</p></abstract></body.head><body.content><p>First of all,
 1 &lt; 2.</p><p>Second.</p><media media-type="image"><media-caption>not this</media-caption>
 </media><p>Third.</p></body.content></body></nitf></inlineXML>"""


def g2(guid: str = "urn:example:wire:1", *, version: int = 3, status: str = "usable",
       content: str = XHTML) -> str:  # fmt: skip
    return G2.format(guid=guid, version=version, status=status, content=content)


def message(*items: str) -> bytes:
    inside = "".join(items)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><newsMessage '
        'xmlns="http://iptc.org/std/nar/2006-10-01/"><header><sent>2026-11-23T04:00:01Z</sent>'
        f'</header><itemSet><packageItem guid="p"/>{inside}</itemSet></newsMessage>'
    ).encode()


def read(body: Any) -> list[Item | Dropped]:
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return read_agency_file(body, FEED, NOW)


def only(body: Any) -> Item:
    [item] = read(body)
    assert isinstance(item, Item)
    return item


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


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"Dear editors", "neither JSON nor XML"),
        (b'{"headline": "x"}', "no uri"),
        (b"[]", "no uri"),
        (b'{"uri": "urn:1", "headl', "broken JSON"),
        (b"<rss/>", "begins with rss"),
        (b"<newsMessage/>", "without a newsItem"),
        (b"<packageItem guid='1'/>", "packageItem: it carries no news"),
        (b"<newsItem/>", "without a guid"),
        (message(g2())[:-20], "malformed XML"),
        (message(g2("urn:a"), g2("urn:b"))[:-1000], "malformed XML"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><newsItem guid='1'><x>&a;</x></newsItem>", "malformed"),
    ],
)
def test_what_is_no_agency_file_is_refused_by_name(body: bytes, says: str) -> None:
    with pytest.raises(NotAFeed, match=says):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"uri": ' + b"[" * (MAX_OPENINGS - 10),
        b'{"uri": "u", "body_text": ' + b'{"a":' * 40_000,
        b"[" + b"{}," * (2 * MB) + b"{}]",
        b"<newsItem guid='1'>" + b"<p>" * MB,
        b"<newsItem guid='1'>" + b"<a/>" * (2 * MB - 20),
        b"[" + b",".join(b'{"uri": "%d"}' % n for n in range(MAX_ITEMS + 1)) + b"]",
        b"<newsItem guid='1' " + b" ".join(b"a%d=''" % n for n in range(100_000)) + b">",
    ],
    ids=["deep lists", "deep mappings", "many", "deep elements", "elements", "items", "attributes"],
)
def test_what_is_made_to_hurt_is_refused_within_bounds(body: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(NotAFeed):
            read(body)
        assert tracemalloc.get_traced_memory()[1] < 50 * MB
    finally:
        tracemalloc.stop()


def test_a_long_text_is_cut_and_said_so() -> None:
    body = g2(content=f"<inlineXML><p>{'a b ' * MB}</p></inlineXML>").encode()
    assert len(body) > 4 * MB
    assert only(body).text_cut
    assert only({"uri": "urn:1", "body_text": "a b " * MB}).text_cut


def test_nothing_outside_the_file_is_read() -> None:
    body = f"""<!DOCTYPE newsItem [<!ENTITY x SYSTEM "file:///etc/passwd">]>
    {g2(content="<inlineData>&x;</inlineData>")}"""
    with pytest.raises(NotAFeed):
        read(body.encode())
    include = "<inlineXML><include xmlns='http://www.w3.org/2001/XInclude' parse='text' "
    include += "href='file:///etc/passwd'/></inlineXML>"
    assert only(g2(content=include).encode()).text == ""


JSON_VALUES = st.recursive(
    st.none() | st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
NAMES = sorted({*NINJS_1, *NINJS_2, *NINJS_3, "infosource", "keywords"} - {"uri", "headline"})


@given(st.dictionaries(st.sampled_from(NAMES), JSON_VALUES))
def test_a_field_of_any_type_costs_no_other(fields: dict[str, Any]) -> None:
    fields.pop("headlines", None)
    assert only({**fields, "uri": "urn:1", "headline": "kept"}).title == "kept"


@given(st.binary(max_size=100), st.integers(0, 3000))
def test_any_bytes_are_read_or_refused(noise: bytes, at: int) -> None:
    for body in (message(g2()), json.dumps(NINJS_3).encode()):
        with suppress(NotAFeed):
            read(body[:at] + noise + body[at + len(noise) :])


def test_files_are_read_offline_beside_feeds(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(message(g2("urn:a"), g2("urn:b")))
    (tmp_path / "b.json").write_text(json.dumps(NINJS_3))
    (tmp_path / "c.json").write_text(json.dumps(NINJS_3)[:-9])
    (tmp_path / "d.xml").write_bytes(rss(Entry("One", "1", "https://outlet.example/1")))
    lines = [*read_sources([str(tmp_path)])]
    assert [line["guid"] for line in lines if isinstance(line, dict)] == [
        "urn:a", "urn:b", "urn:example:wire:1", "1",
    ]  # fmt: skip
    [bad] = [line for line in lines if isinstance(line, Unreadable)]
    assert bad.source.endswith("c.json")


def test_a_file_is_known_by_how_it_begins() -> None:
    assert is_agency_file(json.dumps(NINJS_2).encode())
    assert is_agency_file(message(g2()))
    assert not is_agency_file(b'{"version": "https://jsonfeed.org/version/1", "items": []}')
    assert not is_agency_file(b"<rss/>")
    assert not is_agency_file(b"{")
