"""The services: Kafka, Redis and Slack, given or embedded.

In: the patient's settings.  Out: findings about what answers there.  Invariant: nothing is changed
at a service; embedded ones that do not run are started in a scratch folder and stopped again.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from alerts.agent import GROUP as ALERT_GROUP
from alerts.client import RedisUnreachable, ping
from alerts.connection import RedisConnection
from alerts.memory_server import inspect_server
from alerts.sink import SinkUnreachable
from alerts.slack import SlackSink
from monitor.deadletters import read_letters
from monitor.desk.settings import Settings
from monitor.doctor.finding import Finding, bad, fine, note, unreachable
from monitor.doctor.judge_broker import Wanted, judge_broker
from monitor.doctor.judge_memory import judge_memory
from monitor.doctor.judge_slack import judge_slack
from monitor.doctor.patient import Patient
from monitor.doctor.polls import look_at_polls
from monitor.embedded.running import Running, find_running
from monitor.embedded.services import Serves, start_service, stop_service
from monitor.exits import Quit
from monitor.program.connect import connection, memory, setting_of
from streams.broker.connection import BrokerUnreachable, Connection
from streams.broker.inspect import inspect
from streams.broker.knock import knock
from streams.entry import NotLetIn
from streams.match_agent import GROUP as MATCH_GROUP
from streams.topics import DEADLETTER, ITEMS, MATCHES, TOPICS

READERS = {MATCH_GROUP: (ITEMS, "match"), ALERT_GROUP: (MATCHES, "alert")}
BOT_TOKEN = "xoxb-"  # noqa: S105 - how every bot token begins


async def look_at_kafka(patient: Patient) -> list[Finding]:
    """The broker: given, that of a program that runs, or one that is tried."""
    settings = patient.settings
    if settings is None:
        return []
    running = _running(patient)
    if settings.text("KAFKA_BOOTSTRAP_SERVERS"):
        try:
            where = connection(settings, patient.data or Path())
        except Quit as error:
            return [bad("Kafka", error.message)]
        return await _broker(patient, settings, where)
    if running and running.broker:
        where = connection(settings, patient.data or Path(), embedded=running.broker)
        ours = fine("Kafka", f"embedded (Tansu), run by process {running.process}")
        return [ours, *await _broker(patient, settings, where, own=True)]
    return await _try("Kafka", Serves.BROKER, "it keeps items in memory only")


async def look_at_memory(patient: Patient) -> list[Finding]:
    """Redis: given, that of a program that runs, or one that is tried."""
    settings = patient.settings
    if settings is None:
        return []
    running = _running(patient)
    if settings.text("REDIS_URL"):
        try:
            return await _memory(patient, memory(settings))
        except Quit as error:
            return [bad("Redis", error.message)]
    if running and running.memory:
        ours = fine("Redis", f"embedded (Valkey), run by process {running.process}")
        where_ours = RedisConnection(url=f"redis://{running.memory}/0")
        return [ours, *await _memory(patient, where_ours)]
    return await _try("Redis", Serves.MEMORY, "it keeps what was told in the data folder")


async def look_at_slack(patient: Patient) -> list[Finding]:
    """Slack's token; Slack itself is asked only when `live`."""
    settings = patient.settings
    if settings is None:
        return []
    token = settings.text("SLACK_BOT_TOKEN")
    if not token:
        return [fine("Slack", "no SLACK_BOT_TOKEN: alerts are drawn in the terminal")]
    found = []
    if not token.startswith(BOT_TOKEN):
        found.append(note("Slack", f"SLACK_BOT_TOKEN does not begin with {BOT_TOKEN}"))
    if not patient.live:
        return [*found, fine("Slack", "SLACK_BOT_TOKEN is set; --live asks Slack about it")]
    sink = SlackSink(token, settings.text("SLACK_API_URL"))
    try:
        who = await sink.identity()
    except SinkUnreachable as error:
        return [*found, unreachable("Slack", str(error), "is the token right, the network open?")]
    finally:
        await sink.close()
    return [*found, *judge_slack(who)]


async def _broker(
    patient: Patient, settings: Settings, where: Connection, *, own: bool = False
) -> list[Finding]:
    readers = {group: topic for group, (topic, _) in READERS.items()}
    wanted = Wanted(
        topics=TOPICS,
        readers=READERS,
        prefix=where.prefix,
        partitions=int(settings.number("WIREWATCH_PARTITIONS")),
        session_timeout_s=where.session_timeout_s,
        session_given=bool(settings.text("WIREWATCH_SESSION_TIMEOUT_S")),
        own=own,
    )
    try:
        await knock(where)
        seen = await inspect(where, TOPICS, readers, patient.patience_s)
    except NotLetIn as error:
        return [_not_let_in("Kafka", error)]
    except BrokerUnreachable as error:
        return [unreachable("Kafka", str(error), "is it up, KAFKA_BOOTSTRAP_SERVERS right?")]
    found = judge_broker(seen, wanted)
    if DEADLETTER.name in seen.topics:
        found.append(await _letters(where, patient.patience_s))
    return found


async def _letters(where: Connection, patience_s: float) -> Finding:
    try:
        letters = await read_letters(where, patience_s)
    except BrokerUnreachable as error:
        return unreachable("dead letters", str(error))
    waiting = sum(letter.open for letter in letters)
    if waiting:
        return note("dead letters", f"{waiting:,} wait", "`wirewatch dlq ls`")
    return fine("dead letters", "none wait")


async def _try(check: str, serves: Serves, keeps: str) -> list[Finding]:
    """Whether an embedded service starts."""
    began = time.monotonic()
    try:
        async with _scratch(serves):
            took_s = time.monotonic() - began
    except (Quit, OSError) as error:
        return [bad(check, str(error), "set KAFKA_BOOTSTRAP_SERVERS and REDIS_URL instead")]
    return [fine(check, f"embedded {serves} starts in {took_s:.2f} s; {keeps}")]


@asynccontextmanager
async def _scratch(serves: Serves) -> AsyncIterator[None]:
    with TemporaryDirectory(prefix="wirewatch-doctor-") as folder:
        service = await start_service(serves, Path(folder))
        try:
            yield
        finally:
            await stop_service(service)


def _running(patient: Patient) -> Running | None:
    return find_running(patient.data) if patient.data else None


async def _memory(patient: Patient, where: RedisConnection) -> list[Finding]:
    try:
        await ping(where)
        found = judge_memory(await inspect_server(where))
        return [*found, *await look_at_polls(patient.desk, where)]
    except NotLetIn as error:
        return [_not_let_in("Redis", error)]
    except RedisUnreachable as error:
        return [unreachable("Redis", str(error), "is it up, REDIS_URL right?")]


def _not_let_in(service: str, error: NotLetIn) -> Finding:
    """It answers, and waiting mends nothing."""
    says = f"it does not let this program in: {error}"
    return unreachable(service, says, f"look at {setting_of(service.upper(), error.part)}")
