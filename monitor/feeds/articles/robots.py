"""Robots: what an outlet lets programs read; RFC 9309, pure.

In: what `/robots.txt` answered.  Out: which addresses of that host may be asked.  Invariant:
bounded; no answer at all is no permission, a clear "there is none" is one.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit, urlunsplit
from urllib.robotparser import RobotFileParser

AGENT = "wirewatch"
"""As which rules may name us; `*` holds too."""

MAX_ROBOTS_BYTES = 500 * 1024
"""RFC 9309 asks for so much at least; the rest is not read."""

KEPT_S = 86_400.0
"""How long an answer holds; RFC 9309 asks for a day at most."""

UNANSWERED_KEPT_S = 600.0
"""How long a host that did not answer is let alone."""

MAX_HOSTS = 5_000
"""Remembered; the one longest unused is forgotten first."""

Allows = Callable[[str], bool]


def read_robots(body: bytes) -> Allows:
    """What a robots.txt allows; nothing, where it cannot be read.  May take 0.3 s."""
    rules = RobotFileParser()
    try:
        rules.parse(body[:MAX_ROBOTS_BYTES].decode("utf-8-sig", "replace").splitlines())
    except ValueError:  # a delay of thousands of digits, or of digits that make no number
        return allow_none
    return partial(_allowed, rules)


def allow_all(_: str) -> bool:
    """There are no rules."""
    return True


def allow_none(_: str) -> bool:
    """The rules could not be had."""
    return False


def rules_for(status: int) -> Allows:
    """What holds without a robots.txt: by its status, 0 for no answer."""
    return allow_all if 400 <= status < 500 and status != 429 else allow_none


def robots_url(url: str) -> str:
    """Where the rules for `url` (http or https) are."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "/robots.txt", "", ""))


@dataclass(frozen=True, slots=True)
class _Kept:
    allows: Allows
    until_s: float


class RobotsRules:
    """The rules of hosts asked before, while they hold; times are those of one steady clock."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def known(self, where: str, now_s: float) -> Allows | None:
        """The rules at the address `where`, None where they must be asked for."""
        kept = self._kept.get(where)
        if kept is None or kept.until_s <= now_s:
            return None
        self._kept.move_to_end(where)
        return kept.allows

    def learn(self, where: str, allows: Allows, now_s: float) -> None:
        """What was answered at `where`."""
        kept_s = UNANSWERED_KEPT_S if allows is allow_none else KEPT_S
        self._kept[where] = _Kept(allows, now_s + kept_s)
        self._kept.move_to_end(where)
        while len(self._kept) > MAX_HOSTS:
            self._kept.popitem(last=False)


def _allowed(rules: RobotFileParser, url: str) -> bool:
    return rules.can_fetch(AGENT, url)
