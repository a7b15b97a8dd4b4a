"""Secrets: what opens a feed, as the one header that carries it.

In: the text of a secret.  Out: a `Secret`.  Invariant: it never shows itself.
"""

import re
from base64 import b64encode
from dataclasses import dataclass

_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]+(\S.*)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]*[ \t]+\S.*")

OUR_OWN = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te", "range"}
)
"""Headers that say how a message is read: no secret travels there."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A header to send, to the feed's own origin only."""

    header: str
    value: str

    def __repr__(self) -> str:
        return f"Secret({self.header}: ***)"


def read_secret(text: str) -> Secret:
    """What a secret's text means.

    `Name: value` (a blank after the colon) is that header; `Bearer x`, `Basic x` or any other
    `scheme token` goes into `Authorization`; `user:password` is basic authentication.

    Raises:
        ValueError: it is none of these; the text is not part of the message.
    """
    text = text.strip()
    if not text.isprintable():
        raise ValueError("holds a line break or a control character")
    if header := _HEADER.fullmatch(text):
        if header[1].lower() in OUR_OWN:
            raise ValueError(f"{header[1]} is no header for a secret")
        return Secret(header[1], header[2])
    if _SCHEME.fullmatch(text):
        return Secret("Authorization", text)
    user, colon, password = text.partition(":")
    if not colon:
        raise ValueError("holds neither user:password, nor Bearer TOKEN, nor Name: value")
    return basic(user, password)


def basic(user: str, password: str) -> Secret:
    """Basic authentication (RFC 7617, UTF-8)."""
    packed = b64encode(f"{user}:{password}".encode()).decode()
    return Secret("Authorization", f"Basic {packed}")


def telling_parts(text: str) -> list[str]:
    """What must not be shown of a secret: itself, its parts, and how it is sent."""
    try:
        secret = read_secret(text)
    except ValueError:
        return [text]
    scheme, _, token = secret.value.partition(" ")
    password = text.strip().partition(":")[2] if scheme == "Basic" else ""
    return [part for part in (text.strip(), secret.value, token, password) if part]
