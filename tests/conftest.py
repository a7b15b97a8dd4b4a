"""Fixtures of every test: desks, stub outlets and Slack, embedded and real services."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
from stubs import redis_server
from stubs.apache_kafka import PASSWORD, USER, ApacheKafka, missing_parts
from stubs.certificates import KEY_PASSWORD, Certificates
from stubs.embedded import embedded
from stubs.outlet import OutletStub
from stubs.redis_server import RedisServer
from stubs.slack import GOOD_TOKEN, SlackStub
from stubs.wirewatch import Desk

from monitor.embedded.services import Serves
from streams.broker.connection import Connection

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


@pytest.fixture(scope="module")
def apache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """A real Apache Kafka for all tests of a module, which part by topic prefixes."""
    require_real()
    with ApacheKafka(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


@pytest.fixture(scope="module", params=["tansu", pytest.param("apache", marks=pytest.mark.kafka)])
def broker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connection]:
    """A broker by itself, one for all tests of a module: give each a prefix of its own."""
    folder = tmp_path_factory.mktemp("broker")
    if request.param == "tansu":
        with embedded(Serves.BROKER, folder) as service:
            yield Connection(bootstrap=service.address, fetch_wait_ms=20)
        return
    require_real()
    with ApacheKafka(folder) as kafka:
        yield Connection(bootstrap=kafka.bootstrap)


@pytest.fixture(params=["embedded", pytest.param("apache", marks=pytest.mark.kafka)])
def services(request: pytest.FixtureRequest, desk: Desk) -> str:
    """The same test on the embedded services and on real ones."""
    if request.param == "apache":
        desk.environment |= request.getfixturevalue("real").environment
    return str(request.param)


@dataclass
class Secured:
    """A Kafka and a Redis that ask who is there, and ways past them as settings."""

    kafka: ApacheKafka
    redis: RedisServer
    certificates: Certificates
    folder: Path

    def secret(self, name: str, text: str) -> str:
        """A file that holds a secret, as Docker and Kubernetes hand it over."""
        path = self.folder / name
        path.write_text(f"{text}\n")
        return str(path)

    def filled(self, settings: dict[str, str]) -> dict[str, str]:
        """Settings with the ports and files that `{scram}`, `{client_cert}` … stand for."""
        kafka, redis = self.kafka, self.redis
        known = vars(self.certificates) | {
            "plain": kafka.port,
            "scram": kafka.scram_port,
            "mutual": kafka.mutual_port,
            "clear": kafka.clear_port,
            "redis_tls": redis.tls_port,
            "password": quote(redis_server.PASSWORD, safe=""),
        }
        return {name: value.format(**known) for name, value in settings.items()}

    @property
    def open(self) -> dict[str, str]:
        """Kafka's listener that asks for nothing."""
        return {"KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap}

    @property
    def scram(self) -> dict[str, str]:
        """SASL over TLS."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{self.kafka.scram_port}",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_USERNAME": USER,
            "KAFKA_SASL_PASSWORD_FILE": self.secret("kafka-password", PASSWORD),
            "KAFKA_SSL_CA_FILE": self.certificates.ca,
        }

    @property
    def mutual(self) -> dict[str, str]:
        """TLS with a certificate of our own, its key locked."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{self.kafka.mutual_port}",
            "KAFKA_SECURITY_PROTOCOL": "SSL",
            "KAFKA_SSL_CA_FILE": self.certificates.ca,
            "KAFKA_SSL_CERT_FILE": self.certificates.client_cert,
            "KAFKA_SSL_KEY_FILE": self.certificates.client_locked,
            "KAFKA_SSL_KEY_PASSWORD_FILE": self.secret("key-password", KEY_PASSWORD),
        }

    @property
    def clear(self) -> dict[str, str]:
        """Name and password on a plain line."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{self.kafka.clear_port}",
            "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "KAFKA_SASL_MECHANISM": "PLAIN",
            "KAFKA_SASL_USERNAME": USER,
            "KAFKA_SASL_PASSWORD_FILE": self.secret("kafka-password", PASSWORD),
        }

    @property
    def rediss(self) -> dict[str, str]:
        """Redis with TLS and its password."""
        url = f"rediss://:{quote(redis_server.PASSWORD, safe='')}@127.0.0.1:{self.redis.tls_port}/0"
        return {
            "REDIS_URL_FILE": self.secret("redis-url", url),
            "REDIS_SSL_CA_FILE": self.certificates.ca,
        }
