"""Standing: broker and memory for a run, given or embedded; a plan in, their addresses out.

Invariants: embedded and given services are used by the same code; topics exist before any client
connects; what was started here is stopped by the stack.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from alerts.connection import RedisConnection
from monitor.embedded.running import announce, withdraw
from monitor.embedded.services import Serves, Service, start_service, stop_service
from monitor.exits import ExitCode, Quit
from monitor.program.connect import connection, memory, not_let_in, within
from monitor.program.plan import Plan, Role
from monitor.program.reach import Answer, port_answers, until_reachable
from streams.broker.connection import Connection, SessionRange
from streams.entry import NotLetIn
from streams.records import Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A start under way: what is `done`, what is being waited for, what to do `meanwhile`."""

    stop: Stop
    done: Callable[[str], None]
    doing: Callable[[str], None]
    meanwhile: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where broker and memory are, and which of them are our children."""

    connection: Connection
    memory: RedisConnection
    children: tuple[Service, ...]

    async def broker_answers(self) -> None:
        """Returns if the broker's port accepts connections, else raises `ConnectionError`."""
        await port_answers(self.connection.bootstrap)

    async def memory_answers(self) -> None:
        """Returns if Redis answers, else raises `ConnectionError` or `NotLetIn`."""
        from alerts.client import ping

        await ping(self.memory)

    def check_children(self) -> None:
        """Returns while every embedded service runs.

        Raises:
            Quit: one has ended.
        """
        for service in self.children:
            if service.child.ended is not None:
                message = f"the embedded {service.child.name} ended with {service.child.ended}"
                raise Quit(ExitCode.UNREACHABLE, message)


async def stand_up(plan: Plan, stack: contextlib.AsyncExitStack, start: Start) -> Standing:
    """Starts what is not given, waits for the rest, makes the topics.

    Raises:
        Quit: something is set wrong, does not answer within `WIREWATCH_WAIT_S`, does not let us
            in, or does not start.
        Stopping: the program ends first.
    """
    # what is given is looked at first: a mistake is said before anything is started
    embedded = Connection(bootstrap="")
    broker = embedded if plan.embeds_broker else connection(plan.settings, plan.data)
    given = plan.needs_memory and not plan.embeds_memory
    redis = memory(plan.settings) if given else RedisConnection()
    children = []
    async for service in _embedded(plan, stack, start):
        children.append(service)
        start.done(service.child.name)
        if service.serves is Serves.BROKER:
            broker = connection(plan.settings, plan.data, embedded=service.address)
        else:
            redis = RedisConnection(url=f"redis://{service.address}/0")
    if children:
        announce(plan.data, children)
        stack.callback(withdraw, plan.data)
    broker = await _wait_for(plan, broker, redis, start)
    return Standing(connection=broker, memory=redis, children=tuple(children))


async def _embedded(
    plan: Plan, stack: contextlib.AsyncExitStack, start: Start
) -> AsyncIterator[Service]:
    """The services to start here, all at once; libraries are imported while they come up."""
    wanted = [Serves.BROKER] * plan.embeds_broker + [Serves.MEMORY] * plan.embeds_memory
    starts = [asyncio.create_task(start_service(serves, plan.data)) for serves in wanted]
    await asyncio.sleep(0)
    await start.meanwhile()
    if starts:
        import faust  # noqa: F401
    for starting in starts:
        service = await starting
        stack.push_async_callback(stop_service, service)
        yield service


async def _wait_for(
    plan: Plan, broker: Connection, redis: RedisConnection, start: Start
) -> Connection:
    """Returns once all of them are there: the broker's connection as the broker allows it."""
    deadline = time.monotonic() + plan.settings.number("WIREWATCH_WAIT_S")

    async def until(name: str, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        start.doing(f"waiting for {name}")
        return await until_reachable(name, attempt, deadline, start.stop)

    sessions = await until("Kafka", lambda: _broker_ready(plan, broker))
    fitted = within(broker, sessions, plan.settings)
    if redis.url:
        await until("Redis", lambda: _memory_ready(redis))
    if Role.ALERT in plan.roles:
        await until("the alert sink", lambda: _sink_ready(plan))
    return fitted


async def _broker_ready(plan: Plan, where: Connection) -> SessionRange | None:
    """Makes the topics; the session timeouts the broker takes, where it says."""
    await port_answers(where.bootstrap)
    from streams.broker.admin import TopicRefused, session_range

    try:
        await make_topics(plan, where)
        return None if plan.embeds_broker else await session_range(where)
    except NotLetIn as error:
        raise not_let_in("Kafka", error) from error
    except TopicRefused as error:
        raise Quit(ExitCode.UNREACHABLE, f"Kafka refuses a topic: {error}") from error


async def make_topics(plan: Plan, where: Connection) -> None:
    """Creates the topics that are missing.

    Raises:
        BrokerUnreachable: no broker answers.
        NotLetIn: it does not let us in.
        TopicRefused: it says no.
    """
    from streams.broker.admin import ensure_topics
    from streams.topics import TOPICS

    partitions = int(plan.settings.number("WIREWATCH_PARTITIONS"))
    replication = 1 if plan.embeds_broker else 0
    await ensure_topics(where, TOPICS, partitions, replication=replication)


async def _memory_ready(where: RedisConnection) -> None:
    from alerts.client import ping

    try:
        await ping(where)
    except NotLetIn as error:
        raise not_let_in("Redis", error) from error


async def _sink_ready(plan: Plan) -> None:
    sink = plan.make_sink()
    try:
        await sink.check()
    finally:
        await sink.close()
