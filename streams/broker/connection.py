"""Connection: where the broker is, how it is entered, how patient this program is with it.

In: settings as values.  Out: what each client library is given; one `Security` serves all three.
Invariant: a password is in no `repr`, so in no log.
"""

import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from streams.topics import Topic


class BrokerUnreachable(ConnectionError):
    """No Kafka broker answers; the text says what was tried."""


class Protocol(StrEnum):
    """Kafka's four listener protocols."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def tls(self) -> bool:
        """True when the line is encrypted."""
        return self in {Protocol.SSL, Protocol.SASL_SSL}

    @property
    def sasl(self) -> bool:
        """True when a name and a password are asked for."""
        return self in {Protocol.SASL_PLAINTEXT, Protocol.SASL_SSL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """Whom this program trusts, and how it proves who it is.

    `context` is made once and shared by every client; None where the line is plain.
    """

    protocol: Protocol = Protocol.PLAINTEXT
    mechanism: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)

    def client_options(self) -> dict[str, Any]:
        """As aiokafka and kafka-python both take it."""
        if self.protocol is Protocol.PLAINTEXT:
            return {}
        options: dict[str, Any] = {
            "security_protocol": str(self.protocol),
            "ssl_context": self.context,
        }
        if self.protocol.sasl:
            options |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return options


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRange:
    """The session timeouts a broker takes, in seconds; another one is refused for ever."""

    least_s: float
    most_s: float

    def nearest(self, session_s: float) -> float:
        """The allowed timeout nearest to `session_s`."""
        return min(max(session_s, self.least_s), self.most_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where the broker is and how patient it is.

    `prefix` stands before every topic and group, so that several installations share a cluster.
    `fetch_wait_ms`: how long the broker may hold a fetch; Tansu does not wake it, so it is short
    there.  `session_timeout_s`: Apache Kafka refuses less than 6, Tansu joins in half of it.
    """

    bootstrap: str
    security: Security = Security()
    prefix: str = ""
    session_timeout_s: float = 10.0
    fetch_wait_ms: int = 500
    data: Path = Path()

    def name(self, topic: Topic) -> str:
        """The topic's name on this cluster."""
        return self.prefix + topic.name

    def group(self, name: str) -> str:
        """The consumer group's name on this cluster."""
        return self.prefix + name

    def client_options(self) -> dict[str, Any]:
        """Address and security as aiokafka and kafka-python both take them."""
        return {"bootstrap_servers": self.bootstrap, **self.security.client_options()}
