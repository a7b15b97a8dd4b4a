"""Connect: settings in, the connections to broker and memory that a process shares out.

Invariants: what is set wrong is refused here, before anything is asked or started, in one line
that names the setting; certificates are read once; no secret is in a message.
"""

import logging
import re
from dataclasses import replace
from pathlib import Path

from alerts.connection import RedisConnection, check_url
from monitor.desk.settings import Settings
from monitor.embedded.running import find_running
from monitor.exits import ExitCode, Quit
from streams.broker.connection import Connection, Protocol, Security, SessionRange
from streams.entry import NotLetIn, Part, TlsFiles, Unusable, tls_context

log = logging.getLogger("wirewatch.connect")

EMBEDDED_SESSION_S = 2.0
"""Tansu holds a join for half of it; nothing is gained below 2."""

KAFKA_SESSION_S = 10.0
"""Apache Kafka refuses less than 6 by default; another range is asked for."""

EMBEDDED_FETCH_WAIT_MS = 20
"""Tansu does not wake a waiting fetch; two hops at random times take 22 ms at p99."""

KAFKA_FETCH_WAIT_MS = 500
"""Apache Kafka wakes a waiting fetch at once."""

PREFIX_MOST_CHARS = 200
"""Kafka's names end at 249 characters, and ours stand behind the prefix."""

_PREFIX = re.compile(rf"[A-Za-z0-9._-]{{0,{PREFIX_MOST_CHARS}}}")
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^\s:/@\[\]]+):(\d{1,5})")
_BOOTSTRAP, _PROTOCOL = "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_SECURITY_PROTOCOL"
_MECHANISM, _SESSION = "KAFKA_SASL_MECHANISM", "WIREWATCH_SESSION_TIMEOUT_S"
_USERNAME, _PASSWORD = "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"
_SSL_PARTS = (Part.CA_FILE, Part.CERT_FILE, Part.KEY_FILE, Part.KEY_PASSWORD)
_SETTING = {
    ("KAFKA", Part.ADDRESS): _BOOTSTRAP,
    ("KAFKA", Part.PROTOCOL): _PROTOCOL,
    ("KAFKA", Part.MECHANISM): _MECHANISM,
    ("KAFKA", Part.LOGIN): f"{_USERNAME}, {_PASSWORD}",
    ("REDIS", Part.ADDRESS): "REDIS_URL",
    ("REDIS", Part.PROTOCOL): "REDIS_URL",
    ("REDIS", Part.LOGIN): "REDIS_URL",
}


def connection(settings: Settings, data: Path, *, embedded: str = "") -> Connection:
    """How this process talks to the broker: the one given, or an `embedded` one (host:port).

    Raises:
        Quit: a setting cannot work.
    """
    session_s = EMBEDDED_SESSION_S if embedded else KAFKA_SESSION_S
    fetch_wait_ms = EMBEDDED_FETCH_WAIT_MS if embedded else KAFKA_FETCH_WAIT_MS
    return Connection(
        bootstrap=embedded or _bootstrap(settings),
        security=Security() if embedded else security(settings),
        prefix=_prefix(settings),
        session_timeout_s=settings.number(_SESSION, session_s),
        fetch_wait_ms=int(settings.number("WIREWATCH_FETCH_WAIT_MS", fetch_wait_ms)),
        data=data,
    )


def beside(settings: Settings, data: Path) -> Connection:
    """For a command beside a program: the broker given, else that of the `run` on `data`.

    Raises:
        Quit: there is neither.
    """
    if settings.text("KAFKA_BOOTSTRAP_SERVERS"):
        return connection(settings, data)
    running = find_running(data)
    if running is None or not running.broker:
        message = "KAFKA_BOOTSTRAP_SERVERS is not set, and no `run` with a broker of its own"
        raise Quit(ExitCode.UNREACHABLE, f"{message} is on {data}")
    return connection(settings, data, embedded=running.broker)


def security(settings: Settings) -> Security:
    """Whom to trust and how to prove who we are, as set.

    Raises:
        Quit: something is missing, unreadable, or set where it has no effect.
    """
    protocol = Protocol(settings.text(_PROTOCOL))
    files = _files(settings, "KAFKA")
    _refuse_idle(settings, protocol)
    if protocol.sasl:
        _need_login(settings, protocol)
    try:
        context = tls_context(files) if protocol.tls else None
    except Unusable as error:
        raise _unusable(settings, "KAFKA", error) from error
    return Security(
        protocol=protocol,
        mechanism=settings.text(_MECHANISM),
        username=settings.text(_USERNAME),
        password=settings.text(_PASSWORD),
        context=context,
    )


