"""The doctor's judgement: what was seen in, findings out; and checks that fail or hang."""

import asyncio
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from alerts.memory_server import ServerSeen
from alerts.slack.identity import Identity
from monitor.doctor.examine import Check, examine
from monitor.doctor.finding import Finding, Level, bad, exit_code, fine, note, unreachable
from monitor.doctor.judge_broker import LAG_MOST, Wanted, judge_broker
from monitor.doctor.judge_memory import judge_memory
from monitor.doctor.judge_slack import MUST, SHOULD, judge_slack
from monitor.doctor.machine import look_at_machine, unmet
from monitor.doctor.patient import Patient, admit
from monitor.doctor.polls import judge_polls
from monitor.exits import ExitCode
from monitor.feeds.state.failing import Failing
from streams.broker.inspect import BrokerSeen, GroupSeen, TopicSeen
from streams.topics import ITEMS, Topic

ITEMS_SEEN = TopicSeen(
    partitions=8, replicas=3, behind=0, leaderless=0,
    configs={
        "cleanup.policy": "delete", "retention.ms": "2592000000",
        "max.message.bytes": "1048588", "min.insync.replicas": "2",
    },
)  # fmt: skip
MATCHING = GroupSeen(members=2, working=2, lag=3, committed=True)
BROKER = BrokerSeen(
    version="4.3", cluster="c", brokers=("a:1", "b:1", "c:1"),
    configs={
        "group.min.session.timeout.ms": "6000", "group.max.session.timeout.ms": "1800000",
        "message.max.bytes": "1048588",
    },
    topics={"wire.items": ITEMS_SEEN}, groups={"wirewatch.match": MATCHING}, unsaid={},
)  # fmt: skip
WANTED = Wanted(
    topics=(ITEMS,), readers={"wirewatch.match": (ITEMS, "match")}, prefix="p.",
    partitions=8, session_timeout_s=10.0,
)  # fmt: skip
REDIS = ServerSeen(
    software="Redis", version="7.0.15", role="master", policy="noeviction", limit_bytes=0,
    used_bytes=1_000_000, evicted=0, keeps_log=True, syncs="always", ahead_s=0.1,
    round_trip_s=0.001,
)  # fmt: skip


def worst(findings: list[Finding]) -> list[tuple[str, Level]]:
    return [(f.check, f.level) for f in findings if f.level is not Level.FINE]


def test_a_healthy_broker_is_fine() -> None:
    found = judge_broker(BROKER, WANTED)
    assert worst(found) == []
    assert [f.check for f in found] == [
        "Kafka", "session timeout", "topic p.wire.items", "group p.wirewatch.match",
    ]  # fmt: skip
    assert found[2].says == "8 partitions, 3 replicas, kept 30 days"
    assert found[3].says == "2 members, 3 records wait on wire.items"


def topic(**changes) -> BrokerSeen:
    return replace(BROKER, topics={"wire.items": replace(ITEMS_SEEN, **changes)})


def configs(**changes: str) -> BrokerSeen:
    given = {key.replace("_", "."): value for key, value in changes.items()}
    return topic(configs={**ITEMS_SEEN.configs, **given})


def group(**changes) -> BrokerSeen:
    return replace(BROKER, groups={"wirewatch.match": replace(MATCHING, **changes)})


@pytest.mark.parametrize(
    ("seen", "level", "says"),
    [
        (topic(partitions=3), Level.NOTE, "at most 3 workers"),
        (topic(leaderless=2), Level.BAD, "2 of 8 partitions have no leader"),
        (topic(behind=1), Level.NOTE, "lack a replica"),
        (topic(replicas=1, configs={}), Level.NOTE, "1 replica on 3 brokers"),
        (configs(min_insync_replicas="4"), Level.BAD, "refuses every record"),
        (configs(cleanup_policy="compact"), Level.BAD, "cleanup.policy is compact"),
        (configs(retention_ms="86400000"), Level.NOTE, "kept 1 days, ours are 30"),
        (configs(retention_ms="-1"), Level.FINE, "kept for good"),
        (configs(max_message_bytes="200000"), Level.BAD, "200,000 bytes"),
        (topic(configs={}), Level.FINE, "8 partitions, 3 replicas"),
        (replace(BROKER, topics={}), Level.NOTE, "p.wire.items"),
        (group(members=0, working=0), Level.NOTE, "nobody reads, 3 records"),
        (group(members=3, working=0), Level.BAD, "3 members without a partition"),
        (group(lag=LAG_MOST + 1), Level.NOTE, "1,001 records"),
        (group(members=None), Level.FINE, "who reads is not said"),
        (replace(BROKER, unsaid={"its settings": "no"}), Level.NOTE, "its settings (no)"),
    ],
)
def test_what_is_wrong_with_a_broker(seen: BrokerSeen, level: Level, says: str) -> None:
    found = judge_broker(seen, WANTED)
    assert [f.level for f in found if says in f.says] == [level]
    assert len(worst(found)) <= 1


