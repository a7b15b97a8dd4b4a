"""What a broker says of itself, judged against what this program needs of it.

In: a `BrokerSeen` and what is wanted.  Out: findings, one for each thing looked at.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from monitor.doctor.finding import Finding, bad, fine, note
from streams.broker.connection import SessionRange
from streams.broker.inspect import BrokerSeen, GroupSeen, TopicSeen
from streams.topics import DAY_MS, MAX_RECORD_BYTES, Topic

LAG_MOST = 1_000
"""Records that wait although somebody reads: more than a busy minute of several hundred feeds."""

_LARGER = "raise message.max.bytes of the broker or max.message.bytes of the topic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What this installation needs: topics, who reads which, and its settings.

    `readers`: group to (topic, the role that reads it).  `session_given`: the timeout was set;
    the default moves to what the broker takes.
    """

    topics: tuple[Topic, ...]
    readers: Mapping[str, tuple[Topic, str]]
    prefix: str
    partitions: int
    session_timeout_s: float
    session_given: bool = False
    own: bool = False


Judge = Callable[[BrokerSeen, Wanted], Iterator[Finding]]


def judge_broker(seen: BrokerSeen, wanted: Wanted) -> list[Finding]:
    """Every finding about a broker that answers."""
    return [finding for judge in JUDGES for finding in judge(seen, wanted)]


def _cluster(seen: BrokerSeen, _: Wanted) -> Iterator[Finding]:
    count = len(seen.brokers)
    brokers = "1 broker" if count == 1 else f"{count} brokers"
    version = f"speaks as Kafka {seen.version}" if seen.version else "does not say its version"
    yield fine("Kafka", f"{version}, {brokers}, cluster {seen.cluster or 'without an id'}")


def _session(seen: BrokerSeen, wanted: Wanted) -> Iterator[Finding]:
    least = _number(seen.configs.get("group.min.session.timeout.ms"))
    most = _number(seen.configs.get("group.max.session.timeout.ms"))
    if least is None or most is None:
        return
    takes = SessionRange(least_s=least / 1000, most_s=most / 1000)
    used_s = takes.nearest(wanted.session_timeout_s)
    bounds = f"the broker takes {takes.least_s:g} to {takes.most_s:g} s"
    if wanted.session_given and used_s != wanted.session_timeout_s:
        says = f"{wanted.session_timeout_s:g} s, {bounds}"
        yield bad("session timeout", says, "set WIREWATCH_SESSION_TIMEOUT_S to one in between")
    else:
        yield fine("session timeout", f"{used_s:g} s, {bounds}")


def _topics(seen: BrokerSeen, wanted: Wanted) -> Iterator[Finding]:
    missing = [wanted.prefix + t.name for t in wanted.topics if t.name not in seen.topics]
    if missing:
        yield note("topics", f"not there yet: {', '.join(missing)}", "the next `run` makes them")
    for topic in wanted.topics:
        found = seen.topics.get(topic.name)
        if found:
            yield from _topic(f"topic {wanted.prefix}{topic.name}", topic, found, seen, wanted)


def _topic(
    name: str, topic: Topic, found: TopicSeen, seen: BrokerSeen, wanted: Wanted
) -> Iterator[Finding]:
    problems = [
        *_shape(name, topic, found, wanted),
        *_replication(name, found, len(seen.brokers)),
        *_keeping(name, topic, found),
        *_size(name, found, seen),
    ]
    copies = "1 replica" if found.replicas == 1 else f"{found.replicas} replicas"
    says = f"{found.partitions} partitions, {copies}{_kept(found)}"
    yield from problems or [fine(name, says)]


def _shape(name: str, topic: Topic, found: TopicSeen, wanted: Wanted) -> Iterator[Finding]:
    shared = topic in {read for read, _ in wanted.readers.values()}
    if shared and found.partitions < wanted.partitions:
        says = f"{found.partitions} partitions, WIREWATCH_PARTITIONS is {wanted.partitions}"
        yield note(name, f"{says}: at most {found.partitions} workers share a role")
    if found.leaderless:
        says = f"{found.leaderless} of {found.partitions} partitions have no leader"
        yield bad(name, says, "bring their brokers back")


def _replication(name: str, found: TopicSeen, brokers: int) -> Iterator[Finding]:
    if found.behind:
        yield note(name, f"{found.behind} of {found.partitions} partitions lack a replica")
    if found.replicas == 1 and brokers > 1:
        says = f"1 replica on {brokers} brokers: what a broker loses is lost"
        yield note(name, says, "kafka-reassign-partitions.sh adds replicas")
    least = _number(found.configs.get("min.insync.replicas"))
    if least and least > found.replicas:
        says = f"min.insync.replicas {least} of {found.replicas}: the broker refuses every record"
        yield bad(name, says, "lower it, or add replicas")


def _keeping(name: str, topic: Topic, found: TopicSeen) -> Iterator[Finding]:
    policy = found.configs.get("cleanup.policy")
    ours = "compact" if topic.compact else "delete"
    if policy and policy != ours:
        yield bad(name, f"cleanup.policy is {policy}", f"set it to {ours}")
    kept = _number(found.configs.get("retention.ms"))
    if not topic.compact and kept is not None and 0 <= kept < topic.retention_days * DAY_MS:
        says = f"kept {kept / DAY_MS:.3g} days, ours are {topic.retention_days}"
        yield note(name, says, "raise retention.ms if you want the history")


def _size(name: str, found: TopicSeen, seen: BrokerSeen) -> Iterator[Finding]:
    takes = _number(found.configs.get("max.message.bytes"))
    takes = takes if takes is not None else _number(seen.configs.get("message.max.bytes"))
    if takes is not None and takes < MAX_RECORD_BYTES:
        says = f"takes records of {takes:,} bytes, the longest item has {MAX_RECORD_BYTES:,}"
        yield bad(name, says, _LARGER)


def _kept(found: TopicSeen) -> str:
    kept = _number(found.configs.get("retention.ms"))
    if kept is None or found.configs.get("cleanup.policy") == "compact":
        return ""
    return ", kept for good" if kept < 0 else f", kept {kept / DAY_MS:.3g} days"


def _groups(seen: BrokerSeen, wanted: Wanted) -> Iterator[Finding]:
    for group, (topic, role) in wanted.readers.items():
        found = seen.groups.get(group)
        if found:
            yield _group(f"group {wanted.prefix}{group}", found, topic, role)


def _group(name: str, found: GroupSeen, topic: Topic, role: str) -> Finding:
    records = "1 record waits" if found.lag == 1 else f"{found.lag:,} records wait"
    waiting = f"{records} on {topic.name}"
    if found.members is None:
        return fine(name, f"{waiting}; who reads is not said")
    members = "1 member" if found.members == 1 else f"{found.members} members"
    if not found.members:
        return note(name, f"nobody reads, {waiting}", f"`wirewatch run {role}`, if it should")
    if not found.working:
        return bad(name, f"{members} without a partition, {waiting}", "look at its log")
    if found.lag > LAG_MOST:
        return note(name, f"{members}, {waiting}", f"look again; start more `run {role}`")
    return fine(name, f"{members}, {waiting}")


def _unsaid(seen: BrokerSeen, wanted: Wanted) -> Iterator[Finding]:
    if seen.unsaid and not wanted.own:
        says = "; ".join(f"{what} ({why})" for what, why in seen.unsaid.items())
        yield note("Kafka does not say", says, "its ACLs may forbid it: DescribeConfigs, Describe")


def _number(text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError:
        return None


JUDGES: tuple[Judge, ...] = (_cluster, _session, _topics, _groups, _unsaid)
