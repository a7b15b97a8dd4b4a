"""Telling: how far one message has come, from the first try until it is proved told.

In: what became of a post or of a look, and when.  Out: what is known then, and when to go on; pure.
Invariants: after a post that may stand in the channel nothing is posted before the channel was read
back; `Absent` is believed only of a look late enough to show whatever Slack had taken.
Times are seconds of one monotonic clock.
"""

from dataclasses import dataclass, replace
from typing import Self

from alerts.sink import CALL_MOST_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to wait for what; seconds."""

    first_look_s: float = 2.0
    """After an unclear answer: what Slack did store shows by then, as a rule."""

    second_look_s: float = 3.0
    """Between two looks that find nothing.  With the lease (12 s) as long as a claim's answer (5 s)
    and a post (10 s) can take: what a dead or slow holder posted shows at the second look."""

    settle_s: float = CALL_MOST_S
    """From the start of a post until its absence is believed: as long as its answer is waited for,
    for so long Slack may still be storing it."""

    blind_most_s: float = 120.0
    """A channel that cannot be read for so long cannot be read; long enough for one read a minute,
    the lowest rate Slack grants."""

    nap_s: float = 2.0
    """The longest wait in one piece; the claim is renewed after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What its teller knows of one message.

    `tried_at` is when the last post began that may stand in the channel, None when none may;
    `missed` says that a look has found nothing since, `blind_since` since when looks fail.
    """

    pace: Pace
    next_at: float = 0.0
    tried_at: float | None = None
    missed: bool = False
    blind_since: float | None = None
    may_repeat: bool = False

    @property
    def in_doubt(self) -> bool:
        """True while the message may stand in the channel, so that a look comes before a post."""
        return self.tried_at is not None

    def taken_over(self, now: float) -> Self:
        """The claim was somebody else's, whose last post is older than a lease."""
        return self._doubt(now - self.pace.settle_s, now)

    def held(self, until: float) -> Self:
        """Proved not posted, to be tried again."""
        return replace(self, next_at=until)

    def unclear(self, tried_at: float, now: float) -> Self:
        """A post begun at `tried_at` may stand in the channel."""
        return self._doubt(tried_at, now + self.pace.first_look_s)

    def absent(self, looked_at: float) -> Self:
        """A look begun at `looked_at` found nothing."""
        settled_at = (self.tried_at or 0.0) + self.pace.settle_s
        if self.missed and looked_at >= settled_at:
            return replace(self, tried_at=None, may_repeat=False)
        next_at = max(settled_at, looked_at + self.pace.second_look_s)
        return replace(self, missed=True, blind_since=None, next_at=next_at)

    def unseen(self, now: float, retry_after_s: float) -> Self:
        """A look failed; after too many the channel is taken for unreadable."""
        since = now if self.blind_since is None else self.blind_since
        if now - since >= self.pace.blind_most_s:
            return self.unreadable()
        return replace(self, blind_since=since, next_at=now + retry_after_s)

    def unreadable(self) -> Self:
        """Nobody can say; it is posted again and says so."""
        return replace(self, tried_at=None, may_repeat=True)

    def _doubt(self, tried_at: float, next_at: float) -> Self:
        return replace(self, tried_at=tried_at, next_at=next_at, missed=False, blind_since=None)
