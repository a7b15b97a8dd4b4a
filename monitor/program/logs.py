"""Logs: what the program says to people, or to what collects logs, on stderr.

Invariants: libraries are heard only at `debug`; their errors reach people as our own words, once
per outage instead of a hundred lines a second.  No secret is shown at any level.  With
`LOG_FORMAT=json` each line on stderr is one JSON object.
"""

import logging
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

from pythonjsonlogger.json import JsonFormatter

from monitor.desk.settings import Settings
from monitor.program.redact import Redacted, RedactedHandler, secrets_of
from streams.item import iso_utc

_LIBRARIES = ("faust", "mode", "aiokafka", "kafka", "asyncio", "aiohttp", "slack_sdk", "redis")
_DUMPS = ("aiokafka.conn", "kafka.net.connection", "kafka.protocol.parser")
"""They print every request, the login's as well, of which a password can be guessed at leisure."""


def set_up_logs(settings: Settings, starred: Iterable[str] = ()) -> None:
    """One handler for everything; no line shows a secret setting, nor what is `starred`."""
    level = settings.text("LOG_LEVEL")
    handler = RedactedHandler(sys.stderr, Redacted([*secrets_of(settings), *starred]))
    handler.setFormatter(Json() if settings.text("LOG_FORMAT") == "json" else Text())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.DEBUG if level == "debug" else logging.WARNING)
    logging.getLogger("wirewatch").setLevel(level.upper())
    # the start's steps are shown in any case, as their drawn form is
    logging.getLogger("wirewatch.start").setLevel(logging.INFO)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.CRITICAL)
    for name in _DUMPS:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def last_words(message: str) -> None:
    """Why the program ends, in the form that logs have."""
    handler = next(iter(logging.getLogger().handlers), None)
    if handler and isinstance(handler.formatter, Json):
        logging.getLogger("wirewatch").critical(message)
        return
    redacted = handler.redacted if isinstance(handler, RedactedHandler) else Redacted()
    sys.stderr.write(redacted(f"wirewatch: {message}\n"))


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
