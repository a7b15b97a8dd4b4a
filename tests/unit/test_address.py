"""Addresses of feeds as people write them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.address import NoAddress, feed_address, hidden_login
from monitor.feeds.reading.canonical import web_url


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" https://a.example/x ", "https://a.example/x"),
        ("HTTP://a.example:8080/a b?c=d e", "HTTP://a.example:8080/a b?c=d e"),
        ("http://[::1]:8/x", "http://[::1]:8/x"),
        ("https://u:p%20w@a.example/", "https://u:p%20w@a.example/"),
        ("feed://a.example/x", "http://a.example/x"),
        ("FEED:https://a.example/x", "https://a.example/x"),
        ("feed://https://a.example/x", "https://a.example/x"),
    ],
)
def test_what_is_an_address(text: str, address: str) -> None:
    assert feed_address(text) == address


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", '"" is no http or https address'),
        ("ftp://u:s3cret@a.example", '"ftp://***@a.example" is no http or https address'),
        ("feed:a.example", '"feed:a.example" is no http or https address'),
        ("http://[bad", '"http://[bad" is no http or https address'),
        ("a.example/rss", 'did you mean "https://a.example/rss"'),
        ("https://a.example:99999/x", "no such port; they go from 1 to 65535"),
        ("https://a.example:0/x", "no such port"),
        ("https://a.example:http/x", "no such port"),
        ("https://u:s3 cret@a.example/", "in a password write %20"),
        ("https://u:s3/cret@a.example/", "in a password write %2F"),
        ("https://a.example/" + "x" * 5_000, "longer than 4,096 characters"),
    ],
)
def test_what_is_none_says_why_and_shows_no_secret(text: str, why: str) -> None:
    with pytest.raises(NoAddress) as refused:
        feed_address(text)
    assert why in str(refused.value)
    assert "cret" not in str(refused.value)


@given(st.text(max_size=40), st.sampled_from(["", "https://", "feed://", "http://u:§"]))
def test_any_text_is_an_address_or_is_refused_in_words(text: str, start: str) -> None:
    with contextlib.suppress(NoAddress):
        assert web_url(feed_address(start + text))


def test_a_login_is_hidden_and_nothing_else() -> None:
    assert hidden_login("https://u:p@a.example/@x?y=z@") == "https://***@a.example/@x?y=z@"
    assert hidden_login("https://a.example:80/@x:y") == "https://a.example:80/@x:y"
