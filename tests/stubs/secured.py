"""A Kafka and a Redis that ask who is there, and the ways past them as settings of the program."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from stubs import redis_server
from stubs.apache_kafka import PASSWORD, USER, ApacheKafka
from stubs.certificates import KEY_PASSWORD, Certificates
from stubs.redis_server import RedisServer


@dataclass
class Secured:
    """Both, with what a test needs to enter; secrets are handed over in files."""

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
