"""Watchdog: whether a role still makes progress; pure but for what it was shown before.

In: how far each partition is, what does not answer right now, whether the group is rebalancing,
the time.  Out: why the role must end, or nothing.  Invariant: while a service is known to be away
nobody is blamed, and the patience begins anew when it is back.
"""

from collections.abc import Sequence

from streams.broker.progress import PartitionProgress


class Watchdog:
    """Watches one role; `patience_s` is how long it may stand still with work before it."""

    def __init__(self, role: str, patience_s: float) -> None:
        self._role = role
        self._patience_s = patience_s
        self._calm_since: float | None = None
        self._rebalancing_since: float | None = None

    def look(
        self,
        partitions: Sequence[PartitionProgress],
        *,
        outages: Sequence[str],
        rebalancing: bool,
        now_s: float,
    ) -> str:
        """Why the role cannot go on, in words; empty while it can.  `now_s` is monotonic."""
        if outages or self._calm_since is None:
            self._calm_since, self._rebalancing_since = now_s, None
        calm_s = now_s - self._calm_since
        return self._rebalance(rebalancing, now_s) or self._stall(partitions, calm_s)

    def _rebalance(self, rebalancing: bool, now_s: float) -> str:
        if not rebalancing:
            self._rebalancing_since = None
            return ""
        if self._rebalancing_since is None:
            self._rebalancing_since = now_s
        lasting_s = now_s - self._rebalancing_since
        if lasting_s <= self._patience_s:
            return ""
        return f"{self._role} has been without partitions for {lasting_s:.0f} s"

    def _stall(self, partitions: Sequence[PartitionProgress], calm_s: float) -> str:
        stuck = [p for p in partitions if min(p.stalled_s, calm_s) > self._patience_s]
        if not stuck:
            return ""
        worst = max(stuck, key=lambda p: p.stalled_s)
        where = f"{worst.topic}-{worst.partition}@{worst.committed}"
        return (
            f"{self._role} stands still at {where} for {worst.stalled_s:.0f} s, {worst.lag} behind"
        )
