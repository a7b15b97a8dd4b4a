"""Outcomes: how a poll ended, as far as it matters for the next one.

Values only.  `next_poll` takes one `Outcome`.
"""

from dataclasses import dataclass

from monitor.feeds.fetching.answers import Trouble


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

    `retry_after_s` is what the server asks for (0: nothing); `status` that of HTTP (0: none);
    `why` in words, no secrets.
    """

    trouble: Trouble
    retry_after_s: float = 0.0
    status: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The body harmed its parser; `why` in words."""

    why: str = ""


Outcome = News | Nothing | Held | Later | Failure | Quarantined


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What is asked for, in seconds, None where unsaid: in headers and, as `ttl_s`, in the feed.

    `Expires` stands in where there is no `max-age`, if it is later than `Date` (most often it is
    not).  `sy:updatePeriod` is not among them: WordPress's "hourly" that nobody chose.  `pushed`: a
    WebSub hub brings the news, polls only make sure.
    """

    max_age_s: float | None = None
    ttl_s: float | None = None
    pushed: bool = False


NO_HINTS = Hints()
