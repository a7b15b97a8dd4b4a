"""Settings to connections: what is set wrong is refused in one line; no secret is ever shown."""

import ssl
from pathlib import Path
from typing import Any

import faust
import pytest
from aiokafka import AIOKafkaConsumer
from faust.transport.drivers import aiokafka as driver
from stubs.certificates import KEY_PASSWORD, Certificates

from alerts.client import connect
from alerts.connection import RedisConnection
from monitor.desk.settings import resolve
from monitor.exits import ExitCode, Quit
from monitor.program.connect import connection, memory, within
from streams.broker.connection import Connection, Protocol, SessionRange
from streams.broker.faust_app import make_app

KAFKA = {"KAFKA_BOOTSTRAP_SERVERS": "k1:9092, [::1]:9093"}
PASSWORD = "s3cret/pa:w0rd@x"
LOGIN = {"KAFKA_SASL_USERNAME": "desk", "KAFKA_SASL_PASSWORD": PASSWORD}
SASL_SSL = KAFKA | LOGIN | {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}
REDISS = {"REDIS_URL": "rediss://u:s3cret%2Fpa%3Aw0rd%40x@r:6380/0"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


def kafka(environment: dict[str, str]) -> Connection:
    return connection(resolve(environment), Path())


def test_all_clients_are_given_the_same(files: Certificates) -> None:
    where = kafka(SASL_SSL | {"KAFKA_SSL_CA_FILE": files.ca})
    context = where.security.context
    assert where.client_options() == {
        "bootstrap_servers": "k1:9092,[::1]:9093",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "desk",
        "sasl_plain_password": PASSWORD,
        "ssl_context": context,
    }
    assert where.client_options()["ssl_context"] is context  # made once
    assert isinstance(context, ssl.SSLContext)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert len(context.get_ca_certs()) == 1  # and nobody else


@pytest.mark.parametrize("protocol", Protocol)
def test_faust_is_given_the_same(files: Certificates, protocol: Protocol) -> None:
    environment = KAFKA | {"KAFKA_SECURITY_PROTOCOL": protocol}
    if protocol.sasl:
        environment |= LOGIN | {"KAFKA_SASL_MECHANISM": "PLAIN"}
    if protocol.tls:
        environment |= {"KAFKA_SSL_CERT_FILE": files.client_cert}
        environment |= {"KAFKA_SSL_KEY_FILE": files.client_key}
    where = kafka(environment)
    plain = {"security_protocol": "PLAINTEXT"} if protocol is Protocol.PLAINTEXT else {}
    ours = where.client_options() | plain
    ours.pop("bootstrap_servers")
    assert faust_options(where) == ours


def faust_options(where: Connection) -> dict[str, Any]:
    """What Faust makes of its credentials, for its consumer and its producer alike."""
    app: faust.App = make_app("test", where)
    return dict(driver.credentials_to_aiokafka_auth(app.conf.broker_credentials, None))


def test_aiokafka_takes_the_options(files: Certificates) -> None:
    assert set(kafka(SASL_SSL).client_options()) <= set(AIOKafkaConsumer.__init__.__kwdefaults__)


def missing(name: str, **more: str) -> dict[str, str]:
    return {key: value for key, value in (SASL_SSL | more).items() if key != name}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"KAFKA_BOOTSTRAP_SERVERS": "kafka"}, 'S): "kafka" is no host:port'),
        ({"KAFKA_BOOTSTRAP_SERVERS": "a:1,"}, 'S): "" is no host:port'),
        ({"KAFKA_BOOTSTRAP_SERVERS": "a:99999"}, 'S): "a:99999" is no host:port'),
        ({"KAFKA_BOOTSTRAP_SERVERS": "SSL://a:1"}, "is no host:port"),
        (KAFKA | {"KAFKA_SECURITY_PROTOCOL": "TLS"}, '"TLS" is none of PLAINTEXT, SSL'),
        (SASL_SSL | {"KAFKA_SASL_MECHANISM": "GSSAPI"}, '"GSSAPI" is none of PLAIN'),
        (missing("KAFKA_SASL_USERNAME"), "KAFKA_SASL_USERNAME is missing: KAFKA_SECURITY_P"),
        (missing("KAFKA_SASL_PASSWORD"), "KAFKA_SASL_PASSWORD is missing: KAFKA_SECURITY_P"),
        (SASL_SSL | {"KAFKA_SASL_USERNAME": "a=b"}, "KAFKA_SASL_USERNAME (environment"),
        (KAFKA | LOGIN, "has no effect: KAFKA_SECURITY_PROTOCOL is PLAINTEXT"),
        (KAFKA | {"KAFKA_SSL_CA_FILE": "/ca"}, "has no effect: KAFKA_SECURITY_PROTOCOL is PLAIN"),
        (SASL_SSL | {"KAFKA_SSL_CA_FILE": "/no"}, "/no cannot be read: No such file"),
        (SASL_SSL | {"KAFKA_SSL_CA_FILE": "/"}, "/ cannot be read: Is a directory"),
        (SASL_SSL | {"KAFKA_SSL_CA_FILE": "{client_key}"}, "holds no certificate in PEM form"),
        (SASL_SSL | {"KAFKA_SSL_CERT_FILE": "/no"}, "KAFKA_SSL_CERT_FILE (environment"),
        (SASL_SSL | {"KAFKA_SSL_CERT_FILE": "{client_key}"}, "holds no certificate in PEM form"),
        (SASL_SSL | {"KAFKA_SSL_CERT_FILE": "{client_cert}"}, "client.pem holds no key in PEM"),
        (SASL_SSL | {"KAFKA_SSL_KEY_FILE": "{client_key}"}, "KAFKA_SSL_CERT_FILE: missing"),
        (KAFKA | {"WIREWATCH_TOPIC_PREFIX": "my desk."}, '"my desk." cannot begin a topic'),
        (KAFKA | {"WIREWATCH_TOPIC_PREFIX": "ü"}, "letters, digits, . _ - only"),
        (KAFKA | {"WIREWATCH_TOPIC_PREFIX": "x" * 201}, "at most 200"),
        (KAFKA | {"WIREWATCH_SESSION_TIMEOUT_S": "91"}, "at least 1 and at most 90"),
    ],
)
def test_what_cannot_work_at_kafka(
    environment: dict[str, str], said: str, files: Certificates
) -> None:
    filled = {k: v.format(**vars(files)) for k, v in environment.items()}
    refused_with(said, lambda: kafka(filled))


