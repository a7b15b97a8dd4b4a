"""Address: what a person wrote as a feed's address, as an address that can be asked; pure.

In: a text from feeds.yaml, a command line or an OPML file.  Out: an http(s) address, or why there
is none.  Invariant: no message shows a credential.
"""

import re
from urllib.parse import urlsplit

from monitor.feeds.reading.canonical import MAX_URL_CHARS, web_url

MAX_SHOWN_CHARS = 200
"""Of an address that is none."""

MAX_PORT = 65_535

_FEED_SCHEME = re.compile(r"feed:(?://)?(?=https?://)|feed:(?=//)", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!\d)")
_HOST = re.compile(r"[\w-]+(\.[\w-]+)+(:\d+)?(/.*)?")
_LOGIN = re.compile(r"(?<=//)[^/?#]*@")
_ANY_LOGIN = re.compile(r"(?<=//).*@", re.DOTALL)
"""Where it is unclear what of an address is meant as a password."""


class NoAddress(ValueError):
    """The text is no address of a feed; the message says why."""


def feed_address(text: str) -> str:
    """The http(s) address in `text`; `feed://host/…` is http, as browsers and readers have it.

    Raises:
        NoAddress: it is none.
    """
    address = text.strip()
    if found := _FEED_SCHEME.match(address):
        rest = address[found.end() :]
        address = f"http:{rest}" if rest.startswith("//") else rest
    if not web_url(address) or " " in _authority(address) or _port(address) is None:
        raise NoAddress(_why(address, _ANY_LOGIN.sub("***@", text.strip())[:MAX_SHOWN_CHARS]))
    return web_url(address)


def hidden_login(url: str) -> str:
    """The address without its user and password, as people may see it."""
    return _LOGIN.sub("***@", url, count=1)


def login_of(url: str) -> str:
    """The user and password in front of the host, `@` included; nothing where none stands."""
    found = _LOGIN.search(url)
    return found[0] if found else ""


def with_login_of(asked: str, url: str) -> str:
    """`url` with the user and password in `asked`, if it has the same origin; else as it is."""
    login = login_of(asked)
    return url.replace("//", f"//{login}", 1) if login and same_origin(asked, url) else url


def same_origin(one: str, other: str) -> bool:
    """True where what opens the one may be told the other: equal scheme, host and port."""
    return _origin(one) == _origin(other)


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, parts.hostname or "", port


def _why(address: str, shown: str) -> str:
    if len(address) > MAX_URL_CHARS:
        return f"longer than {MAX_URL_CHARS:,} characters: no address"
    if " " in _authority(address):
        return f'"{shown}" has a blank before its path: in a password write %20'
    if _port(address) is None:
        if "@" in address and "@" not in _authority(address):
            return f'"{shown}": in a password write %2F, %3F and %23 for / ? and #'
        return f'"{shown}": no such port; they go from 1 to {MAX_PORT}'
    if not _SCHEME.match(address) and _HOST.fullmatch(address):
        return f'"{shown}" is no http or https address: did you mean "https://{shown}"?'
    return f'"{shown}" is no http or https address'


def _authority(address: str) -> str:
    return re.split(r"[/?#]", address.partition("://")[2], maxsplit=1)[0]


def _port(address: str) -> int | None:
    """80 where none is given; None where what is given is none."""
    host = _authority(address).rpartition("@")[2]
    port = re.search(r"(?<=:)[^:\]]*\Z", host)
    if port is None or not port[0]:
        return 80
    number = int(port[0]) if port[0].isascii() and port[0].isdigit() else 0
    return number if 0 < number <= MAX_PORT else None
