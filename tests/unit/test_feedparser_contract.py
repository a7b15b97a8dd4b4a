"""The private and undocumented names of feedparser that this program replaces or leans on.

When one of these fails after an update of feedparser, `monitor/feeds/reading/parse.py` or `sax.py`
has to be looked at: what they replace is not there any more, or is called differently.
"""

import inspect
import re
from importlib.metadata import version

import feedparser
import feedparser.api
import feedparser.mixin
import pytest
from feedparser.datetimes import registerDateHandler
from feedparser.mixin import _FeedParserMixin

from monitor.feeds.reading import parse as ours

MOVED = "feedparser moved it: see the end of monitor/feeds/reading/parse.py"


def test_the_version_whose_private_names_are_replaced() -> None:
    assert version("feedparser") == "6.0.14", "another feedparser: read its changes, then this test"


def test_the_authors_method_is_ours_and_feedparser_calls_it() -> None:
    assert _FeedParserMixin._sync_author_detail is ours._bounded_author, MOVED
    assert list(inspect.signature(ours._find_author).parameters) == ["self", "key"], MOVED
    source = "".join(inspect.getsource(base) for base in _FeedParserMixin.__mro__[:-1])
    assert "self._sync_author_detail(" in source, MOVED
    assert callable(_FeedParserMixin._get_context), MOVED


def test_the_method_for_categories_is_ours_and_feedparser_calls_it() -> None:
    assert _FeedParserMixin._add_tag is ours._bounded_tag, MOVED
    expected = ["self", "term", "scheme", "label"]
    assert list(inspect.signature(ours._add_tag).parameters) == expected, MOVED
    source = "".join(inspect.getsource(base) for base in _FeedParserMixin.__mro__[:-1])
    assert re.search(r"self\._add_tag\([^=)]*\)", source), MOVED
    assert not re.search(r"self\._add_tag\([^)]*=", source), MOVED
    assert "if value not in tags" in inspect.getsource(ours._add_tag), MOVED


def test_the_method_that_is_replaced_still_looks_for_addresses_in_words() -> None:
    """When this fails, the bound on an author's words may be needless, or in the wrong place."""
    assert "emailmatch = re.search(" in inspect.getsource(ours._find_author), MOVED


def test_the_driver_is_the_one_feedparser_asks_for() -> None:
    assert feedparser.api.PREFERRED_XML_PARSERS == ["monitor.feeds.reading.sax"], MOVED
    assert "make_parser(PREFERRED_XML_PARSERS)" in inspect.getsource(feedparser.api.parse), MOVED


@pytest.mark.parametrize("text", ["make_safe_absolute_uri(self.baseuri", "copy.deepcopy("])
def test_what_is_made_faster_is_still_called(text: str) -> None:
    found = re.sub(r"\s+", "", inspect.getsource(feedparser.mixin))
    assert text in found, MOVED


def test_addresses_are_joined_once_and_values_copied_flat() -> None:
    assert hasattr(feedparser.mixin.make_safe_absolute_uri, "cache_info"), MOVED
    inner = feedparser.FeedParserDict(a=["x"])
    assert inner.__deepcopy__({})["a"] is inner["a"], MOVED


def test_dates_are_left_to_us() -> None:
    assert feedparser.datetimes._date_handlers == [], MOVED
    assert "_date_handlers.insert(0" in inspect.getsource(registerDateHandler), MOVED
    assert "_date_handlers" in inspect.getsource(feedparser.datetimes._parse_date), MOVED
