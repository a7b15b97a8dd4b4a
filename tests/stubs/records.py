"""A topic as a test reads it: a broker's address in, its records out, as they come."""

import time
from collections.abc import Callable
from typing import Generic, Self, TypeVar

from kafka import KafkaConsumer

from streams.topics import Topic, decode

Record = TypeVar("Record")

SOON_S = 40.0
"""For what takes a second or two on an idle machine."""


class Records(Generic[Record]):
    """All records of one topic, of one kind; read from the beginning."""

    def __init__(self, bootstrap: str, topic: Topic, kind: type[Record]) -> None:
        self._consumer = KafkaConsumer(
            topic.name,
            bootstrap_servers=bootstrap,
            auto_offset_reset="earliest",
            metadata_max_age_ms=1_000,
        )
        self._kind = kind
        self._read: list[Record] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def so_far(self, wait_ms: int = 100) -> list[Record]:
        """Those that have come by now."""
        for records in self._consumer.poll(timeout_ms=wait_ms).values():
            self._read += [decode(self._kind, record.value) for record in records]
        return self._read

    def until(
        self, wanted: Callable[[Record], object], n: int = 1, within_s: float = SOON_S
    ) -> list[Record]:
        """The records that are `wanted`, once there are `n`."""
        deadline = time.monotonic() + within_s
        while len(found := [record for record in self.so_far() if wanted(record)]) < n:
            assert time.monotonic() < deadline, f"not reached: {self._read}"
        return found
