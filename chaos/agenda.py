"""What is to be done when: acts on a clock, and the long ones one after the other in a thread.

Invariant: the clock's thread is never blocked by a broker that takes its time to start; an error of
either thread is raised in `turn`.
"""

import heapq
import itertools
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

Act = Callable[[], object]


class Agenda:
    """Acts by seconds since the beginning; before `begin` the clock stands at 0."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._began: float | None = None
        self._acts: list[tuple[float, int, Act]] = []
        self._numbers = itertools.count()
        # one thread for good: the kernel ends a child with the thread that started it
        self._hands = ThreadPoolExecutor(max_workers=1)
        self._under_way: list[Future[object]] = []

    @property
    def now_s(self) -> float:
        """Seconds since the beginning."""
        return 0.0 if self._began is None else time.monotonic() - self._began

    @property
    def done(self) -> bool:
        """True when nothing is left to do."""
        return not self._acts and not self._under_way

    def begin(self) -> None:
        """Starts the clock."""
        self._began = time.monotonic()

    def at(self, at_s: float, act: Act) -> None:
        """Has `act` called in `turn` when its time has come."""
        heapq.heappush(self._acts, (at_s, next(self._numbers), act))

    def after(self, seconds: float, act: Act) -> None:
        """The same, counted from now."""
        self.at(self.now_s + seconds, act)

    def by_hand(self, act: Act) -> None:
        """Has `act` called in the thread, after those before it."""
        self._under_way.append(self._hands.submit(act))

    def turn(self) -> None:
        """Does what is due."""
        while self._acts and self._acts[0][0] <= self.now_s:
            heapq.heappop(self._acts)[2]()
        for future in [f for f in self._under_way if f.done()]:
            self._under_way.remove(future)
            future.result()

    def say(self, text: object) -> None:
        """A line of the diary, on stderr."""
        sys.stderr.write(f"{self._name:<14} {self.now_s:6.1f} s  {text}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Waits for the thread."""
        self._hands.shutdown(cancel_futures=True)
