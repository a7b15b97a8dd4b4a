"""Redact: no log line shows a secret, whatever a library has to say at `debug`.

In: settings.  Out: a handler's `format` that stars every secret value, however it is written down.
"""

import json
import logging
import re
from collections.abc import Iterable, Iterator
from typing import TextIO
from urllib.parse import unquote, urlsplit

from monitor.desk.settings import SETTINGS, Settings
from monitor.feeds.fetching.proxies import proxies_in_environment, proxy_passwords

LEAST_CHARS = 4
"""A shorter secret is none, and starring it would eat every log."""

STARS = "********"


class Redacted:
    """Stars secrets in text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        written = {form for secret in secrets for form in _forms(secret)}
        longest_first = sorted(written, key=len, reverse=True)
        self._found = re.compile("|".join(map(re.escape, longest_first))) if written else None

    def __call__(self, text: str) -> str:
        """The text without them."""
        return self._found.sub(STARS, text) if self._found else text


class RedactedHandler(logging.StreamHandler[TextIO]):
    """Formats as it is told, then stars."""

    def __init__(self, stream: TextIO, redacted: Redacted) -> None:
        super().__init__(stream)
        self.redacted = redacted

    def format(self, record: logging.LogRecord) -> str:
        """One line, or several with a traceback."""
        return self.redacted(super().format(record))


def secrets_of(settings: Settings) -> list[str]:
    """Every secret value, the password inside an address, and those of the proxies around us."""
    values = [settings.text(setting.name) for setting in SETTINGS if setting.secret]
    known = [secret for value in values for secret in (value, _password_in(value)) if secret]
    return [*known, *proxy_passwords(proxies_in_environment())]


def _password_in(value: str) -> str:
    try:
        return (urlsplit(value).password or "") if "://" in value else ""
    except ValueError:
        return ""


def _forms(secret: str) -> Iterator[str]:
    """As it is, as a URL carries it, and as Python and JSON print it."""
    for form in (secret, unquote(secret)):
        if len(form) >= LEAST_CHARS:
            raw = form.encode(errors="surrogateescape")  # an environment may hold any bytes
            yield from (form, repr(form)[1:-1], repr(raw)[2:-1], json.dumps(form)[1:-1])
            yield json.dumps(form, ensure_ascii=False)[1:-1]