def memory(settings: Settings) -> RedisConnection:
    """How this process talks to the Redis given.

    Raises:
        Quit: a setting cannot work.
    """
    url = settings.text("REDIS_URL")
    try:
        check_url(url)
        where = RedisConnection(url=url)
        if not where.tls:
            _refuse_files(settings, "REDIS", "REDIS_URL is no rediss:// address")
            return where
        return replace(where, context=tls_context(_files(settings, "REDIS")))
    except Unusable as error:
        raise _unusable(settings, "REDIS", error) from error


def within(where: Connection, allowed: SessionRange | None, settings: Settings) -> Connection:
    """The connection with a session timeout that the broker takes; `allowed` None: nobody knows.

    Raises:
        Quit: the timeout that was set is none of them.
    """
    if allowed is None:
        return where
    session_s = allowed.nearest(where.session_timeout_s)
    given = settings.values[_SESSION]
    if given.text and session_s != where.session_timeout_s:
        said = f'{_SESSION} ({given.origin}): "{given.text}" is refused by this Kafka'
        bounds = f"{allowed.least_s:g} to {allowed.most_s:g} seconds"
        raise Quit(ExitCode.USAGE, f"{said}, which takes {bounds}")
    return replace(where, session_timeout_s=session_s)


def not_let_in(service: str, error: NotLetIn) -> Quit:
    """A refusal by `Kafka` or `Redis` as the end of the program, with the settings to look at."""
    where = setting_of(service.upper(), error.part)
    return Quit(ExitCode.UNREACHABLE, f"{service} does not let this program in: {error} ({where})")


def setting_of(service: str, part: Part) -> str:
    """The setting, or settings, of a connection's part."""
    return _SETTING.get((service, part), f"{service}_SSL_{part.upper()}")


def _bootstrap(settings: Settings) -> str:
    value = settings.values[_BOOTSTRAP]
    addresses = [address.strip() for address in value.text.split(",")]
    for address in addresses:
        found = _ADDRESS.fullmatch(address)
        if not found or not 0 < int(found[2]) < 65_536:
            message = f'{_BOOTSTRAP} ({value.origin}): "{address}" is no host:port'
            raise Quit(ExitCode.USAGE, message)
    return ",".join(addresses)


def _prefix(settings: Settings) -> str:
    value = settings.values["WIREWATCH_TOPIC_PREFIX"]
    if _PREFIX.fullmatch(value.text):
        return value.text
    message = f'WIREWATCH_TOPIC_PREFIX ({value.origin}): "{value.text}" cannot begin a topic'
    allowed = f"letters, digits, . _ - only, at most {PREFIX_MOST_CHARS}"
    raise Quit(ExitCode.USAGE, f"{message}: {allowed}")


def _files(settings: Settings, service: str) -> TlsFiles:
    ca_file, cert_file, key_file, key_password = (
        settings.text(setting_of(service, part)) for part in _SSL_PARTS
    )
    return TlsFiles(
        ca_file=ca_file,
        cert_file=cert_file,
        key_file=key_file,
        key_password=key_password,
        verify_host=settings.text(setting_of(service, Part.VERIFY_HOST)) == "yes",
    )


def _refuse_idle(settings: Settings, protocol: Protocol) -> None:
    """A login or a certificate that is set and not used: somebody believes to be safe."""
    idle = f"{_PROTOCOL} is {protocol}"
    if not protocol.tls:
        _refuse_files(settings, "KAFKA", idle)
    for name in (_USERNAME, _PASSWORD):
        if settings.text(name) and not protocol.sasl:
            raise Quit(ExitCode.USAGE, f"{_said(settings, name)} has no effect: {idle}")


def _refuse_files(settings: Settings, service: str, idle: str) -> None:
    for part in _SSL_PARTS:
        name = setting_of(service, part)
        if settings.text(name):
            raise Quit(ExitCode.USAGE, f"{_said(settings, name)} has no effect: {idle}")


def _need_login(settings: Settings, protocol: Protocol) -> None:
    for name in (_USERNAME, _PASSWORD):
        if not settings.text(name):
            raise Quit(ExitCode.USAGE, f"{name} is missing: {_PROTOCOL} is {protocol}")
    mechanism = settings.text(_MECHANISM)
    if mechanism.startswith("SCRAM") and set(settings.text(_USERNAME)) & set(",="):
        why = "a comma or an equals sign is more than kafka-python can say with SCRAM"
        raise Quit(ExitCode.USAGE, f"{_said(settings, _USERNAME)}: {why}")
    if mechanism == "PLAIN" and not protocol.tls:
        log.warning("%s with PLAIN shows Kafka's password to whoever listens", protocol)


def _unusable(settings: Settings, service: str, error: Unusable) -> Quit:
    name = setting_of(service, error.part)
    return Quit(ExitCode.USAGE, f"{_said(settings, name)}: {error}")


def _said(settings: Settings, name: str) -> str:
    value = settings.values[name]
    return f"{name} ({value.origin})" if value.text else name
