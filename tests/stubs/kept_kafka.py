"""One Apache Kafka for test after test: it is emptied before it is lent again.

A broker that is down, busy or still has members in a group is not worth waiting for: it is ended,
and another takes its place, as it is while the first one is out.
"""

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError
from stubs.apache_kafka import ApacheKafka

EMPTY_MS = 5_000
"""Milliseconds a broker may take for each request that empties it (10 on an idle machine)."""


class KeptKafka:
    """Lends brokers; keeps at most one of them running meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._folders = (folder / f"kafka-{n}" for n in itertools.count())
        self._kept: ApacheKafka | None = None

    @contextlib.contextmanager
    def lent(self) -> Iterator[ApacheKafka]:
        """A broker without topics and groups, which may be killed, stopped and wiped."""
        kafka, self._kept = self._kept, None
        if kafka is None or not _emptied(kafka):
            _end(kafka)
            kafka = ApacheKafka(next(self._folders))
            kafka.start()
        try:
            yield kafka
        finally:
            _end(self._kept)
            self._kept = kafka

    def end(self) -> None:
        """Stops what is kept."""
        _end(self._kept)


def _end(kafka: ApacheKafka | None) -> None:
    if kafka is not None:
        kafka.stop()


def _emptied(kafka: ApacheKafka) -> bool:
    if not kafka.answers():
        return False
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=kafka.bootstrap,
            request_timeout_ms=EMPTY_MS,
            bootstrap_timeout_ms=EMPTY_MS,
        )
    except KafkaError:
        return False
    try:
        groups = [group["group_id"] for group in admin.list_groups()]
        said = admin.delete_groups(groups).values()
        admin.delete_topics(_topics(admin), timeout_ms=EMPTY_MS)
        return {*said} <= {"OK"} and not _topics(admin)
    except KafkaError:
        return False
    finally:
        admin.close()


def _topics(admin: KafkaAdminClient) -> list[str]:
    return [name for name in admin.list_topics() if not name.startswith("__")]