def refused_with(said: str, call: Any) -> None:
    with pytest.raises(Quit) as end:
        call()
    assert said in end.value.message
    assert "\n" not in end.value.message
    assert end.value.code is ExitCode.USAGE
    assert not [part for part in ("s3cret", "w0rd") if part in end.value.message]


@pytest.mark.parametrize(
    ("key", "password", "said"),
    [
        ("server_key", "", "KAFKA_SSL_KEY_FILE (environment KAFKA_SSL_KEY_FILE): "),
        ("server_key", "", "server.key is not the key of "),
        ("client_cert", "", "holds no key in PEM form"),
        ("client_locked", "", "KAFKA_SSL_KEY_PASSWORD: missing: a password locks "),
        (
            "client_locked",
            "x" * 9,
            "KEY_PASSWORD (environment KAFKA_SSL_KEY_PASSWORD): does",
        ),
        ("client_locked", "x" * 2_000, "longer than 1024 bytes"),
    ],
)
def test_a_key_that_does_not_fit(files: Certificates, key: str, password: str, said: str) -> None:
    environment = SASL_SSL | {
        "KAFKA_SSL_CERT_FILE": files.client_cert,
        "KAFKA_SSL_KEY_FILE": getattr(files, key),
        "KAFKA_SSL_KEY_PASSWORD": password,
    }
    refused_with(said, lambda: kafka(environment))


