"""Answers: how one fetch can end, as values.

Invariant: nothing in a `Failed`, a `Later` or the text of a `Hop` shows a credential or what
stands in an address's query.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from monitor.feeds.fetching.redacted import redacted_url

MAX_BODY_BYTES = 8 * 1024 * 1024
"""Of a feed, decompressed, whichever way it comes; the largest real one measured has 3 MB."""

PERMANENT = frozenset({301, 308})
"""Redirects that say: ask there from now on."""


class Trouble(StrEnum):
    """What kind of failure it is, so that the schedule can weigh it."""

    DNS = "dns"
    """No name server answers.  A name that does not exist is `HARD`."""
    SOFT = "soft"
    """May be over in a minute: timeouts, 5xx, broken connections and bodies."""
    BUSY = "busy"
    """429 or 503: the host asks everybody to wait."""
    HARD = "hard"
    """Will not go away by itself: 4xx, certificates, redirects in a circle."""
    GONE = "gone"
    """410."""
    CHALLENGED = "challenged"
    """Cloudflare wants to see a browser."""
    REFUSED = "refused"
    """Not asked: an address that is not public, or no web address."""
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    """No HTTP, or a body that cannot be decompressed."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes a GET conditional; empty where the server gave none.

    They belong to `url`; empty: the address that is asked first.
    """

    etag: str = ""
    last_modified: str = ""
    url: str = ""


UNCONDITIONAL = Validators()
"""Nothing is known yet: the whole body is wanted."""


@dataclass(frozen=True, slots=True, repr=False)
class Hop:
    """One redirect: its status, and the address it led to."""

    status: int
    url: str

    @property
    def permanent(self) -> bool:
        """True where the outlet wants to be asked there from now on."""
        return self.status in PERMANENT

    def __str__(self) -> str:
        return f"{self.status} {redacted_url(self.url)}"

    __repr__ = __str__


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """A body, and what the server said of it.

    `url` is where it was found in the end; `max_age_s` for how long it stays fresh; `links` the
    `Link` headers by relation (`hub`, `self`).  With `delta` the body has only what is new since
    the validators that were sent (226, RFC 3229), so it need not overlap with the last one; that
    holds of what a hub sent (`pushed`), too; `more` of it waits.
    """

    body: bytes
    url: str
    content_type: str
    validators: Validators
    hops: tuple[Hop, ...] = ()
    max_age_s: float | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    delta: bool = False
    pushed: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True)
class NotModified:
    """304: nothing new."""

    hops: tuple[Hop, ...] = ()
    max_age_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Not asked now: its host's next turn is `wait_s` seconds away.  No failure of the feed."""

    wait_s: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No body; `retry_after_s` is how long the outlet wants to be left alone, 0 if it said nothing.

    Where all feeds of a site must wait for that (`BUSY`), `site` is its registrable domain.
    """

    why: str
    trouble: Trouble = Trouble.SOFT
    retry_after_s: float = 0.0
    status: int = 0
    site: str = ""


Fetched = Retrieved | NotModified | Later | Failed
