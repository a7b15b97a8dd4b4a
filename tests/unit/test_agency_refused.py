"""monitor.feeds.drops: any bytes in an agency's file are read or refused, within bounds."""

import json
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stubs.agency_wire import MB, NINJS_1, NINJS_2, NINJS_3, g2, message, only, read
from stubs.outlet import Entry, rss

from monitor.feeds.drops.agency_file import MAX_ITEMS, is_agency_file
from monitor.feeds.reading.guard import NotAFeed
from monitor.feeds.reading.json_values import MAX_OPENINGS
from monitor.feeds.visiting.offline import Unreadable, read_sources


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
