"""kafka-python: one producer from its making to its end; the only module that speaks that library.

In: records, from one thread.  Out: each one's outcome, told in a thread of kafka-python's.
Invariants: the first record that fails breaks the producer for good, and nothing is sent after
it, so that no later record of its key overtakes it; no call here blocks longer than its constant
says.

kafka-python's own way with faults does not do: a producer that outlived its broker's records
fails for ever or repeats one batch for ever, `close` raises with a record in flight and leaves a
thread that goes on sending, and what is collected raises once more.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from enum import StrEnum, auto
from functools import partial
from typing import Any

from kafka import KafkaProducer
from kafka.errors import (
    AuthorizationError,
    ClusterAuthorizationFailedError,
    InvalidProducerEpochError,
    InvalidProducerIdMappingError,
    InvalidRecordError,
    InvalidTimestampError,
    InvalidTopicError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumberError,
    PolicyViolationError,
    ProducerFencedError,
    RecordListTooLargeError,
    UnknownProducerIdError,
)
from kafka.net.compat import KafkaNetClient

from streams.broker.connection import Connection
from streams.broker.outgoing import Outcome, Outgoing

log = logging.getLogger("wirewatch.publish")

BOOTSTRAP_MOST_MS = 1_500
"""For making a producer; a healthy broker answers within 50 ms, another try follows."""

BLOCK_MOST_MS = 250
"""For a topic nobody knows: kafka-python blocks a send that long, and other topics wait."""

ASK_MOST_S = 1.0
"""For the broker's word on a topic; it comes within 100 ms, kafka-python's pause between two."""

REQUEST_MOST_MS = 15_000
"""For the broker's answer to one request, before it is sent again on a new connection."""

RECONNECT_MOST_MS = 1_000
"""Between tries while the broker is away; kafka-python's 30 s would be added to every outage."""

METADATA_MAX_AGE_MS = 30_000
"""A topic made anew is noticed within half a minute, at a lost connection at once."""

LINGER_MS = 2
"""Batches what one wake-up sends, at an unnoticeable price in latency."""

BATCH_BYTES = 65_536
"""One batch per partition is in flight; kafka-python's 16 kB cost a third of the throughput."""

END_MOST_S = 1.0
"""For the producer's thread to end; it needs 10 ms unless it waits for a broker that hangs."""

_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
_REFUSED = (
    AuthorizationError,
    InvalidTopicError,
    InvalidRecordError,
    InvalidTimestampError,
    PolicyViolationError,
)
_NO_IDENTITY = (
    ClusterAuthorizationFailedError,
    InvalidProducerEpochError,
    InvalidProducerIdMappingError,
    OutOfOrderSequenceNumberError,
    ProducerFencedError,
    UnknownProducerIdError,
)


class Unavailable(Exception):
    """No producer can be made now; the text says why."""


class Failure(StrEnum):
    """Why a producer is of no more use: the broker gives it no id, or anything else."""

    IDENTITY = auto()
    OTHER = auto()


class _KafkaProducer(KafkaProducer):
    """Can be stopped at once, and does not speak when collected."""

    _sender: Any

    def halt(self) -> None:
        """Nothing more is sent; what is not acknowledged fails.  From any thread."""
        self._sender.force_close()

    def end(self) -> None:
        """Waits `END_MOST_S` for its thread."""
        self.halt()
        self._sender.join(END_MOST_S)
        try:
            self.close(timeout=0)
        except KafkaError as error:
            log.debug("the producer's thread is left to end by itself: %s", error)

    def __del__(self) -> None:
        """kafka-python's own raises where a record was in flight."""


