"""Fixtures of every test: desks, stub outlets and Slack, embedded and real services."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from stubs.apache_kafka import ApacheKafka
from stubs.certificates import Certificates
from stubs.embedded import embedded
from stubs.kept_kafka import KeptKafka
from stubs.outlet import OutletStub
from stubs.real import Real, require_real
from stubs.redis_server import RedisServer
from stubs.secured import Secured
from stubs.slack import GOOD_TOKEN, SlackStub
from stubs.wirewatch import Desk

from monitor.embedded.services import Serves
from streams.broker.connection import Connection

settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


@pytest.fixture
def outlet() -> Iterator[OutletStub]:
    with OutletStub() as stub:
        yield stub


@pytest.fixture
def slack() -> Iterator[SlackStub]:
    with SlackStub() as stub:
        yield stub


@pytest.fixture
def desk(tmp_path: Path, slack: SlackStub) -> Iterator[Desk]:
    """A desk whose alerts go to the stub Slack."""
    desk = Desk(tmp_path / "desk")
    desk.environment |= {"SLACK_BOT_TOKEN": GOOD_TOKEN, "SLACK_API_URL": slack.url}
    yield desk
    desk.end()


@pytest.fixture(scope="session")
def kept_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptKafka]:
    require_real()
    kept = KeptKafka(tmp_path_factory.mktemp("kept"))
    yield kept
    kept.end()


@pytest.fixture
def real(kept_kafka: KeptKafka, tmp_path: Path) -> Iterator[Real]:
    with kept_kafka.lent() as kafka, RedisServer(tmp_path / "redis") as redis:
        yield Real(
            kafka,
            redis,
            {
                "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
                "REDIS_URL": redis.url,
                "WIREWATCH_SESSION_TIMEOUT_S": "6",
            },
        )


@pytest.fixture(scope="module")
def apache(kept_kafka: KeptKafka) -> Iterator[ApacheKafka]:
    """A real Apache Kafka for all tests of a module, which part by topic prefixes."""
    with kept_kafka.lent() as kafka:
        yield kafka


@pytest.fixture(scope="module", params=["tansu", pytest.param("apache", marks=pytest.mark.kafka)])
def broker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connection]:
    """A broker by itself, one for all tests of a module: give each a prefix of its own."""
    if request.param == "tansu":
        with embedded(Serves.BROKER, tmp_path_factory.mktemp("broker")) as service:
            yield Connection(bootstrap=service.address, fetch_wait_ms=20)
        return
    yield Connection(bootstrap=request.getfixturevalue("apache").bootstrap)


@pytest.fixture(params=["embedded", pytest.param("apache", marks=pytest.mark.kafka)])
def services(request: pytest.FixtureRequest, desk: Desk) -> str:
    """The same test on the embedded services and on real ones."""
    if request.param == "apache":
        desk.environment |= request.getfixturevalue("real").environment
    return str(request.param)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A real Kafka and a real Redis that ask who is there."""
    require_real()
    folder = tmp_path_factory.mktemp("secured")
    files = Certificates(folder / "certificates")
    with (
        ApacheKafka(folder / "kafka", certificates=files) as kafka,
        RedisServer(folder / "redis", files) as redis,
    ):
        yield Secured(kafka, redis, files, folder)
