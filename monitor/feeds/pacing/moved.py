"""Moved: when a permanent redirect may be believed; pure.

In: the redirects of each poll.  Out: from where a feed is asked, and `feed_moved` once.
Invariants: each poll follows redirects anyway, so nothing hangs on this; an address changes only
after days in which every poll agreed, to a place of the same outlet that shows the same entries,
never to a login page; what may not change by itself is proposed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.feeds.events import FeedEvent
from monitor.feeds.fetching.answers import PERMANENT
from streams.decision import Reason

AGREES_S = 3 * 86_400.0
"""Of nothing else: a weekend's maintenance page passes, and captive portals do sooner."""

AGREES_POLLS = 12
"""Of as many polls at least: one before a long pause and one after it prove nothing."""

_DOORS = frozenset(
    (
        *("account", "accounts", "auth", "authenticate", "authorize", "captcha", "captive"),
        *("challenge", "consent", "cookie", "cookies", "denied", "error", "gdpr", "idp"),
        *("login", "logon", "oauth", "oauth2", "paywall", "portal", "privacy", "register"),
        *("registration", "saml", "session", "signin", "signon", "signup", "sso"),
        *("subscribe", "subscription", "unauthorized"),
    )
)
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """What redirects have said so far; without a `target` nothing.

    `since_s` (Unix) is when the first of `polls` in agreement was; `said` that it is on record;
    `believed` that the feed may be asked at `target` in place of its own address, `settled` that
    it is.
    """

    target: str = ""
    since_s: float = 0.0
    polls: int = 0
    said: bool = False
    believed: bool = False
    settled: bool = False


STAYS = Moving()


def asked_at(moving: Moving, url: str) -> str:
    """The address to ask a feed at whose address in feeds.yaml is `url`."""
    return moving.target if moving.settled else url


def follow(
    moving: Moving,
    url: str,
    statuses: Sequence[int],
    target: str,
    now_s: float,
    *,
    same_site: bool,
    overlap: bool,
    shown: str,
) -> tuple[Moving, FeedEvent | None]:
    """After a poll that was answered with a feed or "not changed".

    `url` is the feed's own address, `statuses` are those of the redirects, in order, `target` where
    they led, `shown` the same without secrets.  `same_site`: its registrable domain is that of
    feeds.yaml; `overlap`: what it shows has entries known from before.
    """
    if not statuses or not PERMANENT.issuperset(statuses):
        return stayed(moving), None
    if moving.target != target or moving.since_s > now_s:
        return Moving(target=target, since_s=now_s, polls=1), None
    polls = min(moving.polls + 1, AGREES_POLLS)
    seen = replace(moving, polls=polls, settled=moving.believed)
    if moving.said or seen.polls < AGREES_POLLS or now_s - moving.since_s < AGREES_S:
        return seen, None
    why_not = _why_not(url, target, same_site=same_site, overlap=overlap)
    believed = not why_not
    return replace(seen, said=True, believed=believed, settled=believed), _moved(shown, why_not)


def stayed(moving: Moving) -> Moving:
    """After a poll that was answered where the feed was asked."""
    return moving if moving.settled else STAYS


def lost(moving: Moving) -> Moving:
    """After a poll that failed: a feed with two addresses is asked at the other one next."""
    return replace(moving, settled=not moving.settled) if moving.believed else moving


def _why_not(url: str, target: str, *, same_site: bool, overlap: bool) -> str:
    if _DOORS & (_words(target) - _words(url)):
        return "it may be a login or consent page"
    if not same_site:
        return "it is another site"
    return "" if overlap else "it shows none of the entries known"


def _words(url: str) -> set[str]:
    return set(_WORD.findall(url.lower()))


def _moved(shown: str, why_not: str) -> FeedEvent:
    said = f"moved for good, asked there from now on: write url: {shown} in feeds.yaml"
    if why_not:
        said = f"says it moved for good, but {why_not}: if it is right, write url: {shown}"
    return FeedEvent(reason=Reason.FEED_MOVED, detail=said)