class Producer:
    """A producer on one connection to the cluster; every method but `fail` blocks.

    Attributes:
        failure: why it is broken; None while it is not.
        trouble: the same in words.
        acknowledged: how many records the broker took from it.
        acknowledged_at: when the last one was, by the monotonic clock; at first when it was made.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        idempotent: bool,
        delivery_timeout_s: float,
        settled: Callable[[Outgoing, Outcome, str], None],
        broken: Callable[[], None],
    ) -> None:
        """Connects; `settled` and `broken` are called in other threads and must not wait.

        Raises:
            Unavailable: the broker does not answer within `BOOTSTRAP_MOST_MS`, or refuses.
        """
        self._settled = settled
        self._broken = broken
        self._topics: set[str] = set()
        self._ids: dict[str, str] = {}
        self._breaking = threading.Lock()
        self.failure: Failure | None = None
        self.trouble = ""
        self.acknowledged = 0
        clients: list[KafkaNetClient] = []
        try:
            self._kafka = _make(connection, clients, idempotent, delivery_timeout_s)
        except (KafkaError, OSError, ValueError) as error:
            for client in clients:
                client.close()
            raise Unavailable(_words(error)) from error
        self._cluster = clients[0].cluster
        self._cluster.add_listener(self._compare_ids)
        self.made_at = self.acknowledged_at = time.monotonic()

    def topic_id(self, topic: str) -> str:
        """The id that the broker, asked now, has for `topic`; empty where it does not say."""
        answered = threading.Event()
        try:
            self._learn(topic)
        except (KafkaError, ValueError) as error:
            self.trouble = _words(error)
            return ""
        asked = self._cluster.request_update().add_both(lambda _: answered.set())
        fresh = answered.wait(ASK_MOST_S) and asked.succeeded()
        return self._found_id(topic) if fresh else ""

    def send(self, topic: str, records: Sequence[Outgoing]) -> int:
        """Takes records of `topic`, in order; how many it took, the rest is to be sent later."""
        taken = 0
        try:
            self._learn(topic)
            for record in records:
                future = self._kafka.send(topic, record.value, key=record.key)
                future.add_callback(partial(self._took, record))
                future.add_errback(partial(self._failed, record))
                taken += 1
        except _REFUSED as error:
            for record in records[taken:]:
                self._settled(record, Outcome.REFUSED, _words(error))
            return len(records)
        except KafkaTimeoutError as error:
            self.trouble = _words(error)
        except (KafkaError, ValueError) as error:
            self.fail(Failure.OTHER, _words(error))
        return taken

    def fail(self, failure: Failure, trouble: str) -> None:
        """Breaks it: nothing more is sent.  From any thread."""
        with self._breaking:
            if self.failure is not None:
                return
            self.failure, self.trouble = failure, trouble
        self._kafka.halt()
        self._broken()

    def end(self) -> None:
        """Ends it; what it has not acknowledged by now it never will."""
        self.fail(Failure.OTHER, "its end")
        self._kafka.end()

    def _learn(self, topic: str) -> None:
        """Waits until the topic is known; all topics are named to the cluster, so none is lost."""
        if topic not in self._topics:
            self._topics.add(topic)
            self._cluster.set_topics(self._topics)
        self._kafka.partitions_for(topic)
        if found := self._found_id(topic):
            self._ids.setdefault(topic, found)

    def _found_id(self, topic: str) -> str:
        found = self._cluster.topic_id(topic)
        return str(found) if found is not None and found.int else ""

    def _compare_ids(self, _: Any) -> None:
        """A topic made anew knows no producer: kafka-python would repeat its batch for ever."""
        for topic, known in tuple(self._ids.items()):
            found = self._found_id(topic)
            if found and found != known:
                self.fail(Failure.OTHER, f"{topic} was made anew")

    def _took(self, record: Outgoing, _: Any) -> None:
        self.acknowledged += 1
        self.acknowledged_at = time.monotonic()
        self._settled(record, Outcome.ACKNOWLEDGED, "")

    def _failed(self, record: Outgoing, error: Exception) -> None:
        if isinstance(error, _TOO_LARGE):
            self._settled(record, Outcome.TOO_LARGE, _words(error))
        elif isinstance(error, _REFUSED) and not isinstance(error, _NO_IDENTITY):
            self._settled(record, Outcome.REFUSED, _words(error))
        # what InitProducerId answers comes as a bare KafkaError
        nobody = isinstance(error, _NO_IDENTITY) or type(error) is KafkaError
        self.fail(Failure.IDENTITY if nobody else Failure.OTHER, _words(error))


def _make(
    connection: Connection,
    clients: list[KafkaNetClient],
    idempotent: bool,
    delivery_timeout_s: float,
) -> _KafkaProducer:
    """A kafka-python producer; its network client is put into `clients`, also when it fails."""

    def make_client(**options: Any) -> KafkaNetClient:
        client = KafkaNetClient(**options)
        # the option of this name does not get through; Tansu would make topics of another shape
        client.cluster.config["allow_auto_create_topics"] = False
        clients.append(client)
        return client

    return _KafkaProducer(
        kafka_client=make_client,
        client_id="wirewatch-publish",
        acks="all",
        enable_idempotence=idempotent,
        # without idempotence only one request at a time keeps the order over a repetition
        max_in_flight_requests_per_connection=5 if idempotent else 1,
        delivery_timeout_ms=max(delivery_timeout_s * 1000, REQUEST_MOST_MS + LINGER_MS),
        request_timeout_ms=REQUEST_MOST_MS,
        bootstrap_timeout_ms=BOOTSTRAP_MOST_MS,
        max_block_ms=BLOCK_MOST_MS,
        reconnect_backoff_max_ms=RECONNECT_MOST_MS,
        metadata_max_age_ms=METADATA_MAX_AGE_MS,
        linger_ms=LINGER_MS,
        batch_size=BATCH_BYTES,
        metrics_enabled=False,
        **connection.client_options(),
    )


def _words(error: Exception) -> str:
    """kafka-python's errors say their name themselves; an empty or a foreign one does not."""
    name, text = type(error).__name__, str(error)
    return text if name in text else f"{name}: {text}"