@pytest.mark.parametrize(
    ("session_s", "given", "level", "used"),
    [
        (5.9, True, Level.BAD, "5.9 s"),
        (5.9, False, Level.FINE, "6 s"),
        (6.0, True, Level.FINE, "6 s"),
        (1801.0, True, Level.BAD, "1801 s"),
    ],
)
def test_the_session_timeout_must_be_one_the_broker_takes(
    session_s: float, given: bool, level: Level, used: str
) -> None:
    wanted = replace(WANTED, session_timeout_s=session_s, session_given=given)
    [found] = [f for f in judge_broker(BROKER, wanted) if f.check == "session timeout"]
    assert found.level is level
    assert found.says == f"{used}, the broker takes 6 to 1800 s"


def test_a_broker_that_says_little_hides_nothing() -> None:
    seen = replace(BROKER, version="", configs={}, unsaid={"its version": "x"})
    found = judge_broker(
        replace(seen, topics={"wire.items": replace(ITEMS_SEEN, configs={})}), WANTED
    )
    assert [f.check for f in found] == [
        "Kafka", "topic p.wire.items", "group p.wirewatch.match", "Kafka does not say",
    ]  # fmt: skip
    assert worst(judge_broker(seen, replace(WANTED, own=True))) == []


def test_a_compacted_topic_is_judged_as_one() -> None:
    rules = Topic(
        name="wire.items", key="k", retention_days=0, purpose="p", partitions=1, compact=True
    )
    wanted = replace(WANTED, topics=(rules,), readers={})
    assert worst(judge_broker(configs(cleanup_policy="compact", retention_ms="1"), wanted)) == []
    assert worst(judge_broker(BROKER, wanted)) == [("topic p.wire.items", Level.BAD)]


def test_a_healthy_memory_is_fine() -> None:
    assert worst(judge_memory(REDIS)) == []


@pytest.mark.parametrize(
    ("changes", "check", "level"),
    [
        ({"version": "4.0.14"}, "Redis", Level.BAD),
        ({"role": "slave"}, "Redis", Level.BAD),
        ({"policy": "allkeys-lru"}, "Redis eviction", Level.NOTE),
        ({"policy": "allkeys-lru", "limit_bytes": 10**9}, "Redis eviction", Level.BAD),
        ({"policy": ""}, "Redis eviction", Level.NOTE),
        ({"evicted": 7}, "Redis eviction", Level.BAD),
        ({"limit_bytes": 1_200_000}, "Redis memory", Level.NOTE),
        ({"limit_bytes": 1_000_000}, "Redis memory", Level.BAD),
        ({"keeps_log": False}, "Redis on disk", Level.BAD),
        ({"keeps_log": None}, "Redis on disk", Level.NOTE),
        ({"syncs": "everysec"}, "Redis on disk", Level.NOTE),
        ({"syncs": ""}, "Redis on disk", Level.NOTE),
        ({"ahead_s": -3.0}, "clock", Level.NOTE),
        ({"ahead_s": 400.0}, "clock", Level.BAD),
        ({"ahead_s": 3.0, "round_trip_s": 4.0}, "clock", None),
        ({"software": "Valkey", "version": "9.1.2"}, "Redis", None),
        ({"version": "", "used_bytes": None, "role": ""}, "Redis", None),
    ],
)
def test_what_is_wrong_with_a_memory(changes: dict, check: str, level: Level | None) -> None:
    assert worst(judge_memory(replace(REDIS, **changes))) == ([(check, level)] if level else [])


ALL_SCOPES = frozenset((*MUST, *SHOULD))


