"""Roles: what a process does, each as one coroutine that serves until the program stops.

In: a plan and the addresses of broker and memory.  Out: records served; `ready` set once they are.
Libraries are imported here, when a role needs them: together they would cost a second at start.
"""

import asyncio
import contextlib
import gc
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alerts.connection import RedisConnection
from monitor.exits import ExitCode, Quit
from monitor.program.plan import Plan, Role
from monitor.program.progress import Progress
from monitor.program.standing import make_topics
from monitor.program.watchdog import Watchdog
from monitor.vitals.counts import Counts
from monitor.vitals.watched import Watched
from streams.broker.connection import Connection
from streams.ledger import Ledger
from streams.outage import Outages
from streams.records import Stop, Stopping
from streams.rules.current import Current

if TYPE_CHECKING:
    import faust

WATCH_EVERY_S = 0.25
"""Faust crashes silently; this often it is asked, and whether the role makes progress."""

GC_EVERY = 10_000
"""Objects made; at Python's 700 it costs a poll a tenth of its time to look at them, and the loop a
twentieth of a second when all are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every role needs; `memory` has no address where no role needs one.

    A role tells `ledger` and `counts` what happens, and puts into `watched` what can be looked at;
    `current` is the book in force.
    """

    plan: Plan
    connection: Connection
    memory: RedisConnection
    ledger: Ledger
    counts: Counts
    watched: Watched
    progress: Progress
    stop: Stop
    outages: Outages
    current: Current


Serve = Callable[[Context, asyncio.Event], Coroutine[Any, Any, None]]


async def serve_match(context: Context, ready: asyncio.Event) -> None:
    """The match role; judges by the book on `wire.rules`, starts once there is one."""
    from monitor.program.rulebook import first_book, keep_rules
    from streams.match_agent import match_app

    plan, stop, current = context.plan, context.stop, context.current
    wait_s = plan.settings.number("WIREWATCH_WAIT_S")
    work = await keep_rules(
        plan,
        context.connection,
        current,
        outages=context.outages,
        stop=stop,
        say=lambda text: context.progress.done(text, context.watched.state().uptime_s),
    )
    keeping = [asyncio.create_task(each) for each in work]
    try:
        context.watched.doing = "waiting for a book on wire.rules"
        await _beside(first_book(current, wait_s, stop), keeping)
        context.watched.doing = "joining the consumer groups"
        context.watched.book = current
        app = match_app(context.connection, current, context.ledger, stop)
        await _beside(_serve_app(app, ready, context), keeping)
    finally:
        for task in keeping:
            task.cancel()
        await asyncio.wait(keeping)


async def serve_alert(context: Context, ready: asyncio.Event) -> None:
    """The alert role."""
    from alerts.agent import alert_app
    from alerts.deliver import Delivery
    from monitor.vitals.measured_alert import MeasuredMemory, MeasuredSink

    plan, stop, counts = context.plan, context.stop, context.counts
    memory = MeasuredMemory(context.memory, plan.desk, secrets.token_hex(8), counts=counts)
    sink = MeasuredSink(plan.make_sink(), counts)
    try:
        delivery = Delivery(memory, sink, stop, context.outages)
        app = alert_app(context.connection, delivery, context.ledger, stop)
        await _serve_app(app, ready, context)
    finally:
        await sink.close()
        await memory.close()


