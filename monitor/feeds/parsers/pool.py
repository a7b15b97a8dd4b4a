"""Pool: parser processes, and the jobs that wait for them.

In: a `Job`.  Out: its answer.  Invariants: a job that does harm takes down its worker and nothing
else, the jobs behind it are done by the next; no job takes longer than its wall clock; a caller may
be cancelled at any time; no worker outlives the pool.
"""

import asyncio
import logging
import os
import signal
import sys
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, cast

from monitor.feeds.parsers.frames import Answer, AnswerReader, Frames, Harmed, Job, job_frame
from streams.outage import Outage

log = logging.getLogger("wirewatch.parsers")

WALL_S = 10.0
"""For one job: the slowest of 5,600 real feeds takes 0.2 s."""

SHARE_JOBS = 100_000
"""Of one worker; then a fresh one takes over, whatever leaks: daily for 500 lively feeds."""

MAX_DEATHS = 2
"""A worker may be killed from outside; a job that saw two die is to blame."""

KILLED = frozenset({-signal.SIGKILL, -signal.SIGTERM})
"""By somebody, or by a machine without memory; what does harm ends otherwise, or by our clock."""

MAX_FALSE_STARTS = 3
"""Workers in a row that end before they are ready: then there is no parser for now."""

START_AGAIN_S = 5.0
"""After that."""

START_MOST_S = 60.0
"""Until a process is ready; half a second on an idle machine."""

MAX_ABREAST = 8
"""Jobs on their way to one worker, so that it never waits for the next; each is still timed."""

MAX_ABREAST_BYTES = 256 * 1024
"""Of them: behind a long one a short one would wait."""

LIGHT_BYTES = 32 * 1024
"""Of one worker's jobs: some new items each, some ms together. While that is all, the others stay
idle: on 2 cores a second busy process costs the first, and the program, a quarter of the speed."""

SLOW_S = 0.05
"""At one job: then it is no light one, whatever its size."""

_INHERITED = ("PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ")
"""Of the environment; secrets stay here."""


SERVICE = "the parser"
NO_PARSER = "no parser can be started"


class NoParser(RuntimeError):
    """Parser processes end before they begin; their words are on stderr."""


@dataclass(slots=True)
class _Errand:
    """A job on its way."""

    frame: bytes
    answer: "asyncio.Future[Answer]"
    reader: AnswerReader = field(default_factory=AnswerReader)
    deaths: int = 0


