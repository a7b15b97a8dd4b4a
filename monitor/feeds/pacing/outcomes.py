"""Outcomes: how a poll ended, as far as it matters for the next one.

Values only.  `next_poll` takes one `Outcome`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class News:
    """The feed answered, with entries that are new or changed."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The feed answered, with nothing new: 304, the same body, or only known entries."""


@dataclass(frozen=True, slots=True)
class Held:
    """The broker did not take what is new: the feed is fine, the same comes again."""


@dataclass(frozen=True, slots=True)
class Later:
    """The feed was not asked: its host is not free for `wait_s`."""

    wait_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The feed did not answer as a feed.

    `trouble` is what kind of failure it was, a key of `failing.WEIGHTS`; `retry_after_s` what the
    server asks for (0: nothing); `status` that of HTTP (0: none); `why` in words, no secrets.
    """

    trouble: str
    retry_after_s: float = 0.0
    status: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The body harmed its parser; `why` in words."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """The server says that there will never be a feed again (410)."""


Outcome = News | Nothing | Held | Later | Failure | Quarantined | Gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the server asks for: `max-age` and `ttl` in seconds, None where unsaid.

    `Expires` is not among them (most often 0), nor `sy:updatePeriod` (WordPress's "hourly" that
    nobody chose).  `pushed`: a WebSub hub brings the news, polls only make sure.
    """

    max_age_s: float | None = None
    ttl_s: float | None = None
    pushed: bool = False


NO_HINTS = Hints()
