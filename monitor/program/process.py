"""Program: one process from start to a clean stop.

In: a `Plan`.  Out: an exit code.  The order makes the start fast: children first, Faust imported
while they come up, both apps joining at once, the pollers' libraries loaded during the join.
Invariants: what was started is stopped, in order, within 10 s, whatever happened; a crash of any
part ends the whole with a reason.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from monitor.exits import ExitCode, Quit
from monitor.program.logs import last_words
from monitor.program.plan import Plan, Role
from monitor.program.progress import Progress
from monitor.program.reach import watch
from monitor.program.report import Report
from monitor.program.roles import SERVE, Context, announce
from monitor.program.standing import Standing, Start, stand_up
from monitor.vitals.vitals import Vitals
from monitor.vitals.watched import Phase
from streams.ledger import Ledgers
from streams.outage import Outages
from streams.records import Stop, Stopping
from streams.rules.current import Current

log = logging.getLogger("wirewatch.program")

JOIN_MOST_S = 60.0
"""For the roles to be ready; on a fresh Apache Kafka it takes 2 s."""

STOP_MOST_S = 7.0
"""For the roles to end; what hangs longer is left behind, its records come again."""

GOODBYE_MOST_S = 0.5
"""To a Redis that may be gone; it forgets this process anyway."""

SUPERVISE_S = 0.25

INTERRUPTED = 130
"""What a shell expects of a command that Ctrl-C ended."""

Answer = TypeVar("Answer")


def run_program(plan: Plan, report: Report, progress: Progress, stop: Stop) -> ExitCode:
    """Runs the plan until it is stopped, or cannot go on, which is said in a line."""
    try:
        return run_loop(_Program(plan, report, progress, stop).run())
    except Quit as end:
        last_words(end.message)
        return end.code
    except ConnectionError as error:
        last_words(str(error))
        return ExitCode.UNREACHABLE
    except Exception as error:
        log.debug("the program ended", exc_info=error)
        said = f"{type(error).__name__}: {error}"
        last_words(f"{said} (LOG_LEVEL=debug shows where)")
        return ExitCode.BAD_NEWS


def run_loop(main: Coroutine[Any, Any, Answer]) -> Answer:
    """Like `asyncio.run`, but does not wait for threads that block; see `end_process`."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(main)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=1))


def run_once(work: Coroutine[Any, Any, ExitCode]) -> None:
    """Does one command's work and ends the process; why it could not be done is said in a line."""
    try:
        code: int = run_loop(work)
    except Quit as end:
        last_words(end.message)
        code = end.code
    except KeyboardInterrupt:
        code = INTERRUPTED
    end_process(code)


def end_process(code: int) -> None:
    """Ends the process, also when a thread would keep it.

    After a broker's death aiokafka leaves a thread that runs for ever, and kafka-python one that
    blocks; by now nothing depends on them.
    """
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    if threading.active_count() > 1:
        os._exit(code)
    sys.exit(code)


