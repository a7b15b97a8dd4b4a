"""The broker before any client connects: are the topics there, which sessions does it take?

In: a connection.  Out: the topics of `streams.topics` exist; the session timeouts it takes.
Invariant: what exists is kept; nothing is shrunk, changed or deleted.  Speaks aiokafka's admin
client, which Faust has loaded anyway, and kafka-python's where the broker shall choose.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from streams.broker.connection import BrokerUnreachable, Connection, SessionRange
from streams.broker.knock import knock
from streams.topics import DAY_MS, Topic

log = logging.getLogger("wirewatch.broker")

REQUEST_TIMEOUT_MS = 10_000
"""For one admin request; a healthy broker answers within 100 ms."""

_LEAST_SESSION = "group.min.session.timeout.ms"
_MOST_SESSION = "group.max.session.timeout.ms"
_ALREADY_EXISTS = 36


class TopicRefused(RuntimeError):
    """The broker will not create a topic."""


async def ensure_topics(
    connection: Connection, topics: Sequence[Topic], partitions: int, *, replication: int = 0
) -> None:
    """Creates the missing ones of `topics`; `replication` 0 is the broker's own default.

    Raises:
        BrokerUnreachable: no broker at the connection's address.
        NotLetIn: it does not let this program in.
        TopicRefused: the broker says no.
    """
    async with _administer(connection) as admin:
        # all of them: a broker may make a topic that is asked for by name
        existing = {t["topic"]: len(t["partitions"]) for t in await admin.describe_topics()}
        missing = [t for t in topics if connection.name(t) not in existing]
        for topic in topics:
            _remark(connection.name(topic), existing, topic.partitions or partitions)
        if missing and replication:
            await _create(admin, [_new(connection, t, partitions, replication) for t in missing])
        elif missing:
            await asyncio.to_thread(_create_by_default, connection, missing, partitions)


async def session_range(connection: Connection) -> SessionRange | None:
    """The session timeouts the broker takes; None where it does not say.

    Apache Kafka says unless an ACL forbids it (DescribeConfigs on the cluster); Tansu does not.

    Raises:
        BrokerUnreachable: no broker at the connection's address.
        NotLetIn: it does not let this program in.
    """
    async with _administer(connection) as admin:
        cluster = await admin.describe_cluster()
        node = str(cluster["brokers"][0]["node_id"])
        wanted = dict.fromkeys((_LEAST_SESSION, _MOST_SESSION))
        try:
            [answer] = await admin.describe_configs(
                [ConfigResource(ConfigResourceType.BROKER, node, wanted)]
            )
        except KafkaError:
            return None
    said = {entry[0]: entry[1] for resource in answer.resources for entry in resource[4]}
    if not said.keys() >= wanted.keys():
        return None
    least_ms, most_ms = int(said[_LEAST_SESSION]), int(said[_MOST_SESSION])
    return SessionRange(least_s=least_ms / 1000, most_s=most_ms / 1000)


@contextlib.asynccontextmanager
async def _administer(connection: Connection) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client that was let in."""
    await knock(connection)
    admin = AIOKafkaAdminClient(
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        client_id="wirewatch",
        **connection.client_options(),
    )
    try:
        await admin.start()
        yield admin
    except (KafkaError, OSError) as error:
        raise BrokerUnreachable(f"{connection.bootstrap}: {error}") from error
    finally:
        await admin.close()


def _remark(name: str, existing: dict[str, int], wanted: int) -> None:
    """Says where a topic has other partitions than this program would give it."""
    found = existing.get(name, wanted)
    if found != wanted:
        log.warning(
            "%s has %d partitions, not %d, and keeps them: at most %d workers share it",
            *(name, found, wanted, found),
        )


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[NewTopic]) -> None:
    answer = await admin.create_topics(list(topics))
    for name, code, message in answer.topic_errors:
        _check(name, code, message)


def _new(connection: Connection, topic: Topic, partitions: int, replication: int) -> NewTopic:
    count = topic.partitions or partitions
    return NewTopic(connection.name(topic), count, replication, topic_configs=_configs(topic))


def _create_by_default(connection: Connection, topics: Sequence[Topic], partitions: int) -> None:
    """Leaves the replication to the broker, which aiokafka's client cannot say."""
    # a tenth of a second, and needed once in a cluster's life
    import kafka.errors
    from kafka import KafkaAdminClient

    wanted: dict[str, Any] = {
        connection.name(topic): {
            "num_partitions": topic.partitions or partitions,
            "configs": _configs(topic),
        }
        for topic in topics
    }
    try:
        admin = KafkaAdminClient(client_id="wirewatch", **connection.client_options())
        try:
            answer = admin.create_topics(wanted, raise_errors=False)
        finally:
            admin.close()
    except kafka.errors.KafkaError as error:
        raise BrokerUnreachable(f"{connection.bootstrap}: {error}") from error
    for topic in answer["topics"]:
        _check(topic["name"], topic["error_code"], topic["error_message"])


def _check(name: str, code: int, message: str | None) -> None:
    if code not in {0, _ALREADY_EXISTS}:
        raise TopicRefused(f"{name}: {message or f'error {code}'}")


def _configs(topic: Topic) -> dict[str, str]:
    if topic.compact:
        return {"cleanup.policy": "compact"}
    return {"cleanup.policy": "delete", "retention.ms": str(topic.retention_days * DAY_MS)}
