"""A real Apache Kafka and a real Redis, for the tests that ask for both."""

import os
from dataclasses import dataclass, field

import pytest
from stubs.apache_kafka import ApacheKafka, missing_parts
from stubs.redis_server import RedisServer

REQUIRE_REAL = "WIREWATCH_REQUIRE_REAL"


def require_real() -> None:
    """Skips, saying why, where Java, Maven or redis-server is missing; CI insists on them."""
    missing = missing_parts()
    if missing and os.environ.get(REQUIRE_REAL):
        pytest.fail(f"{REQUIRE_REAL} is set, but missing: {', '.join(missing)}")
    if missing:
        pytest.skip(f"needs a real Apache Kafka and Redis; missing: {', '.join(missing)}")


@dataclass
class Real:
    """Both of them, and the settings that lead to them."""

    kafka: ApacheKafka
    redis: RedisServer
    environment: dict[str, str] = field(default_factory=dict)
