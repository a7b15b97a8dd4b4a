"""Address: where this process answers over HTTP; a setting in, a listening socket out.

Invariant: it listens before anything else starts, so a port in use ends the start at once.
"""

import socket

from monitor.desk.settings import Settings
from monitor.exits import ExitCode, Quit

SETTING = "WIREWATCH_HTTP"
BACKLOG = 32
"""Connections that wait while the program starts; more are turned away."""

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, not bound


def listen(settings: Settings, name: str = SETTING) -> socket.socket | None:
    """A socket as the setting `name` has it, listening; None where it is off or empty.

    Raises:
        Quit: the setting is no address, or it cannot be listened on.
    """
    text, origin = settings.values[name]
    if text in {"", "off"}:
        return None
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        message = f'{name} ({origin}): "{text}" is no host:port, as 127.0.0.1:9464'
        raise Quit(ExitCode.USAGE, message)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, int(port)), family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        # the library adds "(while attempting to bind on address …)"
        why = str(getattr(error, "strerror", None) or error).partition(" (while")[0]
        message = f"{name} ({origin}): {text} cannot be listened on: {why}"
        raise Quit(ExitCode.USAGE, message) from error


def reached_at(listener: socket.socket) -> str:
    """Where this machine reaches it, as host:port."""
    host, port = listener.getsockname()[:2]
    host = _ANY.get(host, host)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
