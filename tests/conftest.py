"""Fixtures of every test: desks, stub outlets and Slack, embedded and real services."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from stubs.apache_kafka import ApacheKafka, missing_parts
from stubs.outlet import OutletStub
from stubs.redis_server import RedisServer
from stubs.slack import GOOD_TOKEN, SlackStub
from stubs.wirewatch import Desk

REQUIRE_REAL = "WIREWATCH_REQUIRE_REAL"


def require_real() -> None:
    """Skips, saying why, where Java, Maven or redis-server is missing; CI insists on them."""
    missing = missing_parts()
    if missing and os.environ.get(REQUIRE_REAL):
        pytest.fail(f"{REQUIRE_REAL} is set, but missing: {', '.join(missing)}")
    if missing:
        pytest.skip(f"needs a real Apache Kafka and Redis; missing: {', '.join(missing)}")


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


@dataclass
class Real:
    """A real Apache Kafka and a real Redis."""

    kafka: ApacheKafka
    redis: RedisServer
    environment: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Real]:
    require_real()
    with ApacheKafka(tmp_path / "kafka") as kafka, RedisServer(tmp_path / "redis") as redis:
        yield Real(
            kafka,
            redis,
            {
                "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
                "REDIS_URL": redis.url,
                "WIREWATCH_SESSION_TIMEOUT_S": "6",
            },
        )


@pytest.fixture(params=["embedded", pytest.param("apache", marks=pytest.mark.kafka)])
def services(request: pytest.FixtureRequest, desk: Desk) -> str:
    """The same test on the embedded services and on real ones."""
    if request.param == "apache":
        desk.environment |= request.getfixturevalue("real").environment
    return str(request.param)
