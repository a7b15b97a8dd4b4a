"""Kafka and Redis as production runs them: TLS, logins, ACLs, several installations on one cluster.

Every wrong turn ends at once, in one line that says what to set, and never with a secret in it.
"""

import gc
import itertools
import json
import re
import warnings
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
)
from stubs import redis_server
from stubs.apache_kafka import PASSWORD, USER
from stubs.certificates import KEY_PASSWORD
from stubs.outlet import AUTO, Entry, OutletStub, rss
from stubs.secured import Secured
from stubs.slack import SlackStub
from stubs.wirewatch import Desk, Process

from alerts.client import RedisUnreachable, ping
from monitor.desk.settings import resolve
from monitor.program.connect import connection, memory
from streams.broker.admin import TopicRefused, ensure_topics, session_range
from streams.broker.connection import BrokerUnreachable, Connection, SessionRange
from streams.broker.knock import knock
from streams.entry import NotLetIn, Part
from streams.topics import TOPICS

pytestmark = pytest.mark.kafka

STORY = Entry(
    "US imposes sanctions on Pakistan", "s-1", "https://a.example/s", summary="As announced."
)
SECRETS = (PASSWORD, KEY_PASSWORD, redis_server.PASSWORD, quote(redis_server.PASSWORD, safe=""))

