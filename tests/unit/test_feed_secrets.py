"""Secrets of feeds: where they come from, which header they become, where they never stand."""

import logging
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.desk.feed_secrets import feed_secrets
from monitor.desk.settings import resolve
from monitor.exits import ExitCode, Quit
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.redacted import redacted_url
from monitor.feeds.fetching.secrets import Secret, read_secret, telling_parts
from monitor.program.logs import set_up_logs


def basic(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("text", "header", "value"),
    [
        ("user:password", "Authorization", basic("user:password")),
        ("user:pass word:x", "Authorization", basic("user:pass word:x")),
        ("user:", "Authorization", basic("user:")),
        ("ü:ß", "Authorization", basic("ü:ß")),
        ("Bearer abc", "Authorization", "Bearer abc"),
        ("Basic dTpw", "Authorization", "Basic dTpw"),
        ("Token a:b", "Authorization", "Token a:b"),
        ("X-Api-Key: k3y", "X-Api-Key", "k3y"),
        ("Authorization: Bearer abc\n", "Authorization", "Bearer abc"),
        ("Cookie: session=1; b=2", "Cookie", "session=1; b=2"),
    ],
)
def test_a_secret_becomes_one_header(text: str, header: str, value: str) -> None:
    secret = read_secret(text)
    assert secret == Secret(header, value)
    assert repr(secret) == f"Secret({header}: ***)"


@pytest.mark.parametrize(
    "text", ["", "s3cret", "a\nb: c", "X-A: b\r\nHost: c", "Host: evil.example", "\x00:a", "a:\x7f"]
)
def test_what_is_no_secret_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ValueError, match=r"holds|is no header") as refused:
        read_secret(text)
    assert not text or text not in str(refused.value)
    assert telling_parts(text) == [text]


def test_secrets_come_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("Bearer in-a-file\n", encoding="utf-8")
    feeds = [
        Feed(id="a", url="https://a.example/", auth="env:A"),
        Feed(id="b", url="https://b.example/", auth="env:B"),
        Feed(id="c", url="https://us:pw%21pw@c.example/?key=k3y&x=1"),
    ]
    found = feed_secrets(feeds, {"A": "user:s3cret", "B_FILE": str(file)})
    assert dict(found.by_feed) == {
        "a": read_secret("user:s3cret"),
        "b": Secret("Authorization", "Bearer in-a-file"),
    }
    assert {"s3cret", "in-a-file", "pw!pw", "key=k3y"} <= set(found.starred)
    assert "s3cret" not in repr(found)


def test_all_that_is_missing_is_named(tmp_path: Path) -> None:
    feeds = [Feed(id=n, url="https://a.example/", auth=f"env:{n.upper()}") for n in "abcd"]
    given = {"B": "s3cret-without-form", "C_FILE": str(tmp_path / "none"), "D": "d:d"}
    with pytest.raises(Quit) as quits:
        feed_secrets(feeds, given)
    assert quits.value.code is ExitCode.USAGE
    a, b, c = quits.value.message.splitlines()
    assert a == "feed a: its secret is missing: set A or A_FILE"
    assert b.startswith("feed b: the secret of B holds neither user:password")
    assert c.startswith("feed c: C_FILE: ")
    assert "s3cret" not in quits.value.message


def test_feeds_secrets_are_starred_in_logs(capsys: pytest.CaptureFixture[str]) -> None:
    feed = Feed(id="a", url="https://u:pa55word@a.example/?token=t0ken", auth="env:A")
    other = Feed(id="b", url="https://acce55@b.example/")
    root, before = logging.getLogger(), logging.getLogger().handlers
    try:
        set_up_logs(resolve({}), feed_secrets([feed, other], {"A": "user:s3cret"}).starred)
        logging.getLogger("wirewatch.poll").error("s3cret, %s, %s", basic("user:s3cret"), feed.url)
        logging.getLogger("wirewatch.poll").error(other.url)
        shown = capsys.readouterr().err
    finally:
        root.handlers = before
    assert "********" in shown
    for secret in ("s3cret", basic("user:s3cret")[6:], "pa55word", "t0ken", "acce55"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "https://user:pw@a.example:8443/x/y?key=k&b#frag",
            "https://a.example:8443/x/y?key=***&***",
        ),
        ("http://[::1]:80/?=v", "http://[::1]:80/?=***"),
        ("https://A.example", "https://a.example"),
        ("http://[::1?key=k3y", "***"),
        ("k3y", "***"),
        ("http://u:p@a:port/", "***"),
    ],
)
def test_an_address_as_people_see_it(url: str, shown: str) -> None:
    assert redacted_url(url) == shown


SAFE = st.text("abcdefghijklmnopqrstuvwxyz0123456789%.-_~!$'()*+,;:@/", min_size=1)


@given(SAFE, SAFE)
def test_no_query_value_and_no_password_is_shown(password: str, value: str) -> None:
    url = f"https://u:§{password.replace('/', '')}§@a.example/p?k=§{value}§"
    assert "§" not in redacted_url(url)
