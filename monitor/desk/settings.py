"""Settings: what holds, and where it came from.

In: flags, the environment (a value, or a file named by `…_FILE`), desk.yaml's `settings:`.  Out:
one frozen `Settings`.  Invariants: flag > environment > desk.yaml > default; a secret is never
shown; an unknown or unusable value is an error that names its origin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from monitor.exits import ExitCode, Quit
from streams.suggestion import suggestion

MAX_SECRET_BYTES = 64 * 1024
"""A secret's file; a longer one is the wrong file."""

DAY_S = 86_400.0
"""Nobody means to wait longer for something to happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting: its environment variable, its default as text, and what it does."""

    name: str
    default: str
    about: str
    secret: bool = False
    number: bool = False
    whole: bool = False
    least: float = 0.0
    most: float = float("inf")
    choices: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its key under `settings:` in desk.yaml."""
        return self.name.removeprefix("WIREWATCH_").lower()


SETTINGS = (
    Setting(
        name="KAFKA_BOOTSTRAP_SERVERS",
        default="",
        about="Kafka brokers, host:port, comma separated; empty: an embedded broker is started",
    ),
    Setting(
        name="KAFKA_SECURITY_PROTOCOL",
        default="PLAINTEXT",
        about="how Kafka is entered: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
        choices=("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    ),
    Setting(
        name="KAFKA_SASL_MECHANISM",
        default="SCRAM-SHA-512",
        about="how name and password are shown to Kafka: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
        choices=("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
    ),
    Setting(name="KAFKA_SASL_USERNAME", default="", about="name at Kafka, with SASL_…"),
    Setting(
        name="KAFKA_SASL_PASSWORD",
        default="",
        about="password at Kafka, with SASL_…",
        secret=True,
    ),
    Setting(
        name="KAFKA_SSL_CA_FILE",
        default="",
        about="PEM file of the authorities that may vouch for Kafka; empty: the system's",
    ),
    Setting(
        name="KAFKA_SSL_CERT_FILE",
        default="",
        about="PEM file of this program's own certificate, where Kafka asks for one",
    ),
    Setting(
        name="KAFKA_SSL_KEY_FILE",
        default="",
        about="PEM file of that certificate's key; empty: in the certificate's file",
    ),
    Setting(
        name="KAFKA_SSL_KEY_PASSWORD",
        default="",
        about="password of that key",
        secret=True,
    ),
    Setting(
        name="KAFKA_SSL_VERIFY_HOST",
        default="yes",
        about="yes: Kafka's certificate must name the host it is reached at; no: any name will do",
        choices=("yes", "no"),
    ),
    Setting(
        name="WIREWATCH_TOPIC_PREFIX",
        default="",
        about="stands before every topic and group, for several installations on one cluster",
    ),
    Setting(
        name="REDIS_URL",
        default="",
        about="redis://user:password@host:port/db, rediss:// with TLS; empty: an embedded Valkey",
        secret=True,
    ),
    Setting(
        name="REDIS_SSL_CA_FILE",
        default="",
        about="PEM file of the authorities that may vouch for Redis; empty: the system's",
    ),
    Setting(
        name="REDIS_SSL_CERT_FILE",
        default="",
        about="PEM file of this program's own certificate, where Redis asks for one",
    ),
    Setting(
        name="REDIS_SSL_KEY_FILE",
        default="",
        about="PEM file of that certificate's key; empty: in the certificate's file",
    ),
    Setting(
        name="REDIS_SSL_KEY_PASSWORD",
        default="",
        about="password of that key",
        secret=True,
    ),
    Setting(
        name="REDIS_SSL_VERIFY_HOST",
        default="yes",
        about="yes: Redis's certificate must name the host it is reached at; no: any name will do",
        choices=("yes", "no"),
    ),
    Setting(
        name="SLACK_BOT_TOKEN",
        default="",
        about="bot token (xoxb-…), scopes: docs/configuration.md; empty: cards in the terminal",
        secret=True,
    ),
    Setting(
        name="SLACK_API_URL",
        default="https://slack.com/api/",
        about="base address of Slack's Web API",
    ),
    Setting(
        name="WIREWATCH_CONTACT",
        default="",
        about="web or mail address that outlets find in the User-Agent, to reach you by",
    ),
    Setting(
        name="LOG_LEVEL",
        default="warning",
        about="debug, info, warning or error; debug also shows what the libraries say",
        choices=("debug", "info", "warning", "error"),
    ),
    Setting(
        name="LOG_FORMAT",
        default="text",
        about="text or json: how logs stand on stderr; json is one object a line",
        choices=("text", "json"),
    ),
    Setting(
        name="WIREWATCH_HTTP",
        default="127.0.0.1:0",
        about="host:port of /metrics, /-/healthy and /-/ready; port 0: a free one; off: none",
    ),
    Setting(
        name="WIREWATCH_WEBSUB_URL",
        default="",
        about="public URL hubs call; empty: no hub is asked",
    ),
    Setting(
        name="WIREWATCH_WEBSUB_LISTEN", default="", about="host:port that takes what hubs push"
    ),
    Setting(
        name="WIREWATCH_DATA",
        default="",
        about="folder for state and logs; empty: `data` of desk.yaml, else <desk>/.data",
    ),
    Setting(
        name="WIREWATCH_WAIT_S",
        default="30",
        about="seconds to wait at start for Kafka, Redis or Slack before exit 3",
        number=True,
        most=DAY_S,
    ),
    Setting(
        name="WIREWATCH_PARTITIONS",
        default="8",
        about="partitions of topics this program creates; the most workers that can share a role",
        number=True,
        whole=True,
        least=1,
        most=10_000,  # Kafka makes no more at once
    ),
    Setting(
        name="WIREWATCH_FETCH_WAIT_MS",
        default="",
        about="how long the broker may hold a fetch; empty: 20 embedded, 500 on Kafka",
        number=True,
        least=1,
        most=30_000,  # Faust's client gives up on a request soon after
    ),
    Setting(
        name="WIREWATCH_SESSION_TIMEOUT_S",
        default="",
        about="when a dead worker's partitions move; empty: 2 embedded, 10 on Kafka if it may be",
        number=True,
        least=1,
        most=90,  # Faust gives up on its own requests after that
    ),
    Setting(
        name="WIREWATCH_PARSERS",
        default="2",
        about="processes that read feeds; with two, a body that does harm holds up no other feed",
        number=True,
        whole=True,
        least=1,
        most=16,
    ),
    Setting(
        name="WIREWATCH_STALL_S",
        default="120",
        about="a role that stands still this long with work before it, and nothing away, exits 3",
        number=True,
        least=30,
        most=DAY_S,
    ),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


class Value(NamedTuple):
    """A setting's value and where it came from."""

    text: str
    origin: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting's value, by name."""

    values: Mapping[str, Value]

    def text(self, name: str) -> str:
        """The value as text; empty when nothing is set."""
        return self.values[name].text

    def number(self, name: str, default: float = 0.0) -> float:
        """The value as a number; `default` when nothing is set."""
        text = self.values[name].text
        return float(text) if text else default


