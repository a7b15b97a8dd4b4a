"""Bad records for `wire.items` and `wire.matches`, and what came of them on `wire.deadletter`.

Invariant: every bad record has a key of its own, by which its dead letter is known; one that a
forgetting broker took along is sent again, as its producer would.
"""

import contextlib
import json
import random

from books import true_ends
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError

PER_FAULT = 4
POISON_CHANNEL = "#poison"
_UNREADABLE = (
    ("wire.items", b"\xff{not json"),
    ("wire.items", b'{"id": 5}'),
    ("wire.items", None),
    ("wire.items", b"[" * 5_000),
    ("wire.matches", b"{}"),
    ("wire.matches", None),
)

Record = tuple[str, bytes, bytes | None]


class Poison:
    """Sends bad records; knows which have not come out as dead letters yet."""

    def __init__(self, bootstrap: str, seed: int) -> None:
        self._bootstrap = bootstrap
        self._chance = random.Random(f"poison {seed}")
        self._unsent: list[Record] = []
        self._sent: list[Record] = []
        self._buried: set[str] = set()
        self.injected = 0

    @property
    def buried(self) -> int:
        """Bad records found on `wire.deadletter`, each counted once."""
        return len(self._buried)

    def unreadable(self) -> None:
        """Some that are no records."""
        for _ in range(PER_FAULT):
            self.injected += 1
            topic, value = self._chance.choice(_UNREADABLE)
            self._unsent.append((topic, self._key(), value))
        self.send()

    def breakers(self) -> None:
        """Some that are records, with a clock on which every card breaks."""
        for _ in range(PER_FAULT):
            self.injected += 1
            self._unsent.append(("wire.matches", self._key(), self._breaker()))
        self.send()

    def _key(self) -> bytes:
        return f"poison-{self.injected}".encode()

    def _breaker(self) -> bytes:
        name = self._key().decode()
        item = {
            "id": name,
            "title": f"{name} has a clock that never was",
            "published": {"at": "never"},
        }
        hits = [{"rule": "poison", "channels": [POISON_CHANNEL], "evidence": []}]
        return json.dumps({"item": item, "hits": hits, "book": "poison"}).encode()

    def send(self) -> None:
        """Sends what was not acknowledged yet; a broker that is away gets it later."""
        if not self._unsent:
            return
        with contextlib.suppress(KafkaError, OSError):
            producer = KafkaProducer(
                bootstrap_servers=self._bootstrap, enable_idempotence=False, max_block_ms=5_000
            )
            with contextlib.closing(producer):
                for record in list(self._unsent):
                    topic, key, value = record
                    producer.send(topic, value, key=key).get(timeout=10)
                    self._unsent.remove(record)
                    self._sent.append(record)

    def forgotten(self) -> None:
        """The broker has lost its log: what was not buried has to be sent again."""
        lost = [record for record in self._sent if record[1].decode() not in self._buried]
        self._sent = [record for record in self._sent if record not in lost]
        self._unsent += lost

    def look(self) -> None:
        """Reads `wire.deadletter` from its beginning."""
        with contextlib.suppress(KafkaError, OSError):
            consumer = KafkaConsumer(
                bootstrap_servers=self._bootstrap,
                auto_offset_reset="earliest",
                enable_auto_commit=False,
            )
            with contextlib.closing(consumer):
                self._read(consumer)

    def _read(self, consumer: KafkaConsumer) -> None:
        ends = true_ends(consumer, "wire.deadletter")
        consumer.seek_to_beginning(*ends)
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            for records in consumer.poll(timeout_ms=200).values():
                keys = (json.loads(record.value)["key"] for record in records)
                self._buried.update(key for key in keys if key.startswith("poison-"))
