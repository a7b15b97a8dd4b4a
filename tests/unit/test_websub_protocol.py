"""WebSub as pure functions: signatures, discovery, backoff, how polling slows."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.websub.protocol import (
    BACKOFF_FIRST_S,
    BACKOFF_MOST_S,
    LEASE_LEAST_S,
    LEASE_MOST_S,
    LEASE_S,
    Advertised,
    backoff_s,
    discover,
    genuine,
    granted_s,
)

TOPIC = "https://outlet.example/rss"


def signed(method: str, body: bytes, secret: str) -> str:
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


@pytest.mark.parametrize(
    ("signature", "is_genuine"),
    [
        (signed("sha256", b"body", "secret"), True),
        (signed("sha256", b"body", "secret").upper().replace("SHA256", "sha256"), True),
        (signed("sha1", b"body", "secret"), True),
        (signed("sha256", b"body", "other"), False),
        (signed("sha256", b"other", "secret"), False),
        (signed("md5", b"body", "secret"), False),
        ("sha256=" + hashlib.sha256(b"body").hexdigest(), False),
        (signed("sha256", b"body", "secret")[:-1], False),
        (signed("sha256", b"body", "secret").partition("=")[2], False),
        ("sha256=", False),
        ("sha256", False),
        ("=", False),
        ("", False),
        ("none=", False),
        ("sha256=é", False),
    ],
)
def test_signatures(signature: str, is_genuine: bool) -> None:
    assert genuine(signature, b"body", "secret") is is_genuine


@given(st.text(), st.binary(max_size=50))
def test_no_text_is_a_signature_by_chance(signature: str, body: bytes) -> None:
    assert not genuine(signature, body, "secret")


@pytest.mark.parametrize(
    ("links", "hub", "self_url", "found"),
    [
        ({}, "https://h.example/", TOPIC, Advertised("https://h.example/", TOPIC)),
        ({"hub": "https://l.example/"}, "https://h.example/", TOPIC, ("https://l.example/", TOPIC)),
        ({"hub": "https://l.example/", "self": TOPIC}, "", "", ("https://l.example/", TOPIC)),
        ({}, "https://h.example/", "", None),
        ({}, "", TOPIC, None),
        ({}, "file:///etc/passwd", TOPIC, None),
        ({}, "javascript:alert(1)", TOPIC, None),
        ({}, "https://u:p@h.example/", TOPIC, None),
        ({}, "https://[h.example/", TOPIC, None),
        ({}, "https:///hub", TOPIC, None),
        ({}, "https://h.example/\r\nX: y", TOPIC, None),
        ({}, "https://h.example/" + "x" * 2_000, TOPIC, None),
    ],
)
def test_what_a_feed_advertises(
    links: dict[str, str], hub: str, self_url: str, found: Advertised | None
) -> None:
    assert discover(links, hub, self_url) == found


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_a_feed_advertises_nothing_is_raised(hub: str, topic: str) -> None:
    discover({}, f"https://{hub}", f"http://{topic}")


def test_what_a_hub_grants_is_believed_within_bounds() -> None:
    assert granted_s("864000") == 864_000
    assert granted_s("1") == LEASE_LEAST_S
    assert granted_s("9" * 5_000) == LEASE_MOST_S
    assert {granted_s(text) for text in ("", "-1", "soon", "1.5", "٣")} == {LEASE_S}


def test_backoff_doubles_and_ends() -> None:
    waits = [backoff_s(failures) for failures in range(1, 60)]
    assert waits[:3] == [BACKOFF_FIRST_S, 2 * BACKOFF_FIRST_S, 4 * BACKOFF_FIRST_S]
    assert max(waits) == BACKOFF_MOST_S