@pytest.mark.parametrize(
    ("scopes", "level", "says"),
    [
        (ALL_SCOPES, Level.FINE, "bot in Desk"),
        (None, Level.FINE, "not said"),
        (ALL_SCOPES - {"groups:read"}, Level.NOTE, "lacks groups:read"),
        (frozenset({"channels:read"}), Level.BAD, "lacks chat:write"),
        (frozenset(), Level.BAD, "lacks chat:write"),
    ],
)
def test_what_a_token_may_do(scopes: frozenset[str] | None, level: Level, says: str) -> None:
    [found] = judge_slack(Identity(name="bot in Desk", scopes=scopes))
    assert found.level is level
    assert says in found.says


@pytest.mark.parametrize(
    ("requirement", "wrong"),
    [
        ("redis<99,>=8", False),
        (f"faust-streaming=={version('faust-streaming')}", False),
        ("faust-streaming==0.15.2", True),
        ("kafka-python[crc32c]<4,>=3.0.7", False),
        ("redis<8", True),
        ("redis>=99.1", True),
        ("no-such-package>=1", True),
        ("no-such-package>=1; sys_platform == 'win32'", False),
        ("redis", False),
    ],
)
def test_a_requirement_is_met_or_named(requirement: str, wrong: bool) -> None:
    assert bool(unmet(requirement)) is wrong


PATIENT = Patient(
    folder=Path(), desk=None, settings=None, data=None, found=(), live=False, patience_s=1.0
)


async def test_a_folder_that_takes_no_files_is_bad(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    for data, level in (
        (tmp_path / "new" / "er", None),
        (file, Level.BAD),
        (file / "in", Level.BAD),
    ):
        found = await look_at_machine(replace(PATIENT, data=data))
        levels = {f.level for f in found if f.check == "data"}
        assert levels <= ({Level.BAD} if level else {Level.FINE, Level.NOTE})
        assert not (tmp_path / "new").exists()
    assert [left.name for left in tmp_path.iterdir()] == ["file"]


def test_what_is_found_decides_the_exit_code() -> None:
    assert exit_code([fine("a", ""), note("b", "")]) is ExitCode.FINE
    assert exit_code([fine("a", ""), bad("b", "")]) is ExitCode.BAD_NEWS
    assert exit_code([bad("a", ""), unreachable("b", ""), note("c", "")]) is ExitCode.UNREACHABLE


async def test_one_check_hides_no_other() -> None:
    async def hangs(_: Patient) -> list[Finding]:
        await asyncio.Event().wait()
        return []

    async def fails(_: Patient) -> list[Finding]:
        raise KeyError("oops")

    async def works(_: Patient) -> list[Finding]:
        return [fine("works", "yes")]

    checks = [Check("a", hangs), Check("b", fails), Check("c", works)]
    found = [(f.check, f.level) async for f in examine(PATIENT, checks, most_s=0.05)]
    assert found == [("a", Level.UNREACHABLE), ("b", Level.BAD), ("works", Level.FINE)]


def test_a_broken_desk_leaves_the_environment(tmp_path: Path) -> None:
    def found(**environment: str) -> Patient:
        return admit(tmp_path, environment, live=False, patience_s=1.0)

    nobody = found(REDIS_URL="redis://h/0")
    assert [f.check for f in nobody.found] == ["desk"]
    assert nobody.settings is not None
    assert nobody.settings.text("REDIS_URL") == "redis://h/0"
    (tmp_path / "desk.yaml").write_text("nme: x\n")
    assert {f.check for f in found().found} == {"desk"}
    assert any("desk.yaml:1:1: unknown key" in f.says for f in found().found)
    (tmp_path / "desk.yaml").write_text("name: x\nsettings: {wait_s: soon}\n")
    broken = found()
    assert broken.settings is None
    assert [(f.check, "is no number" in f.says) for f in broken.found] == [("settings", True)]


def test_feeds_that_fail_are_named_with_how_long() -> None:
    failing = [Failing(feed=f"f{n}", failures=2, since_s=0.0 if n else 100.0) for n in range(7)]
    assert judge_polls([], 7_300.0).level is Level.FINE
    found = judge_polls(failing, 7_300.0)
    assert found.level is Level.NOTE
    assert found.says == "7 feeds fail: f0 for 2 h, f1, f2, f3, f4 and 2 more"
    assert found.do == "`wirewatch feeds check f0 f1 f2 f3 f4` says why"