async def serve_poll(context: Context, ready: asyncio.Event) -> None:
    """The poll role."""
    from alerts.client import connect
    from monitor.feeds.fetching.fetcher import Fetcher
    from monitor.feeds.parsers.pool import SERVICE, Parsers
    from monitor.feeds.polling.poller import Poller, Tools
    from monitor.feeds.state.failing import last_answers
    from monitor.feeds.state.leases import Leases, StateUnreachable
    from monitor.feeds.websub.subscriptions import Subscriptions
    from monitor.program.push import pushed_to
    from monitor.vitals.measured_poll import MeasuredPublisher

    plan, counts = context.plan, context.counts
    settings = plan.settings
    async with contextlib.AsyncExitStack() as stack:
        client = connect(context.memory)
        stack.push_async_callback(client.aclose)
        publisher = MeasuredPublisher(context.connection, counts=counts)
        stack.push_async_callback(publisher.close)
        fetcher = await stack.enter_async_context(
            Fetcher(contact=settings.text("WIREWATCH_CONTACT"))
        )
        count, outage = round(settings.number("WIREWATCH_PARSERS")), context.outages.of(SERVICE)
        parsers = await stack.enter_async_context(Parsers(count, outage=outage))
        with contextlib.suppress(StateUnreachable):  # the poller says so
            counts.polled_before(await last_answers(client, plan.desk, plan.feeds))
        leases = Leases(client, plan.desk, plan.feeds)
        subscriptions = Subscriptions(client, plan.desk)
        subscriber = await stack.enter_async_context(
            pushed_to(settings, subscriptions, fetcher, leases.pushed, counts.pushes)
        )
        tools = Tools(
            fetcher=fetcher,
            parsers=parsers,
            publisher=publisher,
            ledger=counts,
            secrets=plan.secrets.by_feed,
            look_after=subscriber.look_after if subscriber else None,
        )
        poller = Poller(
            tools, leases, make_topics=lambda: _make_topics(context), outages=context.outages
        )
        gc.freeze()  # what was loaded stays
        gc.set_threshold(GC_EVERY)
        polling = asyncio.create_task(poller.run())
        ready.set()
        try:
            await _either(polling, context.stop)
        finally:
            await _end(polling)


async def _make_topics(context: Context) -> None:
    """Creates what a broker lost that was wiped while running.

    Raises:
        NotPublished: it cannot be done now.
    """
    from streams.broker.admin import TopicRefused
    from streams.broker.connection import BrokerUnreachable
    from streams.broker.producer import NotPublished
    from streams.entry import NotLetIn

    try:
        await make_topics(context.plan, context.connection)
    except (BrokerUnreachable, NotLetIn, TopicRefused) as error:
        raise NotPublished(str(error)) from error


async def announce(context: Context, ready: Callable[[], bool]) -> None:
    """Tells others, by way of Redis, which book this process judges by."""
    url = context.memory.url or context.plan.settings.text("REDIS_URL")
    if url:
        from monitor.program.connect import memory
        from monitor.program.presence import Worker, keep_announcing

        where = context.memory if context.memory.url else memory(context.plan.settings)
        roles, current = tuple(context.plan.roles), context.current

        def worker() -> Worker:
            return Worker(roles=roles, book=current.book_hash, since=current.since, ready=ready())

        await keep_announcing(where, context.plan.desk, worker, context.stop)


SERVE: dict[Role, Serve] = {
    Role.POLL: serve_poll,
    Role.MATCH: serve_match,
    Role.ALERT: serve_alert,
}


async def _serve_app(app: "faust.App", ready: asyncio.Event, context: Context) -> None:
    """Runs a Faust app until the program stops.

    Raises:
        Quit: the app crashed, or makes no progress.
    """
    from streams.broker.faust_app import progress, running

    patience_s = context.plan.settings.number("WIREWATCH_STALL_S")
    watchdog = Watchdog(app.conf.id, patience_s)
    context.watched.groups[app.conf.id] = lambda: progress(app)
    async with running(app):
        ready.set()
        with contextlib.suppress(Stopping):
            while not app.crashed:
                await context.stop.sleep(WATCH_EVERY_S)
                why = watchdog.look(
                    progress(app),
                    outages=context.outages.lasting(),
                    rebalancing=app.rebalancing,
                    now_s=time.monotonic(),
                )
                if why:
                    raise Quit(ExitCode.UNREACHABLE, why)
            raise Quit(ExitCode.UNREACHABLE, f"{app.conf.id} stopped: {app.crash_reason!r}")


async def _beside(work: Coroutine[Any, Any, None], others: "list[asyncio.Task[None]]") -> None:
    """Until `work` is done; one of `others` that fails ends it as well."""
    task = asyncio.create_task(work)
    left = {task, *others}
    try:
        while not task.done():
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                with contextlib.suppress(Stopping):
                    ended.result()
        task.result()
    finally:
        await _end(task)


async def _either(task: "asyncio.Task[None]", stop: Stop) -> None:
    """Until the task or the program ends; the task's error is raised."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if task.done():
        task.result()


async def _end(task: "asyncio.Task[None]") -> None:
    """Cancels the task and waits for its end."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Stopping):
        await task
