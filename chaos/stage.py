"""Where a run takes place: a broker and a Redis of its own, each of which can be killed.

`apache-kafka` keeps its log over a kill, `tansu` forgets everything; the Redis beside them keeps
what it answered (`appendfsync always`), on `tansu-everysec` only what it was asked to have on disk.
"""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from stubs.apache_kafka import ApacheKafka, missing_parts
from stubs.redis_server import RedisServer, valkey
from stubs.tansu import Tansu

from streams.broker.admin import ensure_topics
from streams.broker.connection import Connection
from streams.topics import TOPICS

STAGES = ("apache-kafka", "tansu", "tansu-everysec")
SESSION_TIMEOUT_S = "6"
"""The least Apache Kafka takes: a dead worker's partitions move soon."""

PARTITIONS = 4


@dataclass
class Stage:
    """A broker and a Redis; `forgets` is True where a killed broker comes back empty."""

    name: str
    broker: ApacheKafka | Tansu
    redis: RedisServer
    forgets: bool
    _away: set[str] = field(default_factory=set)
    _back: float = float("-inf")

    @property
    def calm_s(self) -> float:
        """Seconds since one of them was away, 0 while one is."""
        return 0.0 if self._away else time.monotonic() - self._back

    @property
    def environment(self) -> dict[str, str]:
        """What the workers are told of it."""
        wait_ms = "20" if self.forgets else "500"
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.broker.bootstrap,
            "REDIS_URL": self.redis.url,
            "WIREWATCH_SESSION_TIMEOUT_S": SESSION_TIMEOUT_S,
            "WIREWATCH_FETCH_WAIT_MS": wait_ms,
            "WIREWATCH_PARTITIONS": str(PARTITIONS),
        }

    def start(self) -> None:
        """Broker, topics, Redis."""
        self.redis.start()
        self.start_broker()

    def start_broker(self) -> None:
        """The broker, and its topics: a worker makes them when it starts, an operator here."""
        self.broker.start()
        where = Connection(bootstrap=self.broker.bootstrap)
        asyncio.run(ensure_topics(where, TOPICS, PARTITIONS, replication=1))
        self._is_back("broker")

    def kill_broker(self) -> None:
        """SIGKILL."""
        self._away.add("broker")
        self.broker.kill()

    def start_redis(self) -> None:
        """Redis, with what its file holds."""
        self.redis.start()
        self._is_back("redis")

    def kill_redis(self) -> None:
        """SIGKILL."""
        self._away.add("redis")
        self.redis.kill()

    def _is_back(self, service: str) -> None:
        self._away.discard(service)
        self._back = time.monotonic()

    def stop(self) -> None:
        """Ends both."""
        self.broker.kill()
        self.redis.kill()

    def client(self) -> redis.Redis:
        """A client of the Redis, for mischief and for the books."""
        return redis.Redis.from_url(
            self.redis.url,
            decode_responses=True,
            socket_timeout=10,
            retry=Retry(NoBackoff(), 0),
        )


def missing(name: str) -> list[str]:
    """What this machine lacks for a stage, in words for a person."""
    return missing_parts() if name == "apache-kafka" else []


def set_up(name: str, folder: Path) -> Stage:
    """The stage, not started."""
    if name == "apache-kafka":
        return Stage(
            name,
            ApacheKafka(folder / "kafka"),
            RedisServer(folder / "redis"),
            False,
        )
    fsync = name.partition("-")[2] or "always"
    memory = RedisServer(folder / "redis", program=valkey(), appendfsync=fsync)
    return Stage(name, Tansu(folder / "tansu"), memory, True)