_installations = itertools.count()


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Ends here what redis-py leaves of a TLS connection whose login was refused.

    Its transport is half closed when the loop ends; the collector would say so in any later test.
    """
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def prefix() -> str:
    """Topics and groups nobody else uses."""
    return f"test-{next(_installations)}."


@pytest.fixture
def guarded(desk: Desk, outlet: OutletStub, secured: Secured, prefix: str) -> Desk:
    """A desk with one story to tell, keys and topics of its own, and no way in yet."""
    desk.write("desk.yaml", f"name: {prefix.strip('.')}\nto: '#desk'\n")
    outlet.serve("/a", rss(STORY), etag=AUTO)
    desk.feeds(a=outlet.url("/a"))
    desk.environment |= {"WIREWATCH_TOPIC_PREFIX": prefix, "WIREWATCH_SESSION_TIMEOUT_S": "6"}
    return desk


def tells(run: Process, slack: SlackStub) -> None:
    """The whole way works: poll, match, alert, all clients of both services."""
    run.until_ready().until_decided("first")
    assert [message.channel for message in slack.messages] == ["#south-asia"]
    assert run.stop() == 0
    assert "Traceback" not in "".join(run.errors)


def test_the_story_through_scram_and_rediss(
    guarded: Desk, secured: Secured, slack: SlackStub
) -> None:
    run = guarded.run(**secured.scram, **secured.rediss)
    tells(run, slack)
    assert all("✓" in line for line in run.errors), run.errors


def test_the_story_through_certificates_on_both_sides(
    guarded: Desk, secured: Secured, slack: SlackStub
) -> None:
    files = secured.certificates
    ours = {"REDIS_SSL_CERT_FILE": files.client_cert, "REDIS_SSL_KEY_FILE": files.client_key}
    tells(guarded.run(**secured.mutual, **secured.rediss, **ours), slack)


def test_debug_shows_no_secret(guarded: Desk, secured: Secured, slack: SlackStub) -> None:
    run = guarded.run(**secured.clear, **secured.rediss, LOG_LEVEL="debug")
    tells(run, slack)
    said = "\n".join(run.errors)
    assert "'sasl_plain_password': '********'" in said  # as kafka-python prints its settings
    assert "SASL_PLAINTEXT with PLAIN shows Kafka's password" in said
    assert not [line for line in run.errors if any(secret in line for secret in SECRETS)]


@pytest.mark.parametrize(
    ("way", "changes", "code", "said"),
    [
        ("scram", {"KAFKA_SASL_PASSWORD": "wrong-0"}, 3, "KAFKA_SASL_PASSWORD)"),
        ("scram", {"KAFKA_SSL_CA_FILE": ""}, 3, "(KAFKA_SSL_CA_FILE)"),
        ("scram", {"REDIS_URL": "rediss://:wrong-0@127.0.0.1:{redis_tls}/0"}, 3, "(REDIS_URL)"),
        ("scram", {"REDIS_SSL_CA_FILE": ""}, 3, "(REDIS_SSL_CA_FILE)"),
        ("scram", {"WIREWATCH_SESSION_TIMEOUT_S": "3"}, 2, "which takes 6 to 1800 seconds"),
        ("mutual", {"KAFKA_SSL_KEY_PASSWORD": "wrong-0"}, 2, "KAFKA_SSL_KEY_PASSWORD ("),
    ],
)
def test_a_wrong_turn_ends_at_once(
    guarded: Desk, secured: Secured, way: str, changes: dict[str, str], code: int, said: str
) -> None:
    ran = guarded.call(
        *("run", "--desk", "desk", "--json"),
        **(getattr(secured, way) | secured.rediss | secured.filled(changes)),
    )
    assert ran.returncode == code
    [line] = [line for line in ran.stderr.splitlines() if "✓" not in line]
    assert line.startswith("wirewatch: ")
    assert said in line
    assert "waiting" not in ran.stderr
    shown = ran.stdout + ran.stderr
    assert not [secret for secret in (*SECRETS, "wrong-0") if secret in shown]


PLAIN_PORT = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:{plain}"}
KNOCKS = [
    # way in, changed settings, the part that is refused; None: nobody knows, it may pass
    ("scram", {"KAFKA_SASL_PASSWORD": "wrong-0"}, Part.LOGIN),
    ("scram", {"KAFKA_SASL_USERNAME": "nobody"}, Part.LOGIN),
    ("scram", {"KAFKA_SASL_MECHANISM": "PLAIN"}, Part.MECHANISM),
    ("scram", {"KAFKA_SSL_CA_FILE": "{other_ca}"}, Part.CA_FILE),
    ("scram", {"KAFKA_BOOTSTRAP_SERVERS": "localhost:{scram}"}, Part.VERIFY_HOST),
    ("scram", {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:{mutual}"}, Part.CERT_FILE),
    ("scram", {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:{clear}"}, None),
    ("scram", {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, None),
    ("clear", {"KAFKA_SASL_PASSWORD": "wrong-0"}, Part.LOGIN),
    ("clear", {"KAFKA_SASL_MECHANISM": "SCRAM-SHA-256"}, Part.MECHANISM),
    ("clear", PLAIN_PORT, Part.PROTOCOL),
    ("clear", {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:{scram}"}, Part.PROTOCOL),
    ("mutual", {"KAFKA_SSL_CERT_FILE": "", "KAFKA_SSL_KEY_FILE": ""}, Part.CERT_FILE),
    ("mutual", {"KAFKA_SSL_CERT_FILE": "{foreign_both}", "KAFKA_SSL_KEY_FILE": ""}, Part.CERT_FILE),
    ("mutual", {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:{scram}"}, None),
    ("mutual", PLAIN_PORT, None),
    ("open", {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:{clear}"}, None),
    ("open", {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:{scram}"}, Part.PROTOCOL),
]


async def answered(part: Part | None, ask: Callable[[], Awaitable[None]]) -> None:
    """Asks again, as the program does: a line that is cut may swallow the reason."""
    while True:
        try:
            return await ask()
        except ConnectionError:
            if part is None:
                raise


@pytest.mark.parametrize(("way", "changes", "part"), KNOCKS)
async def test_kafka_says_why_it_lets_nobody_in(
    secured: Secured, way: str, changes: dict[str, str], part: Part | None
) -> None:
    where = connection(resolve(getattr(secured, way) | secured.filled(changes)), Path())
    with pytest.raises(NotLetIn if part else BrokerUnreachable) as refused:
        await answered(part, lambda: knock(where))
    assert getattr(refused.value, "part", None) == part
    assert str(refused.value).startswith(("127.0.0.1:", "localhost:"))
    assert not [secret for secret in (*SECRETS, "wrong-0") if secret in str(refused.value)]


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:{clear}"}, "name and a password (SASL_…)"),
        (
            {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:{plain}", "KAFKA_SECURITY_PROTOCOL": "SSL"},
            "TLS?",
        ),
    ],
)
async def test_what_may_pass_comes_with_a_hint(
    secured: Secured, changes: dict[str, str], hint: str
) -> None:
    with pytest.raises(BrokerUnreachable, match=re.escape(hint)):
        await knock(connection(resolve(secured.filled(changes)), Path()))


async def test_one_open_door_is_enough(secured: Secured) -> None:
    doors = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1,localhost:{scram},127.0.0.1:{scram}"}
    await knock(connection(resolve(secured.scram | secured.filled(doors)), Path()))


@pytest.mark.parametrize("replication", [0, 1])
async def test_a_topic_that_cannot_be_made_is_named(secured: Secured, replication: int) -> None:
    bad = Connection(bootstrap=secured.kafka.bootstrap, prefix="no topic ")
    with pytest.raises(TopicRefused, match=r"no topic wire\.\w+: .*invalid"):
        await ensure_topics(bad, TOPICS, 1, replication=replication)


async def test_the_sessions_kafka_takes(secured: Secured) -> None:
    where = connection(resolve(secured.scram), Path())
    assert await session_range(where) == SessionRange(least_s=6, most_s=1800)


PINGS = [
    ({"REDIS_URL": "rediss://127.0.0.1:{redis_tls}"}, Part.LOGIN),
    ({"REDIS_URL": "rediss://:wrong-0@127.0.0.1:{redis_tls}/0"}, Part.LOGIN),
    ({"REDIS_URL": "rediss://desk:wrong-0@127.0.0.1:{redis_tls}/0"}, Part.LOGIN),
    ({"REDIS_URL": "rediss://:{password}@127.0.0.1:{redis_tls}/99"}, Part.ADDRESS),
    ({"REDIS_URL": "rediss://:{password}@localhost:{redis_tls}/0"}, Part.VERIFY_HOST),
    ({"REDIS_SSL_CA_FILE": "{other_ca}"}, Part.CA_FILE),
    ({"REDIS_SSL_CERT_FILE": "{foreign_both}"}, Part.CERT_FILE),
    ({"REDIS_URL": "redis://:{password}@127.0.0.1:{redis_tls}", "REDIS_SSL_CA_FILE": ""}, None),
    ({"REDIS_URL": "rediss://:{password}@127.0.0.1:{plain}/0"}, None),
    ({"REDIS_URL": "redis://127.0.0.1:1", "REDIS_SSL_CA_FILE": ""}, None),
]


@pytest.mark.parametrize(("changes", "part"), PINGS)
async def test_redis_says_why_it_lets_nobody_in(
    secured: Secured, changes: dict[str, str], part: Part | None
) -> None:
    where = memory(resolve(secured.rediss | secured.filled(changes)))
    with pytest.raises(NotLetIn if part else RedisUnreachable) as refused:
        await answered(part, lambda: ping(where))
    assert getattr(refused.value, "part", None) == part
    assert not [secret for secret in (*SECRETS, "wrong-0") if secret in str(refused.value)]


@pytest.mark.parametrize("config", [["config"], ["config", "--json", "--about"]])
def test_config_shows_no_secret(guarded: Desk, secured: Secured, config: list[str]) -> None:
    ran = guarded.call(*config, "--desk", "desk", **secured.mutual, **secured.rediss)
    assert ran.returncode == 0
    assert "********" in ran.stdout
    assert not [secret for secret in SECRETS if secret in ran.stdout + ran.stderr]


def test_two_installations_on_one_cluster_do_not_meet(
    guarded: Desk, secured: Secured, slack: SlackStub, outlet: OutletStub, tmp_path: Path
) -> None:
    other = Desk(tmp_path / "other" / "desk", name=f"other-{next(_installations)}")
    outlet.serve("/b", rss(Entry("Floods in Assam", "f-1", "https://b.example/f")))
    other.write("rules/asia.yaml", "floods: {all: [floods], to: '#floods'}\n")
    other.feeds(b=outlet.url("/b"))
    other.environment |= guarded.environment | {"WIREWATCH_TOPIC_PREFIX": "other-"}
    try:
        runs = [each.run(**secured.scram, **secured.rediss) for each in (guarded, other)]
        for run in runs:
            run.until_ready().until_decided("first")
        assert [run.stop() for run in runs] == [0, 0]
    finally:
        other.end()
    assert sorted(message.channel for message in slack.messages) == ["#floods", "#south-asia"]
    assert [(run.summary["items"], run.summary["dropped"]) for run in runs] == [(1, 0), (1, 0)]


@pytest.fixture
def admin(secured: Secured) -> Iterator[KafkaAdminClient]:
    """Kafka's own administrator, on the listener that asks for nothing."""
    client = KafkaAdminClient(bootstrap_servers=secured.kafka.bootstrap)
    yield client
    client.close()


