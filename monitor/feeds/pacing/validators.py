"""Validators: whether a feed's "not changed" can be believed; pure.

In: what each GET with validators was answered, and what those without brought.  Out: whether to
leave them out of the next GET, and `validator_lies` once it is proved.  Invariant: a feed that lied
is asked unconditionally from then on; the others every `PROBE_S`, so a lie hides news no longer.

Two kinds of lies are known: news under an equal validator, which is proof at once, and "not
changed" to whatever is asked, while only probes bring news.  Of an honest server a probe may bring
news, too: by chance, where it came after the last of n polls that said "not changed", once in n + 1
times.  So these chances are multiplied, until one poll with validators brings a body.
"""

from dataclasses import dataclass, replace
from math import log

from monitor.feeds.events import FeedEvent
from streams.decision import Reason

PROBE_S = 6 * 3_600.0
"""Four whole bodies a day cost little beside a hundred polls."""

PROBE_SPREAD = 0.1
"""Of it, either way: feeds added together do not send their bodies together."""


UNLIKELY = 1e-6
"""That an honest server looks so: a feed whose news is six hours apart does once in centuries, a
liar asked every 15 minutes is found by its fifth probe with news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What is thought of a feed's validators: `probe_at_s` (Unix) is when to do without them.

    `unchanged` polls in a row said "not changed" since the last probe; `doubt` is minus the
    logarithm of how likely an honest server looks like this one.
    """

    probe_at_s: float = 0.0
    lies: bool = False
    unchanged: int = 0
    doubt: float = 0.0


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


def not_modified(trust: Trust) -> Trust:
    """After a GET with validators that was answered "not changed"."""
    return trust if trust.lies else replace(trust, unchanged=trust.unchanged + 1)


def modified(trust: Trust) -> Trust:
    """After a GET with validators that was answered with a body: they are looked at."""
    return trust if trust.lies else replace(trust, unchanged=0, doubt=0.0)


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
    brought = brought and bool(before.mark)  # else nothing was promised
    doubt = trust.doubt + (log(1 + max(0, trust.unchanged)) if brought else 0.0)
    if brought and before.mark == after.mark and before.digest != after.digest:
        return _lies(f"new entries under an equal {'ETag' if after.etag else 'Last-Modified'}")
    if doubt >= -log(UNLIKELY):
        return _lies('it says "not changed" to whatever it is asked')
    return Trust(probe_at_s=now_s + PROBE_S * spread, doubt=doubt), None


def _lies(how: str) -> tuple[Trust, FeedEvent]:
    detail = f"{how}; asked without validators from now on"
    return Trust(lies=True), FeedEvent(reason=Reason.VALIDATOR_LIES, detail=detail)
