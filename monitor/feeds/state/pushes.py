"""Pushes: what hubs sent, waiting in Redis for the feeds' next polls; pure.

In: a body and its content type.  Out: one value of a list, and back.
"""

from dataclasses import dataclass

PUSHES_MOST = 8
"""Bodies that wait for one feed's next polls, each of which takes one; more are refused."""

PUSH_KEEP_S = 3_600.0
"""A push nobody took by then has come by polling."""


@dataclass(frozen=True, slots=True)
class Push:
    """What a hub sent of a feed; `more` of it waits."""

    body: bytes
    content_type: str
    more: bool


def push_bytes(body: bytes, content_type: str) -> bytes:
    """A pushed body as it is stored: its content type, a newline, the body."""
    return content_type.replace("\n", " ").encode() + b"\n" + body


def read_push(stored: bytes, *, more: bool) -> Push:
    """What `push_bytes` made."""
    content_type, _, body = stored.partition(b"\n")
    return Push(body, content_type.decode("utf-8", "replace"), more)