def allow(who: str, kind: ResourceType, name: str, *operations: ACLOperation) -> list[ACL]:
    pattern = (
        ACLResourcePatternType.PREFIXED if name.endswith(".") else ACLResourcePatternType.LITERAL
    )
    return [
        ACL(
            f"User:{who}",
            "*",
            operation,
            ACLPermissionType.ALLOW,
            ResourcePattern(kind, name, pattern),
        )
        for operation in operations
    ]


def test_these_acls_are_enough(
    guarded: Desk, secured: Secured, slack: SlackStub, admin: KafkaAdminClient, prefix: str
) -> None:
    of, kind = ACLOperation, ResourceType
    acls = [
        *allow(USER, kind.TOPIC, prefix, of.READ, of.WRITE, of.DESCRIBE, of.CREATE),
        *allow(USER, kind.GROUP, prefix, of.READ),
        # what nobody but root may do: everything else, the broker's settings included
        *(acl for each in (kind.TOPIC, kind.GROUP) for acl in allow("root", each, "*", of.ALL)),
        *allow("root", kind.CLUSTER, "kafka-cluster", of.ALL),
    ]
    admin.create_acls(acls)
    try:
        way = secured.scram | secured.rediss
        tells(guarded.run(**way), slack)
        [topic] = admin.describe_topics([f"{prefix}wire.items"])
        assert len(topic["partitions"]) == 8
        ran = guarded.call("run", "--desk", "desk", **way, WIREWATCH_TOPIC_PREFIX="theirs.")
        assert ran.returncode == 3
        assert "Kafka refuses a topic: theirs.wire.items: " in ran.stderr
    finally:
        admin.delete_acls(acls)


