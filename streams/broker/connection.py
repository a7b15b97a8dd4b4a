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


class Protocol(StrEnum):
    """Kafka's four listener protocols."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """Whom this program trusts, and how it proves who it is."""

    protocol: Protocol = Protocol.PLAINTEXT
    mechanism: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    key_password: str = field(default="", repr=False)
    verify_host: bool = True

    @property
    def tls(self) -> bool:
        """True when the line is encrypted."""
        return self.protocol in {Protocol.SSL, Protocol.SASL_SSL}

    @property
    def sasl(self) -> bool:
        """True when a name and a password are asked for."""
        return self.protocol in {Protocol.SASL_PLAINTEXT, Protocol.SASL_SSL}

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS context, or None where the line is plain.

        Raises:
            OSError: a file cannot be read or holds no certificate or key.
        """
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=self.ca_file or None)
        context.check_hostname = self.verify_host
        if self.cert_file:
            context.load_cert_chain(self.cert_file, self.key_file or None, self.key_password)
        return context


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
        options: dict[str, Any] = {"bootstrap_servers": self.bootstrap}
        if self.security.protocol is Protocol.PLAINTEXT:
            return options
        options |= {
            "security_protocol": str(self.security.protocol),
            "ssl_context": self.security.ssl_context(),
        }
        if self.security.sasl:
            options |= {
                "sasl_mechanism": self.security.mechanism,
                "sasl_plain_username": self.security.username,
                "sasl_plain_password": self.security.password,
            }
        return options
