"""Logs: what the program says to people, or to what collects logs, on stderr.

Invariants: libraries are heard only at `debug`; their errors reach people as our own words, once
per outage instead of a hundred lines a second.  No secret is ever written.  With `LOG_FORMAT=json`
each line on stderr is one JSON object.
"""

import json
import logging
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

from pythonjsonlogger.json import JsonFormatter

from monitor.desk.settings import Settings, secrets_of
from streams.item import iso_utc

MIN_SECRET_CHARS = 4
"""Shorter ones are no secrets, and would star out half of every line."""

STARS = "********"

_LIBRARIES = ("faust", "mode", "aiokafka", "kafka", "asyncio", "aiohttp", "slack_sdk", "redis")


def set_up_logs(settings: Settings) -> None:
    """One handler for everything."""
    level = settings.text("LOG_LEVEL")
    handler = logging.StreamHandler(sys.stderr)
    inner = Json() if settings.text("LOG_FORMAT") == "json" else Text()
    handler.setFormatter(Redacted(inner, secrets_of(settings)))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.DEBUG if level == "debug" else logging.WARNING)
    logging.getLogger("wirewatch").setLevel(level.upper())
    # the start's steps are shown in any case, as their drawn form is
    logging.getLogger("wirewatch.start").setLevel(logging.INFO)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.CRITICAL)


def last_words(message: str) -> None:
    """Why the program ends, in the form that logs have."""
    handlers = logging.getLogger().handlers
    if handlers and isinstance(handlers[0].formatter, Redacted) and handlers[0].formatter.as_json:
        logging.getLogger("wirewatch").critical(message)
    else:
        sys.stderr.write(f"wirewatch: {message}\n")


class Text(logging.Formatter):
    """One line for a person: time of day, level, message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")


class Json(JsonFormatter):
    """One JSON object: `at`, `level`, `logger`, `message`, `exc_info`, and a record's extras."""

    def __init__(self) -> None:
        super().__init__(["message"], json_ensure_ascii=False, json_default=str)

    def add_fields(
        self,
        log_data: dict[str, object],
        record: logging.LogRecord,
        message_dict: dict[str, object],
    ) -> None:
        """The fixed fields first."""
        log_data["at"] = iso_utc(datetime.fromtimestamp(record.created, UTC))
        log_data["level"] = record.levelname.lower()
        log_data["logger"] = record.name
        super().add_fields(log_data, record, message_dict)


class Redacted(logging.Formatter):
    """Another formatter's text with the secrets starred."""

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self.as_json = isinstance(inner, Json)
        self._inner = inner
        self._secrets = _spellings(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """The record's text, fit to be seen."""
        text = self._inner.format(record)
        for secret in self._secrets:
            text = text.replace(secret, STARS)
        return text


def _spellings(secrets: Iterable[str]) -> tuple[str, ...]:
    """Each secret as it may stand in a line: as it is, or inside a JSON string; longest first."""
    found = {text for text in secrets if len(text) >= MIN_SECRET_CHARS}
    found |= {json.dumps(text, ensure_ascii=False)[1:-1] for text in found}
    return tuple(sorted(found, key=len, reverse=True))
