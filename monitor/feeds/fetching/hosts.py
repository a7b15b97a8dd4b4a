"""Hosts: whose turn it is to ask an outlet, within this process.

In: hosts to ask, and what they said of waiting.  Out: how long to wait for one's turn, or `Later`.
Invariants: of one site at most two fetches are under way and starts are a second apart; a site
that asked for a pause gets it; sites of which nothing is to be kept are forgotten.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from monitor.feeds.fetching.addresses import is_address
from monitor.feeds.fetching.answers import Later
from monitor.feeds.fetching.hints import RETRY_AFTER_MOST_S

AT_ONCE = 2
"""Fetches of one site under way."""

SPACING_S = 1.0
"""Between two starts; MediaCloud keeps 5 s, browsers none."""

WAIT_MOST_S = 2.0
"""A turn further away is not waited for: the place is better used by another feed."""

QUEUE_MOST_S = 300.0
"""Turned-away feeds are told to come again one after the other, over no longer than this."""

PAUSE_S = 600.0
"""After 429 or 503 without Retry-After; doubles each time, with up to half of it by chance."""

SITES_MOST = 20_000
"""Kept in mind; beyond that the ones idle the longest are forgotten, pauses last."""


@dataclass(slots=True)
class _Site:
    under_way: int = 0
    next_start: float = 0.0
    promised: float = 0.0
    paused_until: float = 0.0
    strikes: int = 0


class Hosts:
    """Turns, by site; `clock` in seconds, `draw` in [0, 1)."""

    def __init__(self, *, clock: Callable[[], float], draw: Callable[[], float]) -> None:
        self._clock = clock
        self._draw = draw
        self._sites: dict[str, _Site] = {}

    def reserve(self, host: str) -> float | Later:
        """Seconds until one's turn, which is then taken and must be ended by `end`."""
        now, name = self._clock(), site_of(host)
        site = self._site(name)
        if site.paused_until > now:
            return Later(wait_s=site.paused_until - now, why=f"{name} asked for a pause")
        start = max(now, site.next_start)
        if site.under_way >= AT_ONCE or start - now > WAIT_MOST_S:
            return Later(wait_s=_promise(site, start, now), why=f"{name} is asked by others")
        site.under_way += 1
        site.next_start = start + SPACING_S
        return start - now

    def end(self, host: str) -> None:
        """A fetch for which a turn was taken has ended."""
        site = self._site(site_of(host))
        site.under_way = max(0, site.under_way - 1)

    def block(self, host: str, wait_s: float) -> None:
        """Asks nothing of the host's site for `wait_s` seconds, a day at most."""
        site = self._site(site_of(host))
        until = self._clock() + min(wait_s, RETRY_AFTER_MOST_S)
        site.paused_until = max(site.paused_until, until)

    def busy(self, host: str, retry_after_s: float) -> float:
        """The host answered 429 or 503: seconds for which its site is left alone."""
        site = self._site(site_of(host))
        wait_s = retry_after_s or _pause_s(site.strikes, self._draw())
        site.strikes += 1
        self.block(host, wait_s)
        return min(wait_s, RETRY_AFTER_MOST_S)

    def well(self, host: str) -> None:
        """The host answered: the next pause is a short one again."""
        self._site(site_of(host)).strikes = 0

    def blocked_s(self, host: str) -> float:
        """Seconds left of a pause of the host's site; 0 without one."""
        site = self._sites.get(site_of(host))
        return max(0.0, site.paused_until - self._clock()) if site else 0.0

    def __len__(self) -> int:
        return len(self._sites)

    def _site(self, name: str) -> _Site:
        """The site, the most recently used from now on."""
        site = self._sites.pop(name, None) or _Site()
        if len(self._sites) >= SITES_MOST:
            self._forget()
        self._sites[name] = site
        return site

    def _forget(self) -> None:
        """Drops sites that hold nothing; if there are none, the oldest that nobody asks."""
        now = self._clock()
        idle = [name for name, site in self._sites.items() if not site.under_way]
        spent = [name for name in idle if _spent(self._sites[name], now)]
        for name in spent or idle[: SITES_MOST // 10]:
            del self._sites[name]


@lru_cache(maxsize=SITES_MOST)
def site_of(host: str) -> str:
    """The registrable domain, so that an outlet's hosts share their turns; an IP address itself."""
    host = host.strip("[]").rstrip(".").lower()
    if not host or is_address(host):
        return host
    return _suffixes().privatesuffix(host) or host


@lru_cache(maxsize=SITES_MOST)
def site_of_url(url: str) -> str:
    """The site that an address asks; empty where that is nobody."""
    try:
        return site_of(urlsplit(url).hostname or "")
    except ValueError:
        return ""


@cache
def _suffixes() -> PublicSuffixList:
    """The list in the wheel; reading it takes a tenth of a second."""
    return PublicSuffixList()


def _promise(site: _Site, start: float, now: float) -> float:
    """Seconds until a turned-away feed may come again, one after the other."""
    if not now <= site.promised < now + QUEUE_MOST_S:
        site.promised = start
    site.promised = max(site.promised, start) + SPACING_S
    return site.promised - now


def _pause_s(strikes: int, chance: float) -> float:
    doubled = PAUSE_S * 2.0 ** min(strikes, 20)
    return min(doubled * (1 + chance / 2), RETRY_AFTER_MOST_S)


def _spent(site: _Site, now: float) -> bool:
    return site.paused_until <= now and site.next_start <= now and not site.strikes
