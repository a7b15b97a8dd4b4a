"""What has to add up: messages, claims, and what the groups have still to read."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields

import redis
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from newsroom import Due

BEYOND_MS = 500
"""For records beyond the end that a broker states."""

READERS = {"wirewatch.match": "wire.items", "wirewatch.alert": "wire.matches"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The figures of one run; the module `run` says what each of them counts."""

    kills: int = 0
    produced: int = 0
    matched: int = 0
    intake: int = 0
    deadletter: int = 0
    duplicates: int = 0
    lost: int = 0

    def __add__(self, other: "Ledger") -> "Ledger":
        names = [field.name for field in fields(self)]
        return Ledger(**{name: getattr(self, name) + getattr(other, name) for name in names})

    def as_dict(self) -> dict[str, int]:
        """For JSON."""
        return asdict(self)


def surplus(told: Mapping[tuple[str, str], int]) -> int:
    """Messages beyond the first of each story and channel."""
    return sum(count - 1 for count in told.values())


def missed(due: set[Due], told: Mapping[tuple[str, str], int]) -> list[Due]:
    """Messages that had to come and did not."""
    return sorted((d for d in due if (d.marker, d.channel) not in told), key=lambda d: d.marker)


def uncalled(due: set[Due], told: Mapping[tuple[str, str], int]) -> list[tuple[str, str]]:
    """Messages that nothing called for."""
    wanted = {(d.marker, d.channel) for d in due}
    return sorted(where for where in told if where not in wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a group has come in one partition."""

    group: str
    partition: str
    committed: int
    end: int

    def __str__(self) -> str:
        return f"{self.group} has committed {self.committed} of {self.end} in {self.partition}"


def unread(bootstrap: str) -> list[Position] | None:
    """Where the match and alert groups are not at the end; None while nobody can say."""
    with contextlib.suppress(KafkaError, OSError, KeyError):
        admin = KafkaAdminClient(bootstrap_servers=bootstrap)
        consumer = KafkaConsumer(bootstrap_servers=bootstrap)
        with contextlib.closing(admin), contextlib.closing(consumer):
            places = [p for group in READERS for p in _positions(admin, consumer, group)]
            return [place for place in places if place.committed != place.end]
    return None


def _positions(admin: KafkaAdminClient, consumer: KafkaConsumer, group: str) -> Iterator[Position]:
    topic = READERS[group]
    done = admin.list_group_offsets(group)[group]
    for partition, end in true_ends(consumer, topic).items():
        committed = done[partition].offset if partition in done else 0
        name = f"{topic}-{partition.partition}"
        yield Position(group=group, partition=name, committed=max(committed, 0), end=end)


def true_ends(consumer: KafkaConsumer, topic: str) -> dict[TopicPartition, int]:
    """Each partition's last offset + 1; the consumer stands there afterwards.

    Asked for it, Tansu says too little after a batch of several records; so what lies beyond its
    answer is looked for.
    """
    partitions = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic) or ()]
    ends = dict(consumer.end_offsets(partitions))
    consumer.assign(partitions)
    for partition, end in ends.items():
        consumer.seek(partition, end)
    for partition, records in consumer.poll(timeout_ms=BEYOND_MS).items():
        ends[partition] = records[-1].offset + 1
    return ends


def claims(client: redis.Redis, desk: str) -> Counter[str]:
    """How many stories the memory knows as told, by channel; `pending` are open claims."""
    found: Counter[str] = Counter()
    for key in client.scan_iter(f"ww:{{{desk}}}:card:*"):
        channel = key.split(":")[3]
        marks = {v for k, v in client.hgetall(key).items() if k.startswith("v:")}
        found["pending" if "p" in marks else channel] += 1
    return found