def resolve(
    environment: Mapping[str, str],
    desk: Mapping[str, object] | None = None,
    flags: Mapping[str, str] | None = None,
) -> Settings:
    """The settings that hold.

    Raises:
        Quit: an unknown key in desk.yaml, a file that cannot be read, a value that is no number.
    """
    in_desk = _from_desk(desk or {})
    values = {}
    for setting in SETTINGS:
        value = _first(setting, flags or {}, environment, in_desk)
        _check(setting, value)
        values[setting.name] = value
    return Settings(values)


def _first(
    setting: Setting,
    flags: Mapping[str, str],
    environment: Mapping[str, str],
    desk: Mapping[str, str],
) -> Value:
    name = setting.name
    if name in flags:
        return Value(flags[name], "flag")
    if environment.get(name):
        return Value(environment[name], f"environment {name}")
    if setting.secret and environment.get(f"{name}_FILE"):
        path = environment[f"{name}_FILE"]
        return Value(secret_in_file(f"{name}_FILE", Path(path)), f"file {path}")
    if name in desk:
        return Value(desk[name], "desk.yaml")
    return Value(setting.default, "default")


def secret_in_file(name: str, path: Path) -> str:
    """The secret that stands in the file which the environment variable `name` names.

    Raises:
        Quit: it cannot be read, is no text, too long, or empty.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SECRET_BYTES + 1)
        secret = content.decode().strip()
    except OSError as error:
        raise Quit(ExitCode.USAGE, f"{name}: {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Quit(ExitCode.USAGE, f"{name}: {path} holds no text") from error
    if len(content) > MAX_SECRET_BYTES:
        raise Quit(ExitCode.USAGE, f"{name}: {path} is longer than {MAX_SECRET_BYTES} bytes")
    if not secret:  # taken as not set it would silently embed a service, or mute Slack
        raise Quit(ExitCode.USAGE, f"{name}: {path} is empty")
    return secret


def _from_desk(given: Mapping[str, object]) -> dict[str, str]:
    # the data folder is a key of its own, from the desk's folder
    by_key = {s.key: s for s in SETTINGS if s.name != "WIREWATCH_DATA"}
    found = {}
    for key, value in given.items():
        setting = by_key.get(key)
        if setting is None:
            near = suggestion(key, list(by_key))
            raise Quit(ExitCode.USAGE, f'desk.yaml: settings: unknown key "{key}"{near}')
        if setting.secret:
            message = f"desk.yaml: settings: {key} is a secret: give it as {setting.name}"
            raise Quit(ExitCode.USAGE, f"{message} or {setting.name}_FILE")
        found[setting.name] = str(value)
    return found


def _check(setting: Setting, value: Value) -> None:
    if setting.choices and value.text not in setting.choices:
        message = f'{setting.name} ({value.origin}): "{value.text}" is none of'
        raise Quit(ExitCode.USAGE, f"{message} {', '.join(setting.choices)}")
    if not setting.number or not value.text:
        return
    try:
        number = float(value.text)
    except ValueError:
        number = float("nan")
    fits = setting.least <= number <= setting.most and number != float("inf")
    if not fits or (setting.whole and number != int(number)):
        kind = "whole number" if setting.whole else "number"
        message = f'{setting.name} ({value.origin}): "{value.text}" is no {kind}'
        bound = f" and at most {setting.most:g}" if setting.most < float("inf") else ""
        raise Quit(ExitCode.USAGE, f"{message} of at least {setting.least:g}{bound}")


def shown(name: str, value: Value) -> str:
    """The value as a person may see it: secrets starred."""
    return "********" if _BY_NAME[name].secret and value.text else value.text
