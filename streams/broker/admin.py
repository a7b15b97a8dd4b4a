"""The broker before any client connects: is it there, and are the topics?

In: a connection.  Out: the topics of `streams.topics` exist.  Invariant: what exists is
checked and kept; nothing is shrunk, changed or deleted.  Speaks aiokafka's admin client, which
Faust has loaded anyway.
"""

from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from streams.broker.connection import Connection
from streams.topics import DAY_MS, Topic

REQUEST_TIMEOUT_MS = 10_000
"""For one admin request; a healthy broker answers within 100 ms."""

_REPLICATION = "default.replication.factor"
_ALREADY_EXISTS = 36


class BrokerUnreachable(ConnectionError):
    """No Kafka broker answers; the text says what was tried."""


class TopicRefused(RuntimeError):
    """The broker will not create a topic, or one that exists has another shape."""


async def ensure_topics(
    connection: Connection, topics: Sequence[Topic], partitions: int, *, replication: int = 0
) -> None:
    """Creates the missing ones of `topics`; `replication` 0 is the broker's own default.

    Raises:
        BrokerUnreachable: no broker at the connection's address.
        TopicRefused: the broker says no.
    """
    admin = AIOKafkaAdminClient(
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        client_id="wirewatch",
        **connection.client_options(),
    )
    try:
        await admin.start()
        existing = set(await admin.list_topics())
        missing = [t for t in topics if connection.name(t) not in existing]
        if missing:
            factor = replication or await _default_replication(admin)
            await _create(admin, [_new(connection, t, partitions, factor) for t in missing])
    except (KafkaError, OSError) as error:
        raise BrokerUnreachable(f"{connection.bootstrap}: {error}") from error
    finally:
        await admin.close()


async def _default_replication(admin: AIOKafkaAdminClient) -> int:
    """The broker's default: asked for, because this client cannot leave it to the broker."""
    cluster = await admin.describe_cluster()
    broker = ConfigResource(
        ConfigResourceType.BROKER, str(cluster["brokers"][0]["node_id"]), {_REPLICATION: None}
    )
    [answer] = await admin.describe_configs([broker])
    entries = [entry for resource in answer.resources for entry in resource[4]]
    return next((int(entry[1]) for entry in entries if entry[0] == _REPLICATION), 1)


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[NewTopic]) -> None:
    answer = await admin.create_topics(list(topics))
    for name, code, message in answer.topic_errors:
        if code not in {0, _ALREADY_EXISTS}:
            raise TopicRefused(f"{name}: {message or f'error {code}'}")


def _new(connection: Connection, topic: Topic, partitions: int, replication: int) -> NewTopic:
    kept = {"cleanup.policy": "delete", "retention.ms": str(topic.retention_days * DAY_MS)}
    configs = {"cleanup.policy": "compact"} if topic.compact else kept
    count = topic.partitions or partitions
    return NewTopic(connection.name(topic), count, replication, topic_configs=configs)
