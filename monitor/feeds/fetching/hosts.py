"""Hosts: whose turn it is to ask an outlet, within this process.

In: hosts to ask, who asks, and what hosts said of waiting.  Out: how long to wait for one's turn,
or `Later`.  Invariants: of one site at most two fetches are under way and starts are a second
apart; a site that asked for a pause gets it; who is turned away is told when to come again and has
that turn then, before whoever may wait longer (earliest deadline first), so nobody starves; who
does not come holds up nobody; sites of which nothing is to be kept are forgotten.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
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

LATE_MOST_S = 0.5
"""A place is kept so long for who was told to come; one that stays away costs half a turn."""

PLACES_MOST = 5_000
"""Kept of one site: all are looked at when one asks, which takes half a millisecond.  Who finds no
place is told when to come all the same."""

PAUSE_S = 600.0
"""After 429 or 503 without Retry-After; doubles each time, with up to half of it by chance."""

SITES_MOST = 20_000
"""Kept in mind; beyond that the ones idle the longest are forgotten, pauses last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who wants a turn, by a `name` of its own.

    Of those who wait, the one goes first whose `patience_s` is over first.  `waited_s` is how long
    it has waited elsewhere, in another process or an earlier one.
    """

    name: str
    patience_s: float = 0.0
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Place:
    """Of one turned away: its deadline with its number, and when it comes again."""

    rank: tuple[float, int]
    back_at: float


@dataclass(slots=True)
class _Site:
    under_way: int = 0
    next_start: float = 0.0
    paused_until: float = 0.0
    strikes: int = 0
    asked: int = 0
    waiting: dict[str, _Place] = field(default_factory=dict)

    def rank(self, asker: Asker, now: float) -> tuple[float, int]:
        """The asker's, who leaves its place; the first asked comes first of equals."""
        self.asked += 1
        rank = (now - asker.waited_s + asker.patience_s, self.asked)
        kept = self.waiting.pop(asker.name, None)
        return min(rank, kept.rank) if kept else rank

    def gives_way(self, rank: tuple[float, int], start: float, now: float) -> bool:
        """Whether a turn at `start` would be in the way of one who is expected."""
        return any(
            now - LATE_MOST_S <= place.back_at < start + SPACING_S and place.rank < rank
            for place in self.waiting.values()
        )

    def turn_away(self, name: str, rank: tuple[float, int], start: float, now: float) -> float:
        """Seconds until one who stands behind those ahead is to come again."""
        late = now - LATE_MOST_S
        self.waiting = {n: place for n, place in self.waiting.items() if place.back_at >= late}
        ahead = sum(place.rank < rank for place in self.waiting.values())
        wait_s = max(SPACING_S, start - now + SPACING_S * ahead)
        if len(self.waiting) < PLACES_MOST:
            self.waiting[name] = _Place(rank, now + wait_s)
        return wait_s


class Hosts:
    """Turns, by site; `clock` in seconds, `draw` in [0, 1)."""

    def __init__(self, *, clock: Callable[[], float], draw: Callable[[], float]) -> None:
        self._clock = clock
        self._draw = draw
        self._sites: dict[str, _Site] = {}

    def reserve(self, host: str, asker: Asker) -> float | Later:
        """Seconds until one's turn, which is then taken and must be ended by `end`."""
        now, name = self._clock(), site_of(host)
        site = self._site(name)
        start, paused = max(now, site.next_start, site.paused_until), site.paused_until > now
        rank = site.rank(asker, now)
        full = paused or site.under_way >= AT_ONCE or start - now > WAIT_MOST_S
        if full or site.gives_way(rank, start, now):
            why = "asked for a pause" if paused else "is asked by others"
            wait_s = site.turn_away(asker.name, rank, start, now)
            return Later(wait_s=wait_s, why=f"{name} {why}")
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


def _pause_s(strikes: int, chance: float) -> float:
    doubled = PAUSE_S * 2.0 ** min(strikes, 20)
    return min(doubled * (1 + chance / 2), RETRY_AFTER_MOST_S)


def _spent(site: _Site, now: float) -> bool:
    awaited = any(place.back_at >= now - LATE_MOST_S for place in site.waiting.values())
    over = site.paused_until <= now and site.next_start <= now
    return over and not site.strikes and not awaited