class _Program:
    """One run: its services, its roles, its end."""

    def __init__(self, plan: Plan, report: Report, progress: Progress, stop: Stop) -> None:
        self._plan = plan
        self._report = report
        self._progress = progress
        self._stop = stop
        self._outages = Outages()
        self._current = Current()
        self._vitals = Vitals(
            plan.settings,
            plan.data,
            roles=plan.roles,
            feeds=[feed.id for feed in plan.feeds if Role.POLL in plan.roles],
            outages=self._outages,
            uptime=report.elapsed_s,
        )

    async def run(self) -> ExitCode:
        """Starts, serves, stops."""
        self._take_signals()
        async with contextlib.AsyncExitStack() as stack:
            self._vitals.open(stack)
            serving = asyncio.create_task(self._serve(stack))
            stopping = asyncio.create_task(self._stop.wait())
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            self._stop.set()
            self._vitals.watched.phase = Phase.STOPPING
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError, Stopping):
                await serving
        return ExitCode.FINE

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._asked_to_stop)

    def _asked_to_stop(self) -> None:
        """The second time at once: the children end with this process."""
        if self._stop.is_set():
            os._exit(ExitCode.BAD_NEWS)
        self._stop.set()

    async def _serve(self, stack: contextlib.AsyncExitStack) -> None:
        """Everything between start and stop; `stack` undoes it in reverse order."""
        with self._progress.working("starting"):
            start = Start(
                stop=self._stop,
                done=self._step,
                doing=self._doing,
                meanwhile=lambda: self._vitals.serve(stack),
            )
            standing = await stand_up(self._plan, stack, start)
            self._doing("joining the consumer groups")
            await stack.enter_async_context(self._plan.beside())
            roles = self._start_roles(standing, stack)
            await self._until_ready(roles)
        self._report.ready()
        self._vitals.watched.phase = Phase.SERVING
        self._step(f"ready: {', '.join(self._plan.roles)}")
        await self._supervise(list(roles), standing)

    def _step(self, what: str) -> None:
        self._progress.done(what, self._report.elapsed_s())

    def _doing(self, what: str) -> None:
        self._vitals.watched.doing = what

    def _start_roles(
        self, standing: Standing, stack: contextlib.AsyncExitStack
    ) -> "dict[asyncio.Task[None], asyncio.Event]":
        context = Context(
            plan=self._plan,
            connection=standing.connection,
            memory=standing.memory,
            ledger=Ledgers((self._report, self._vitals.counts)),
            counts=self._vitals.counts,
            watched=self._vitals.watched,
            progress=self._progress,
            stop=self._stop,
            outages=self._outages,
            current=self._current,
        )
        roles: dict[asyncio.Task[None], asyncio.Event] = {}
        stack.push_async_callback(self._end_roles, roles)
        # match and alert first: they join their groups while the poller's libraries load
        for role in sorted(self._plan.roles, key=lambda role: role is Role.POLL):
            ready = self._vitals.watched.ready[role]
            roles[asyncio.create_task(SERVE[role](context, ready), name=role)] = ready
        said = announce(context, lambda: all(ready.is_set() for ready in roles.values()))
        stack.push_async_callback(self._end_announcing, asyncio.create_task(said))
        return roles

    async def _until_ready(self, roles: "dict[asyncio.Task[None], asyncio.Event]") -> None:
        async def all_ready() -> None:
            for ready in roles.values():
                await ready.wait()

        # the match role may first wait for a book
        most_s = JOIN_MOST_S + self._plan.settings.number("WIREWATCH_WAIT_S")
        waiting = asyncio.create_task(all_ready())
        done, _ = await asyncio.wait(
            {waiting, *roles}, timeout=most_s, return_when=asyncio.FIRST_COMPLETED
        )
        if waiting in done:
            return
        waiting.cancel()
        for task in done:
            task.result()
        if self._stop.is_set():  # a role that heard of it first has ended in peace
            raise Stopping
        session = "WIREWATCH_SESSION_TIMEOUT_S may be one that the broker refuses"
        message = f"the broker gave no partitions within {most_s:.0f} s: {session}"
        raise Quit(ExitCode.UNREACHABLE, message)

    async def _supervise(self, roles: "list[asyncio.Task[None]]", standing: Standing) -> None:
        """Until the time is up; a role or service that ended ends the program."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._plan.for_s if self._plan.for_s else float("inf")
        watching = self._watch(standing)
        try:
            while loop.time() < end:
                await asyncio.wait(roles, timeout=min(SUPERVISE_S, max(0.0, end - loop.time())))
                for task in roles:
                    if task.done():
                        task.result()
                standing.check_children()
        finally:
            for task in watching:
                task.cancel()

    def _watch(self, standing: Standing) -> "list[asyncio.Task[None]]":
        """Looks at the services also while nobody uses them."""
        looks = {"Kafka": standing.broker_answers}
        if Role.ALERT in self._plan.roles:
            looks["Redis"] = standing.memory_answers
        return [
            asyncio.create_task(watch(self._outages.of(name), look, self._stop))
            for name, look in looks.items()
        ]

    async def _end_announcing(self, said: "asyncio.Task[None]") -> None:
        self._stop.set()
        await asyncio.wait({said}, timeout=GOODBYE_MOST_S)
        said.cancel()

    async def _end_roles(self, roles: "dict[asyncio.Task[None], asyncio.Event]") -> None:
        self._stop.set()
        if not roles:
            return
        _, hanging = await asyncio.wait(roles, timeout=STOP_MOST_S)
        for task in hanging:
            task.cancel()
