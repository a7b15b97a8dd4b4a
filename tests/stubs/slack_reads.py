"""What Slack lets a bot read: channels it is in, their messages, a thread.

In: arguments of a reading method and what the stub holds.  Out: the answer, or an error code.  Each
rule says where it comes from, as in `slack_rules`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

Node = dict[str, Any]

LIMIT_MOST = 999  # DOC conversations.history, users.conversations
LIMIT_HISTORY = 100  # DOC conversations.history, the default
LIMIT_REPLIES = 1000  # DOC conversations.replies, the default


class Stored(Protocol):
    """A message as the stub keeps it."""

    channel_id: str
    ts: str
    thread_ts: str | None
    text: str
    blocks: list[Node]
    metadata: Node | None


def history(stored: Sequence[Stored], arguments: Node) -> Node:
    """DOC conversations.history: roots only, newest first."""
    roots = [m for m in stored if m.thread_ts in (None, m.ts)]
    replied = {m.thread_ts for m in stored if m.thread_ts}
    page, cursor = _page(_between(roots, arguments), arguments, LIMIT_HISTORY)
    shown = [_shown(m, arguments, replied=m.ts in replied) for m in reversed(page)]
    return _answer("messages", shown, cursor)


def replies(stored: Sequence[Stored], arguments: Node) -> Node:
    """DOC conversations.replies: a thread, oldest first; its first page begins with the root."""
    ts = arguments.get("ts")
    root = next((m for m in stored if m.ts == ts), None)
    if root is None:
        return {"ok": False, "error": "thread_not_found"}  # DOC error list
    lines = _between([m for m in stored if m.thread_ts == ts and m is not root], arguments)
    page, cursor = _page(lines, arguments, LIMIT_REPLIES)
    # OBSERVED(simstudioai/sim#4934): later pages come without the root
    head = [] if arguments.get("cursor") else [root]
    shown = [_shown(m, arguments, replied=m is root and bool(lines)) for m in (*head, *page)]
    return _answer("messages", shown, cursor)


def channels(known: Iterable[tuple[str, str]], arguments: Node, private: set[str]) -> Node:
    """DOC users.conversations: the channels the bot is in, public ones unless asked otherwise."""
    kinds = str(arguments.get("types") or "public_channel").split(",")
    # OBSERVED(slack-api-specs#53): private ones are left out when both are asked for
    wanted = "private_channel" if kinds == ["private_channel"] else "public_channel"
    found = [
        {"id": channel_id, "name": name.removeprefix("#"), "is_channel": True}
        for name, channel_id in sorted(known)
        if ("private_channel" if name in private else "public_channel") == wanted
    ]
    page, cursor = _page(found, arguments, LIMIT_HISTORY)
    return _answer("channels", page, cursor)


def missing_scope(
    method: str, arguments: Node, granted: set[str], *, private: bool = False
) -> Node | None:
    """DOC every method: what a token lacks is named in `needed`."""
    needed = _NEEDED[method](arguments, private)
    if needed in granted:
        return None
    provided = ",".join(sorted(granted))
    return {"ok": False, "error": "missing_scope", "needed": needed, "provided": provided}


def _of_the_channel(_arguments: Node, private: bool) -> str:
    return "groups:history" if private else "channels:history"


def _of_the_kind(arguments: Node, _private: bool) -> str:
    return "groups:read" if "private_channel" in str(arguments.get("types")) else "channels:read"


_NEEDED: dict[str, Callable[[Node, bool], str]] = {
    "conversations.history": _of_the_channel,
    "conversations.replies": _of_the_channel,
    "users.conversations": _of_the_kind,
}


def _between(stored: Sequence[Stored], arguments: Node) -> list[Stored]:
    """DOC: after `oldest`, before `latest`, both left out unless `inclusive`."""
    oldest, latest = (str(arguments.get(key) or "") for key in ("oldest", "latest"))
    inclusive = str(arguments.get("inclusive")).lower() in ("true", "1")

    def within(ts: float) -> bool:
        low, high = float(oldest or 0), float(latest or "inf")
        return low < ts < high or (inclusive and ts in (low, high))

    return [m for m in stored if within(float(m.ts))]


def _page(found: Sequence[Any], arguments: Node, default: int) -> tuple[Sequence[Any], str]:
    """OBSERVED(slack-api-docs#4): with `oldest` alone the first page is the one next to it."""
    limit = min(int(arguments.get("limit") or default), LIMIT_MOST)
    start = int(arguments.get("cursor") or 0)
    end = start + limit
    return found[start:end], str(end) if end < len(found) else ""


def _answer(key: str, page: Sequence[Node], cursor: str) -> Node:
    more = {"has_more": bool(cursor)} if key == "messages" else {}
    return {"ok": True, key: page, **more, "response_metadata": {"next_cursor": cursor}}


def _shown(message: Stored, arguments: Node, *, replied: bool) -> Node:
    """A message as others see it; whether a bot's `client_msg_id` comes back is not known."""
    shown = {"type": "message", "bot_id": "B1", "ts": message.ts, "text": message.text}
    if message.blocks:
        shown["blocks"] = message.blocks
    if message.thread_ts or replied:
        shown["thread_ts"] = message.thread_ts or message.ts
    # DOC: metadata only comes when it is asked for
    if message.metadata and str(arguments.get("include_all_metadata")).lower() in ("true", "1"):
        shown["metadata"] = message.metadata
    return shown
