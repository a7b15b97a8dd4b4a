"""Hints of headers: when to come again, and where else to look."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.fetching.hints import RETRY_AFTER_MOST_S, links, max_age_s, retry_after_s

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("-5", 0),
        ("1.5", 0),
        ("²", 0),
        ("", 0),
        ("soon", 0),
        ("9" * 400, 86_400),
        ("Sun, 01 Mar 2026 12:05:00 GMT", 300),
        ("Sunday, 01-Mar-26 12:05:00 GMT", 300),
        ("Sun Mar  1 12:05:00 2026", 300),
        ("Sun, 01 Mar 2026 13:05:00 +0100", 300),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Tue, 01 Mar 2039 11:00:00 GMT", 86_400),
        ("Sun, 99 Mar 2026 11:00:00 GMT", 0),
    ],
)
def test_retry_after(value: str, seconds: float) -> None:
    assert retry_after_s(value, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Cache-Control": "max-age=300"}, 300),
        ({"Cache-Control": 'public, MAX-AGE="300" , must-revalidate'}, 300),
        ({"Cache-Control": "max-age=300", "Age": "100"}, 200),
        ({"Cache-Control": "max-age=300", "Age": "1000"}, 0),
        ({"Cache-Control": "max-age=0"}, None),
        ({"Cache-Control": "no-cache, max-age=300"}, None),
        ({"Cache-Control": "no-store"}, None),
        ({"Cache-Control": "s-maxage=300"}, None),
        ({"Cache-Control": "max-age=soon"}, None),
        ({"Cache-Control": "max-age=-1"}, None),
        ({"Expires": "Sun, 01 Mar 2026 12:05:00 GMT"}, None),
        (
            {
                "Expires": "Sun, 01 Mar 2026 12:05:00 GMT",
                "Date": "Sun, 01 Mar 2026 12:00:00 GMT",
            },
            300,
        ),
        ({"Expires": "0", "Date": "Sun, 01 Mar 2026 12:00:00 GMT"}, None),
    ],
)
def test_max_age(headers: dict[str, str], seconds: float | None) -> None:
    assert max_age_s(headers) == seconds


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], {}),
        (
            ['<https://hub.example/?a,b>; rel="hub", <https://a.example/x>; rel=self'],
            {"hub": "https://hub.example/?a,b", "self": "https://a.example/x"},
        ),
        (["</h>; rel=hub", "<https://two.example/>; rel=hub"], {"hub": "https://a.example/h"}),
        (
            ['<x>; title="a, b"; rel="Self alternate"'],
            {"self": "https://a.example/p/x", "alternate": "https://a.example/p/x"},
        ),
        (["<javascript:alert(1)>; rel=hub"], {}),
        (["<file:///etc/passwd>; rel=hub", "<http://[::1>; rel=hub", "<x>", "rel=hub"], {}),
    ],
)
def test_links(values: list[str], found: dict[str, str]) -> None:
    assert links(values, "https://a.example/p/feed") == found


@given(st.text(), st.text())
def test_any_header_is_survived(one: str, two: str) -> None:
    assert 0 <= retry_after_s(one, NOW) <= RETRY_AFTER_MOST_S
    age = max_age_s({"Cache-Control": one, "Age": two, "Expires": one, "Date": two})
    assert age is None or age >= 0
    for url in links([one, f"<{two}>; rel=hub"], "https://a.example/").values():
        assert url.startswith(("http://", "https://"))
