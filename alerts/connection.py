"""Redis connection: where Redis is and how it is entered, as a value; `alerts.client` uses it.

Invariant: the password in an address is in no `repr` and in no message.
"""

import re
import ssl
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from streams.entry import Part, Unusable

_SCHEMES = {"redis", "rediss", "unix"}
_DATABASE = re.compile(r"/?(\d+/?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisConnection:
    """`redis://`, `rediss://` (TLS) or `unix://`, with name and password; empty: no Redis at all.

    `context` is made once and shared by every connection; None where the line is plain.
    """

    url: str = field(default="", repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)

    @property
    def tls(self) -> bool:
        """True when the line is encrypted."""
        return self.url.startswith("rediss:")

    @property
    def has_password(self) -> bool:
        """True when the address names one."""
        return bool(urlsplit(self.url).password)


def check_url(url: str) -> None:
    """Returns if `url` is taken as it is meant.

    Raises:
        Unusable: it is not; the text shows nothing of it.
    """
    try:
        parts = urlsplit(url)
        whole = _names_a_place(parts)
    except ValueError:  # its text would show a password that holds a slash
        whole = False
    if not whole:
        why = "no redis://user:password@host:port/db, or rediss:// for TLS"
        escapes = "(in a password % : / ? # [ ] @ are written %25 %3A %2F %3F %23 %5B %5D %40)"
        raise Unusable(Part.ADDRESS, f"{why} {escapes}")
    if parts.query:
        raise Unusable(Part.ADDRESS, "nothing may stand behind a ?, TLS has settings of its own")


def _names_a_place(parts: SplitResult) -> bool:
    """True for a socket's path, or a host with a port that is a number and a database that is one.

    Raises:
        ValueError: no address at all.
    """
    if parts.fragment or parts.scheme not in _SCHEMES:
        return False
    if parts.scheme == "unix":
        return bool(parts.path)
    return parts.port != 0 and bool(parts.hostname and _DATABASE.fullmatch(parts.path))
