"""Inspect: a broker as it is right now, for people who ask what is wrong.

In: a connection, topics and groups.  Out: one `BrokerSeen`.  Invariants: nothing is made, changed
or joined; what a broker will not say (Tansu has no configuration, a cluster may forbid it) is
listed as unsaid and hides nothing else.  Speaks kafka-python's admin client, which names versions.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec
from kafka.errors import CoordinatorNotAvailableError, GroupIdNotFoundError, KafkaError

from streams.broker.connection import BrokerUnreachable, Connection
from streams.topics import Topic

CLIENT_ID = "wirewatch-doctor"
TOPIC_CONFIGS = ("cleanup.policy", "retention.ms", "max.message.bytes", "min.insync.replicas")
BROKER_CONFIGS = (
    "group.min.session.timeout.ms",
    "group.max.session.timeout.ms",
    "message.max.bytes",
)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSeen:
    """A topic on the broker; `replicas` of its least replicated partition.

    `behind`: partitions with replicas out of step; `leaderless`: partitions nobody serves.
    """

    partitions: int
    replicas: int
    behind: int
    leaderless: int
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSeen:
    """A consumer group.  `members` None: not said.  `lag`: records it has not finished.

    `working` members have partitions, the others stand by.
    """

    members: int | None
    working: int
    lag: int
    committed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSeen:
    """What a broker says of itself.

    `topics` has those asked for that are there, by their own names without a prefix.  `unsaid`:
    what it would not say, and why.
    """

    version: str
    cluster: str
    brokers: tuple[str, ...]
    configs: Mapping[str, str]
    topics: Mapping[str, TopicSeen]
    groups: Mapping[str, GroupSeen]
    unsaid: Mapping[str, str]


async def inspect(
    connection: Connection, topics: Sequence[Topic], readers: Mapping[str, Topic], patience_s: float
) -> BrokerSeen:
    """The broker now; `readers` says which topic each group reads.

    Raises:
        BrokerUnreachable: it does not answer within `patience_s`.
    """
    options = connection.client_options()
    work = asyncio.ensure_future(
        asyncio.to_thread(_inspect, connection, options, topics, readers, patience_s)
    )
    # asyncio.wait: a thread that blocks cannot be cancelled, only left behind
    await asyncio.wait({work}, timeout=2 * patience_s)
    if not work.done():
        work.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise BrokerUnreachable(f"{connection.bootstrap}: no answer within {2 * patience_s:g} s")
    try:
        return work.result()
    except (KafkaError, OSError) as error:
        raise BrokerUnreachable(f"{connection.bootstrap}: {error}") from error


def _inspect(
    connection: Connection,
    options: dict[str, Any],
    topics: Sequence[Topic],
    readers: Mapping[str, Topic],
    patience_s: float,
) -> BrokerSeen:
    patience_ms = int(patience_s * 1000)
    admin = KafkaAdminClient(
        client_id=CLIENT_ID,
        bootstrap_timeout_ms=patience_ms,
        request_timeout_ms=patience_ms,
        **options,
    )
    try:
        return _Inspection(admin, connection).see(topics, readers)
    finally:
        with contextlib.suppress(KafkaError):
            admin.close()


@dataclass(slots=True)
class _Inspection:
    """One look; what is not said is collected on the way."""

    admin: Any  # its types are incomplete
    connection: Connection
    unsaid: dict[str, str] = field(default_factory=dict)

    def see(self, topics: Sequence[Topic], readers: Mapping[str, Topic]) -> BrokerSeen:
        cluster = self.admin.describe_cluster()
        nodes = [each["broker_id"] for each in cluster["brokers"]]
        there = {topic.name: self.connection.name(topic) for topic in topics}
        listed = set(self.admin.list_topics())
        described = self._topics([name for name in there.values() if name in listed])
        return BrokerSeen(
            version=self._asked("its version", "", lambda: self._version(nodes[0])),
            cluster=str(cluster["cluster_id"] or ""),
            brokers=tuple(f"{each['host']}:{each['port']}" for each in cluster["brokers"]),
            configs=self._configs(ConfigResourceType.BROKER, str(nodes[0]), BROKER_CONFIGS),
            topics={own: described[name] for own, name in there.items() if name in described},
            groups={
                group: seen
                for group, topic in readers.items()
                if (seen := self._group(group, self.connection.name(topic), described))
            },
            unsaid=self.unsaid,
        )

    def _version(self, node: int) -> str:
        found = self.admin.get_broker_version_data(node).broker_version
        return ".".join(map(str, found))

    def _topics(self, names: Sequence[str]) -> dict[str, TopicSeen]:
        found = self.admin.describe_topics(list(names)) if names else []
        return {
            topic["name"]: _topic(
                topic["partitions"],
                self._configs(ConfigResourceType.TOPIC, topic["name"], TOPIC_CONFIGS),
            )
            for topic in found
            if not topic["error_code"]
        }

    def _configs(
        self, kind: ConfigResourceType, name: str, wanted: Iterable[str]
    ) -> dict[str, str]:
        def ask() -> dict[str, str]:
            resource = ConfigResource(kind, name, dict.fromkeys(wanted, ""))
            answer = self.admin.describe_configs([resource], config_filter="all")
            entries = answer[kind.name.lower()][name]
            return {key: str(entry["value"]) for key, entry in entries.items()}

        return self._asked(f"the settings of {kind.name.lower()} {name}", {}, ask)

    def _group(
        self, group: str, topic: str, described: Mapping[str, TopicSeen]
    ) -> GroupSeen | None:
        """The group, or None where nothing can be said of it."""
        if topic not in described:
            return None
        name = self.connection.group(group)
        parts = [TopicPartition(topic, n) for n in range(described[topic].partitions)]
        try:
            done = self.admin.list_group_offsets([name])[name]
        except CoordinatorNotAvailableError:  # a new broker, where nobody has read anything
            done = {}
        except KafkaError as error:
            self.unsaid[f"how far group {name} is"] = _words(error)
            return None
        starts = self.admin.list_partition_offsets(dict.fromkeys(parts, OffsetSpec.EARLIEST))
        ends = self.admin.list_partition_offsets(dict.fromkeys(parts, OffsetSpec.LATEST))
        at = {part: max(starts[part].offset, _offset(done.get(part))) for part in parts}
        members = self._asked(f"the members of group {name}", None, lambda: self._members(name))
        return GroupSeen(
            members=None if members is None else len(members),
            working=sum(map(_works, members or ())),
            lag=sum(max(0, ends[part].offset - at[part]) for part in parts),
            committed=any(_offset(done.get(part)) >= 0 for part in parts),
        )

    def _members(self, group: str) -> list[Any]:
        try:
            found = self.admin.describe_groups([group])[group]
        except CoordinatorNotAvailableError:
            return []
        error = found["error"] or ""
        if error and GroupIdNotFoundError.__name__ not in error:
            raise KafkaError(error)
        return list(found["members"])

    def _asked(self, what: str, otherwise: Answer, ask: Callable[[], Answer]) -> Answer:
        """What the broker answers, or `otherwise` and a note that it did not."""
        try:
            return ask()
        # ValueError: Tansu answers with bits that kafka-python does not know
        except (KafkaError, ValueError, LookupError, TypeError) as error:
            self.unsaid[what] = _words(error)
            return otherwise


def _topic(partitions: Sequence[Mapping[str, Any]], configs: Mapping[str, str]) -> TopicSeen:
    return TopicSeen(
        partitions=len(partitions),
        replicas=min((len(each["replica_nodes"]) for each in partitions), default=0),
        behind=sum(len(each["isr_nodes"]) < len(each["replica_nodes"]) for each in partitions),
        leaderless=sum(each["leader_id"] < 0 for each in partitions),
        configs=configs,
    )


def _offset(committed: Any) -> int:
    return -1 if committed is None else int(committed.offset)


def _works(member: Mapping[str, Any]) -> bool:
    assignment = member.get("member_assignment")
    return bool(isinstance(assignment, Mapping) and assignment.get("assigned_partitions"))


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
