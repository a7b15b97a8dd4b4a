"""Hints: what an outlet's headers say about when to come again and where else to look.

In: header values, and the moment where a date is meant.  Out: seconds, addresses.  Invariant: a
header that makes no sense says nothing.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

RETRY_AFTER_MOST_S = 86_400.0
"""A longer wait is a mistake, or a way to be rid of a reader for good."""

MAX_LINK_CHARS = 8_192
"""Of all Link headers together; a hub stands among the first."""

VALIDATOR_MOST_CHARS = 1_024
"""Longer ones come from nobody, and many servers refuse a request that holds them, for good."""

CONTENT_TYPE_MOST_CHARS = 256

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)


def _is_text(value: str) -> bool:
    """False where aiohttp put half characters in place of bytes that are no UTF-8."""
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)


def retry_after_s(value: str, now: datetime) -> float:
    """Seconds asked for by `Retry-After`, a number or a date; 0 if none, at most a day."""
    return min(_seconds(value.strip(), now), RETRY_AFTER_MOST_S)


def _seconds(value: str, now: datetime) -> float:
    if value.isascii() and value.isdigit():
        return float(value)
    moment = _moment(value)
    return max(0.0, (moment - now).total_seconds()) if moment else 0.0


def max_age_s(headers: Mapping[str, str]) -> float | None:
    """Seconds for which the answer stays fresh; None where nothing, or never, is said.

    What a cache on the way has used up (`Age`) is taken off.
    """
    said: dict[str, str] = {}
    control = headers.get("Cache-Control", "")
    for part in control.lower().split(",") if control else ():
        name, _, value = part.strip().partition("=")
        said.setdefault(name.strip(), value.strip().strip('"'))
    if "no-cache" in said or "no-store" in said:
        return None
    if "max-age" not in said:
        return _until_expiry_s(headers)
    age = _number(said["max-age"])
    return max(0.0, age - (_number(headers.get("Age", "")) or 0.0)) if age else None


def _until_expiry_s(headers: Mapping[str, str]) -> float | None:
    told = headers.get("Expires", "")
    expires, sent = (_moment(told), _moment(headers.get("Date", ""))) if told else (None, None)
    fresh = (expires - sent).total_seconds() if expires and sent else 0.0
    return fresh if fresh > 0 else None


def validator(value: str) -> str:
    """`ETag` or `Last-Modified` as it can be kept and sent back; empty where it cannot be."""
    return value if len(value) <= VALIDATOR_MOST_CHARS and value.isprintable() else ""


def content_type(value: str) -> str:
    """`Content-Type` without bytes that are no UTF-8."""
    return value[:CONTENT_TYPE_MOST_CHARS].encode(errors="replace").decode()


def links(values: Sequence[str], base: str) -> dict[str, str]:
    """The first address of each relation in `Link` headers, resolved against `base`.

    Only http and https; relations in small letters.
    """
    found: dict[str, str] = {}
    for target, attributes in _LINK.findall(", ".join(values)[:MAX_LINK_CHARS]):
        url = _resolved(base, target.strip())
        rels = _REL.search(attributes)
        for rel in (rels[1] or rels[2] or "").lower().split() if rels and url else ():
            found.setdefault(rel, url)
    return found


def _resolved(base: str, target: str) -> str:
    try:
        url = urljoin(base, target)
        parts = urlsplit(url)
        found = parts.scheme in {"http", "https"} and parts.hostname and _is_text(url)
        return url if found else ""
    except ValueError:
        return ""


def _number(value: str) -> float | None:
    return float(value[:12]) if value.isascii() and value.isdigit() else None


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