def doctor(desk: Desk, code: int, **environment: str) -> dict[str, tuple[str, str]]:
    """What the doctor does not find fine: check to level and what to do, or what it says."""
    ran = desk.call("doctor", "--desk", str(desk.folder), "--json", **environment)
    assert (ran.returncode, ran.stderr) == (code, "")
    assert not any(secret in ran.stdout for secret in SECRETS)
    found = [line for line in map(json.loads, ran.stdout.splitlines()) if line["level"] != "fine"]
    return {line["check"]: (line["level"], line["do"] or line["says"]) for line in found}


def test_dead_letters_and_the_doctor_are_let_in_or_say_why(
    desk: Desk, secured: Secured, prefix: str
) -> None:
    desk.feeds(a="https://a.example/feed")
    desk.environment |= secured.scram | secured.rediss | {"WIREWATCH_TOPIC_PREFIX": prefix}
    found = doctor(desk, 0)
    assert {check: level for check, (level, _) in found.items()} == {"topics": "note"}
    assert desk.call("dlq", "ls", "--desk", str(desk.folder)).returncode == 0

    wrong = {"KAFKA_SASL_PASSWORD_FILE": secured.secret("wrong", "not-the-password")}
    assert doctor(desk, 3, **wrong, REDIS_SSL_CA_FILE="") == {
        "Kafka": ("unreachable", "look at KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD"),
        "Redis": ("unreachable", "look at REDIS_SSL_CA_FILE"),
    }
    ran = desk.call("dlq", "ls", "--desk", str(desk.folder), **wrong)
    assert (ran.returncode, ran.stdout) == (3, "")
    assert "KAFKA_SASL_PASSWORD" in ran.stderr

    found = doctor(desk, 1, KAFKA_SSL_CA_FILE="/nowhere.pem")
    level, says = found["Kafka"]
    assert level == "bad"
    assert "KAFKA_SSL_CA_FILE (environment KAFKA_SSL_CA_FILE): /nowhere.pem" in says
