"""Protocol: what WebSub (W3C, 2018) asks of a subscriber; pure.

In: what a feed advertises, what is remembered of its subscription, the clock.  Out: whether to ask
its hub, what a delivery's signature is worth.  Invariants: a hub is asked again no sooner than its
backoff allows, whatever the feed says; unsigned is not genuine.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

LEASE_S = 5 * 86_400.0
"""Asked for; hubs grant what they like, mostly 5 to 10 days."""

LEASE_LEAST_S, LEASE_MOST_S = 300.0, 30 * 86_400.0
"""Believed of what a hub grants: a shorter lease would be renewed at every poll."""

RENEW_AT = 0.8
"""Of a lease: the rest is for a hub that is away."""

PENDING_S = 600.0
"""A hub verifies within seconds; what comes later is somebody else, or asked for again."""

BACKOFF_FIRST_S, BACKOFF_MOST_S = 600.0, 21_600.0
"""Between two tries of one feed's hub, doubling; as for a feed that fails."""

DENIED_S = 86_400.0
"""A hub that says no is asked again a day later."""

URL_MOST_CHARS = 2_000
CHALLENGE_MOST_CHARS = 1_000
_HASHES = {
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}


class Pushed(StrEnum):
    """What became of what somebody sent as a hub."""

    TAKEN = "taken"
    FORGED = "forged"
    TOO_LARGE = "too_large"
    UNKNOWN = "unknown"
    LATER = "later"


class Advertised(NamedTuple):
    """What a feed says of itself: who tells of its news, and under which name."""

    hub: str
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed's subscription as it is remembered; times in seconds since 1970, 0 where none.

    `token` is the part of the callback's address that nobody can guess.  Deliveries come until
    `until_s`; the hub may verify until `pending_until_s`; it is not asked before `ask_at_s`.
    `failures` counts the times it was asked and has not verified since.
    """

    hub: str
    topic: str
    token: str
    secret: str
    pending_until_s: float = 0.0
    renew_at_s: float = 0.0
    until_s: float = 0.0
    ask_at_s: float = 0.0
    failures: int = 0

    @property
    def advertised(self) -> Advertised:
        """What the feed said when it was subscribed."""
        return Advertised(self.hub, self.topic)

    def active(self, now_s: float) -> bool:
        """True while the hub has promised to tell."""
        return now_s < self.until_s


def discover(links: Mapping[str, str], hub: str, self_url: str) -> Advertised | None:
    """Hub and topic, from the Link headers (by rel) or else from the document; None without both.

    Only http and https, nothing with a name or password in it.
    """
    found = Advertised(links.get("hub") or hub, links.get("self") or self_url)
    return found if all(map(_usable, found)) else None


def _usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    fits = 0 < len(url) <= URL_MOST_CHARS and url.isascii() and url.isprintable()
    return (
        fits and parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
    )


def should_ask(known: Subscription | None, advertised: Advertised, now_s: float) -> bool:
    """Whether the hub is to be asked for a subscription, or for more of it."""
    if known is None:
        return True
    if now_s < known.ask_at_s:
        return False
    return known.advertised != advertised or now_s >= known.renew_at_s


def backoff_s(failures: int) -> float:
    """Seconds until a hub is asked again that has not verified so many times in a row."""
    return min(BACKOFF_FIRST_S * 2.0 ** min(max(failures - 1, 0), 16), BACKOFF_MOST_S)


def granted_s(lease_seconds: str) -> float:
    """The lease a hub grants, within what is believed; what was asked for where it says nothing."""
    if not (lease_seconds.isascii() and lease_seconds.isdigit()):
        return LEASE_S
    return min(max(float(lease_seconds[:12]), LEASE_LEAST_S), LEASE_MOST_S)


def genuine(signature: str, body: bytes, secret: str) -> bool:
    """Whether X-Hub-Signature (`METHOD=HEX`) proves that `body` comes from who knows the secret."""
    method, _, given = signature.partition("=")
    wanted = _HASHES.get(method.lower())
    if wanted is None or not given.isascii():
        return False
    proof = hmac.new(secret.encode(), body, wanted).hexdigest()
    return hmac.compare_digest(proof, given.lower())
