"""Histogram: how often something took how long, as plain numbers; cheap enough for a hot path."""

from bisect import bisect_left
from itertools import accumulate


class Histogram:
    """Counts per bucket; `bounds` are upper ones, in rising order, the last bucket has none."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.sum = 0.0
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)

    def observe(self, value: float) -> None:
        """One more; a negative one (two machines' clocks) counts as 0."""
        value = max(value, 0.0)
        self._counts[bisect_left(self._bounds, value)] += 1
        self.sum += value

    def cumulative(self) -> list[tuple[float, int]]:
        """Upper bound, and how many are not above it; the last bound is infinite."""
        return list(zip((*self._bounds, float("inf")), accumulate(self._counts), strict=True))