class Parsers:
    """`count` parser processes; used with `async with`, they start in the background.

    `wall_s` is what a job may take, `start_s` a process to start, in seconds; after `share` jobs a
    worker is replaced.  `outage` is said to begin when no process can be started.
    """

    def __init__(
        self,
        count: int = 1,
        *,
        wall_s: float = WALL_S,
        start_s: float = START_MOST_S,
        share: int = SHARE_JOBS,
        outage: Outage | None = None,
    ) -> None:
        self._count = count
        self._wall_s = wall_s
        self._start_s = start_s
        self._share = share
        self._waiting: deque[_Errand] = deque()
        self._workers: set[_Worker] = set()
        self._starts: set[asyncio.Task[None]] = set()
        self._false_starts = 0
        self._outage = outage or Outage(SERVICE)
        self._why = ""
        self._open = False

    async def __aenter__(self) -> Self:
        """Returns at once: jobs wait for the first worker."""
        self._open = True
        for _ in range(self._count):
            self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends every worker; jobs that still wait are cancelled."""
        self._open = False
        for start in self._starts:
            start.cancel()
        await asyncio.gather(*self._starts, return_exceptions=True)
        workers = [*self._workers]
        for errand in [*self._waiting, *(e for worker in workers for e in worker.errands)]:
            errand.answer.cancel()
        for worker in workers:
            worker.close()
        await asyncio.gather(*(worker.gone.wait() for worker in workers))

    @property
    def able(self) -> bool:
        """False from when no process could be started until one is."""
        return not self._outage.lasting_s

    @property
    def pids(self) -> list[int]:
        """The processes that are ready for jobs."""
        return [worker.pid for worker in self._workers if worker.ready]

    async def read(self, job: Job) -> Answer:
        """What is in the job's body.

        Raises:
            NoParser: no process can be started, or the pool is closed.
        """
        if not self._open:
            raise NoParser("the parsers were stopped")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Errand(job_frame(job), answer))
        self._hand_out()
        return await answer

    def _start(self, after_s: float = 0.0) -> None:
        start = asyncio.ensure_future(self._spawn(after_s))
        self._starts.add(start)
        start.add_done_callback(self._starts.discard)

    async def _spawn(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        worker = _Worker(self, self._wall_s, self._start_s)
        self._workers.add(worker)
        try:
            await asyncio.get_running_loop().subprocess_exec(
                lambda: worker,
                *(sys.executable, "-P", "-m", "monitor.feeds.parsers.worker"),
                *(str(os.getpid()), str(self._share)),
                stderr=None,
                env={name: os.environ[name] for name in _INHERITED if name in os.environ},
                process_group=0,  # Ctrl-C is for the program, which then ends its workers
            )
        except (OSError, RuntimeError, MemoryError) as error:  # no process, thread or memory left
            self._why = str(error) or type(error).__name__
            worker.close()
            self.ended(worker)

    def _hand_out(self) -> None:
        """Jobs to workers, as long as both are there."""
        while self._waiting:
            errand = self._waiting[0]
            if not errand.answer.done():
                worker = self._free(len(errand.frame))
                if worker is None:
                    return
                worker.send(errand)
            self._waiting.popleft()

    def _free(self, size: int) -> "_Worker | None":
        """The worker that takes one more job and is through with it first."""
        able = [worker for worker in self._workers if worker.takes(size)]
        return min(able, key=lambda worker: worker.burden(size), default=None)

    def came(self) -> None:
        """A worker is ready, or has answered: it can have another job."""
        self._false_starts = 0
        self._outage.over()
        self._hand_out()

    def ended(self, worker: "_Worker") -> None:
        """A worker is gone: another takes its place, and its jobs."""
        self._workers.discard(worker)
        if not self._open:
            return
        self._waiting.extendleft(reversed(worker.errands))
        if worker.ready:
            self._start()
            return
        self._false_starts += 1
        given_up = self._false_starts >= MAX_FALSE_STARTS
        if given_up:
            self._outage.began(self._why or "its process ends before it begins")
            for errand in self._waiting:
                if not errand.answer.done():
                    errand.answer.set_exception(NoParser(NO_PARSER))
            self._waiting.clear()
        self._start(START_AGAIN_S if given_up else 0.0)


class _Worker(asyncio.SubprocessProtocol):
    """One process and the jobs it has, the first of which it works on."""

    def __init__(self, pool: Parsers, wall_s: float, start_s: float) -> None:
        self.errands: deque[_Errand] = deque()
        self.ready = False
        self.gone = asyncio.Event()
        self._pool = pool
        self._wall_s = wall_s
        self._start_s = start_s
        self._frames = Frames()
        self._bytes = 0
        self._overdue = False
        self._begun_at = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._transport: asyncio.SubprocessTransport | None = None
        self._stdin: asyncio.WriteTransport | None = None

    @property
    def pid(self) -> int:
        return self._transport.get_pid() if self._transport else 0

    def takes(self, size: int) -> bool:
        """True if a job of `size` bytes would not have to wait for long."""
        if not self.ready or self._overdue or self.gone.is_set():
            return False
        few = len(self.errands) < MAX_ABREAST and self._bytes + size <= MAX_ABREAST_BYTES
        return few or not self.errands

    def burden(self, size: int) -> int:
        """What a job of `size` bytes would wait for; a little is no burden, an idle one is cold."""
        if not self.errands:
            return 1
        under_way_s = asyncio.get_running_loop().time() - self._begun_at
        light = self._bytes + size <= LIGHT_BYTES and under_way_s < SLOW_S
        return 0 if light else 1 + len(self.errands)

    def send(self, errand: _Errand) -> None:
        self.errands.append(errand)
        self._bytes += len(errand.frame)
        loop = asyncio.get_running_loop()
        if len(self.errands) == 1:
            self._begun_at = loop.time()
        if self._alarm is None:
            self._alarm = loop.call_later(self._wall_s, self._look_at_clock)
        if self._stdin:
            self._stdin.write(errand.frame)

    def close(self) -> None:
        if self._transport is None:
            self.gone.set()
        else:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)
        if self.gone.is_set():  # nobody waits for it any more
            self._transport.close()
            return
        self._stdin = cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0))
        self._alarm = asyncio.get_running_loop().call_later(self._start_s, self._transport.kill)

    def pipe_data_received(self, _fd: int, data: bytes) -> None:
        for payload in self._frames.take(data):
            if payload:
                self._heard(payload)
            else:
                self._begin()
        self._pool.came()

    def _begin(self) -> None:
        self.ready = True
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None

    def _heard(self, payload: bytes) -> None:
        errand = self.errands[0]
        answer = errand.reader.take(payload)
        if answer is None:
            return
        self.errands.popleft()
        self._bytes -= len(errand.frame)
        self._begun_at = asyncio.get_running_loop().time()
        if not errand.answer.done():
            errand.answer.set_result(answer)

    def _look_at_clock(self) -> None:
        """Kills the worker if its job is overdue, else looks again when it would be."""
        self._alarm = None
        if not self.errands:
            return
        loop = asyncio.get_running_loop()
        left_s = self._begun_at + self._wall_s - loop.time()
        if left_s > 0:
            self._alarm = loop.call_later(left_s, self._look_at_clock)
        elif self._transport:
            self._overdue = True
            self._transport.kill()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The process has ended, and all it said was heard."""
        code = None
        if self._transport:
            code = self._transport.get_returncode()
            self._transport.close()
        if self._alarm:
            self._alarm.cancel()
        if self.errands:
            self._blame(self.errands[0], code)
        for errand in self.errands:
            errand.reader = AnswerReader()
        self.gone.set()
        self._pool.ended(self)

    def _blame(self, errand: _Errand, code: int | None) -> None:
        """The job that was being worked on, unless the worker ended by itself."""
        errand.deaths += code != 0
        if self._overdue:
            harm = Harmed(f"reading it takes more than {self._wall_s:g} s")
        elif errand.deaths >= MAX_DEATHS:
            harm = Harmed(f"its parser ended with {code}", proven=code not in KILLED)
        else:
            return
        log.warning("a parser was lost: %s", harm.why)
        self.errands.popleft()
        if not errand.answer.done():
            errand.answer.set_result(harm)
