"""Validators: whether a feed's "not changed" can be believed; pure.

In: when the feed was last asked without validators, and what that brought.  Out: whether to leave
them out of the next GET, and `validator_lies` once it is proved.  Invariant: a feed that lied once
is asked unconditionally from then on; the others every `PROBE_S`, so a lie hides news no longer.
"""

from dataclasses import dataclass, replace

from monitor.feeds.events import FeedEvent
from streams.decision import Reason

PROBE_S = 6 * 3_600.0
"""Four whole bodies a day cost little beside a hundred polls."""

PROBE_SPREAD = 0.1
"""Of it, either way: feeds added together do not send their bodies together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What is thought of a feed's validators: `probe_at_s` (Unix) is when to do without them."""

    probe_at_s: float = 0.0
    lies: bool = False


TRUSTED = Trust()
"""Until the first probe: the first poll, which has none, is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One body as far as this matters: its validators (empty: none) and its digest."""

    etag: str = ""
    last_modified: str = ""
    digest: str = ""

    @property
    def mark(self) -> str:
        """The validator that counts: an ETag where there is one (RFC 9110, 13.2.2)."""
        return self.etag or self.last_modified


def unconditional(trust: Trust, now_s: float) -> bool:
    """True when the next GET is to go out without validators.

    Also where that is further away than it was planned: the clock has gone back since.
    """
    due_in_s = trust.probe_at_s - now_s
    return trust.lies or not 0 < due_in_s <= PROBE_S * (1 + PROBE_SPREAD)


def probed(
    trust: Trust, before: Body, after: Body, *, brought: bool, now_s: float, random: float
) -> tuple[Trust, FeedEvent | None]:
    """After an unconditional GET that was answered with a body; `random` in [0, 1).

    `before` is the last body known; `brought` says that `after` had new or changed entries, which
    is more than another date or counter in it: a lie under an equal validator.
    """
    if trust.lies:
        return trust, None
    spread = 1 + PROBE_SPREAD * (2 * random - 1)
    again = replace(trust, probe_at_s=now_s + PROBE_S * spread)
    equal = bool(before.mark) and before.mark == after.mark
    if not (equal and brought and before.digest != after.digest):
        return again, None
    name = "ETag" if after.etag else "Last-Modified"
    detail = f"new entries under an equal {name}; asked without validators from now on"
    return Trust(lies=True), FeedEvent(reason=Reason.VALIDATOR_LIES, detail=detail)
