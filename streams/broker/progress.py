"""Progress: how far a consumer group is in each partition this process reads.

In: what the consumer knows.  Out: values for metrics, health and the watchdog.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionProgress:
    """How far one partition of one group is.

    `end`: the next offset the broker will give, as last seen; `committed`: the next offset this
    group reads after a restart; `stalled_s`: seconds since `committed` last moved while there was
    something to commit, 0 otherwise.
    """

    topic: str
    partition: int
    end: int | None
    committed: int | None
    stalled_s: float

    @property
    def lag(self) -> int:
        """Records between committed and end; 0 where unknown."""
        if self.end is None or self.committed is None:
            return 0
        return max(0, self.end - self.committed)


Progress = Callable[[], Sequence[PartitionProgress]]
"""Of the partitions assigned to this process now."""