def test_a_locked_key_opens(files: Certificates) -> None:
    environment = SASL_SSL | {
        "KAFKA_SSL_CERT_FILE": files.client_cert,
        "KAFKA_SSL_KEY_FILE": files.client_locked,
        "KAFKA_SSL_KEY_PASSWORD": KEY_PASSWORD,
    }
    assert kafka(environment).security.context
    both = SASL_SSL | {"KAFKA_SSL_CERT_FILE": files.server_both}  # key and certificate in one file
    assert kafka(both).security.context


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"REDIS_URL": "http://r/0"}, "REDIS_URL (environment REDIS_URL): no redis://"),
        ({"REDIS_URL": "r:6379"}, "no redis://"),
        ({"REDIS_URL": f"redis://:{PASSWORD}@r:6379/0"}, "in a password % : / ?"),
        ({"REDIS_URL": "redis://:12?s3cret@r/0"}, "no redis://"),
        ({"REDIS_URL": "redis://:a#s3cret@r/0"}, "no redis://"),
        ({"REDIS_URL": "redis://:1/s3cret@r/0"}, "no redis://"),
        ({"REDIS_URL": "redis://r:0/0"}, "no redis://"),
        ({"REDIS_URL": "redis://r:6379/news"}, "no redis://"),
        ({"REDIS_URL": "redis://r:6379/0?ssl_cert_reqs=none"}, "nothing may stand behind a ?"),
        ({"REDIS_URL": "redis://r:6379", "REDIS_SSL_CA_FILE": "/ca"}, "no rediss:// address"),
        (REDISS | {"REDIS_SSL_CA_FILE": "/no"}, "REDIS_SSL_CA_FILE (environment"),
        (REDISS | {"REDIS_SSL_KEY_FILE": "{client_key}"}, "REDIS_SSL_CERT_FILE: missing"),
        (
            REDISS | {"REDIS_SSL_CERT_FILE": "{client_cert}", "REDIS_SSL_KEY_FILE": "{server_key}"},
            "server.key is not the key of ",
        ),
    ],
)
def test_what_cannot_work_at_redis(
    environment: dict[str, str], said: str, files: Certificates
) -> None:
    filled = {k: v.format(**vars(files)) for k, v in environment.items()}
    refused_with(said, lambda: memory(resolve(filled)))


@pytest.mark.parametrize(
    "url", ["redis://r", "redis://r:6379/3", "redis://u:p%40@r/", "rediss://[::1]:1/0", "unix:///s"]
)
def test_addresses_of_redis(url: str) -> None:
    assert memory(resolve({"REDIS_URL": url})).url == url


def test_redis_clients_share_one_context(files: Certificates) -> None:
    where = memory(resolve(REDISS | {"REDIS_SSL_CA_FILE": files.ca}))
    assert where.context
    assert len(where.context.get_ca_certs()) == 1
    made = connect(where).connection_pool.make_connection()
    assert made.ssl_context.get() is where.context
    assert (made.host, made.username, made.password) == ("r", "u", PASSWORD)


@pytest.mark.parametrize(
    ("given", "kept"), [("", 10.0), ("6", 6.0), ("45", 45.0), ("3", None), ("61", None)]
)
def test_a_session_within_what_the_broker_takes(given: str, kept: float | None) -> None:
    settings = resolve(KAFKA | {"WIREWATCH_SESSION_TIMEOUT_S": given})
    allowed, where = SessionRange(least_s=6, most_s=60), connection(settings, Path())
    assert within(where, None, settings) == where
    if kept is not None:
        assert within(where, allowed, settings).session_timeout_s == kept
    else:
        refused_with("takes 6 to 60 seconds", lambda: within(where, allowed, settings))


@pytest.mark.parametrize(("least", "most", "kept"), [(20, 60, 20), (1, 8, 8), (6, 60, 10)])
def test_the_default_session_moves_into_the_range(least: int, most: int, kept: int) -> None:
    settings = resolve(KAFKA)
    allowed = SessionRange(least_s=least, most_s=most)
    assert within(connection(settings, Path()), allowed, settings).session_timeout_s == kept


def test_no_password_in_a_repr(files: Certificates) -> None:
    where, redis = kafka(SASL_SSL), memory(resolve(REDISS))
    assert "s3cret" not in f"{where!r} {where.security!r} {redis!r} {RedisConnection(url='x')!r}"
