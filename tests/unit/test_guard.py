"""monitor.feeds.reading.guard: bodies made safe for feedparser."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.reading.guard import MAX_PROLOG_BYTES, NotAFeed, guard

ITEM = b"<rss><channel><title>A</title></channel></rss>"
XML = b'<?xml version="1.0" encoding="UTF-8"?>'
BOMB = b'<!DOCTYPE rss [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]>'


def test_a_plain_feed_stays_as_it_is() -> None:
    assert guard(XML + b"\n" + ITEM) == XML + b"\n" + ITEM


@pytest.mark.parametrize("space", [b" " * 80_000, b"\n" * 80_000, b" \t\r\n" * 500_000])
def test_a_prolog_of_whitespace_is_shortened_in_linear_time(space: bytes) -> None:
    before = time.process_time()
    assert guard(space + ITEM) == ITEM
    assert guard(XML + space + ITEM) == XML + b"\n" + ITEM
    assert time.process_time() - before < 2.0


@pytest.mark.parametrize(
    "prolog",
    [
        pytest.param(b"<" * 500_000, id="brackets"),
        pytest.param(b"<!--" * 500_000, id="comments opened"),
        pytest.param(b"<!-- -->" * 300_000, id="comments"),
        pytest.param(b"<!doctype" * 300_000, id="doctypes"),
        pytest.param(b"<?xml " * 300_000, id="declarations"),
        pytest.param("<?xml ".encode("utf-16") * 100_000, id="declarations in UTF-16"),
        pytest.param(b"\xff\xfe" + ("<?xml" + " " * 300_000).encode("utf-16-le"), id="spaces"),
    ],
)
def test_hostile_prologs_cost_little(prolog: bytes) -> None:
    before = time.process_time()
    for body in (prolog, prolog + ITEM):
        try:
            assert guard(body)
        except NotAFeed:
            continue
    assert time.process_time() - before < 2.0


def test_a_doctype_goes_with_its_entities() -> None:
    assert guard(XML + BOMB + ITEM) == XML + b"\n" + ITEM
    assert guard(BOMB.lower() + ITEM) == ITEM


def test_a_doctype_in_a_comment_does_not_hide_the_real_one() -> None:
    for fake in (b"<!-- <!DOCTYPE x> -->", b"<!-- <rss> -->", b"<!-- <!DOCTYPE x [ -->"):
        assert b"ENTITY" not in guard(XML + fake + BOMB + fake + ITEM)
        assert guard(XML + fake + BOMB + ITEM).endswith(ITEM)


def test_nothing_after_the_first_element_is_touched() -> None:
    body = b"<rss>  <!-- a --> <![CDATA[<!DOCTYPE x>]]></rss>"
    assert guard(body) == body


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_wide_encodings_become_utf8(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><rss><title>अ</title></rss>'
    assert guard(text.encode(encoding)).decode() == "<rss><title>अ</title></rss>"


def test_entities_in_utf16_are_dropped_too() -> None:
    assert b"ENTITY" not in guard((BOMB + ITEM).decode().encode("utf-16"))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"{}", "neither XML nor JSON"),
        (b"\x1f\x8b\x08\0", "compressed by gzip"),
        (b"<!-- <rss>", "neither XML nor JSON"),
        (b"<?php " + b"x" * MAX_PROLOG_BYTES + ITEM, "too much"),
    ],
)
def test_what_is_no_feed_is_said(body: bytes, says: str) -> None:
    with pytest.raises(NotAFeed, match=says):
        guard(body)


@given(st.lists(st.sampled_from([b"<!--", b"-->", b"<!DOCTYPE x [", b"]>", b"<?", b" ", b"x"])))
def test_no_prolog_leaves_a_doctype(pieces: list[bytes]) -> None:
    try:
        safe = guard(b"".join(pieces) + ITEM)
    except NotAFeed:
        return
    assert b"<!DOCTYPE" not in safe
    assert safe.endswith(ITEM)
