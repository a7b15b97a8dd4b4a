"""Connect: settings in, the connection to broker that every part of a process shares out."""

from pathlib import Path

from monitor.desk.settings import Settings
from streams.broker.connection import Connection, Protocol, Security

EMBEDDED_SESSION_S = 2.0
"""Tansu holds a join for half of it; nothing is gained below 2."""

KAFKA_SESSION_S = 10.0
"""Apache Kafka refuses less than 6 by default."""

EMBEDDED_FETCH_WAIT_MS = 20
"""Tansu does not wake a waiting fetch; two hops at random times take 22 ms at p99."""

KAFKA_FETCH_WAIT_MS = 500
"""Apache Kafka wakes a waiting fetch at once."""


def connection(settings: Settings, data: Path, *, embedded: str = "") -> Connection:
    """How this process talks to the broker: the one given, or an `embedded` one (host:port)."""
    session_s = EMBEDDED_SESSION_S if embedded else KAFKA_SESSION_S
    fetch_wait_ms = EMBEDDED_FETCH_WAIT_MS if embedded else KAFKA_FETCH_WAIT_MS
    return Connection(
        bootstrap=embedded or settings.text("KAFKA_BOOTSTRAP_SERVERS"),
        security=Security() if embedded else security(settings),
        prefix=settings.text("WIREWATCH_TOPIC_PREFIX"),
        session_timeout_s=settings.number("WIREWATCH_SESSION_TIMEOUT_S", session_s),
        fetch_wait_ms=int(settings.number("WIREWATCH_FETCH_WAIT_MS", fetch_wait_ms)),
        data=data,
    )


def security(settings: Settings) -> Security:
    """Whom to trust and how to prove who we are, as set."""
    return Security(
        protocol=Protocol(settings.text("KAFKA_SECURITY_PROTOCOL")),
        mechanism=settings.text("KAFKA_SASL_MECHANISM"),
        username=settings.text("KAFKA_SASL_USERNAME"),
        password=settings.text("KAFKA_SASL_PASSWORD"),
        ca_file=settings.text("KAFKA_SSL_CA_FILE"),
        cert_file=settings.text("KAFKA_SSL_CERT_FILE"),
        key_file=settings.text("KAFKA_SSL_KEY_FILE"),
        key_password=settings.text("KAFKA_SSL_KEY_PASSWORD"),
        verify_host=settings.text("KAFKA_SSL_VERIFY_HOST") == "yes",
    )
