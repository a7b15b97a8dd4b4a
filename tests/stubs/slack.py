"""A Slack Web API on loopback: what slack_sdk sends in, stored messages and honest answers out.

It speaks HTTP only, in a thread of its own, and keeps every accepted message in order.  What it
refuses is in `slack_rules`; rate limits are not played, unless a test asks for a 429.

Faults are pairs (method or "*", kind), used up one per call whose method is at the head of the
queue; `faults_of` holds kinds for the next posts to one channel.  Nothing is stored by
`429:<retry-after>`, `http500`, `badjson`, `err:<code>`, `drop_before` and `hang_then_drop:<s>`; the
message is stored and the answer lost by `post_then_drop`, `post_then_500` and `post_then_hang:<s>`;
`hang:<s>` waits and then serves the call, whether or not the caller is still there.
"""

import asyncio
import hashlib
import json
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from aiohttp import web
from stubs import slack_reads
from stubs.loopback_server import LoopbackServer
from stubs.slack_rules import Node, metadata_warning, refusal

GOOD_TOKEN = "xoxb-good"
"""The one bot token that is let in."""

MAX_TEXT_CHARS = 40_000
"""DOC chat.postMessage: longer text is cut, not refused."""

SERVER_ERROR_PAGE = "<html><body>Server Error</body></html>"

KINDS_BEFORE = ("http500", "badjson", "drop_before")
KINDS_AFTER = ("post_then_drop", "post_then_500")
KINDS_WITH_VALUE = ("429", "err", "hang", "hang_then_drop", "post_then_hang")

SCOPES = frozenset(
    ("chat:write", "channels:history", "groups:history", "channels:read", "groups:read")
)
"""What the good token may do, unless a test takes some of it away."""

READS = {"conversations.history": slack_reads.history, "conversations.replies": slack_reads.replies}


@dataclass
class Message:
    """One message as it stands in a channel now."""

    channel: str
    """As the caller named it: an id or `#name`."""
    channel_id: str
    ts: str
    thread_ts: str | None
    text: str
    blocks: list[Node]
    metadata: Node | None
    client_msg_id: str | None
    at: float
    """`time.monotonic()` of its arrival, seconds."""
    edits: int = 0
    arguments: Node = field(default_factory=dict)
    """Everything sent with it, for what has no field here (unfurl_links, link_names …)."""


class SlackStub(LoopbackServer):
    """One workspace.  Every channel exists but those in `unknown_channels`; the bot is in each.

    Where Slack is unclear a test may have it both ways: `client_msg_id` honoured or not, metadata
    kept or not, messages readable at once or after `lag_s`.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        honour_client_msg_id: bool = False,
        keep_metadata: bool = True,
        lag_s: float = 0.0,
    ) -> None:
        super().__init__(port)
        self.messages: list[Message] = []
        self.calls: Counter[str] = Counter()
        self.refusals: list[tuple[str, str]] = []
        """(error code, reason) of each call refused for what it said."""
        self.faults: deque[tuple[str, str]] = deque()
        self.faults_of: defaultdict[str, deque[str]] = defaultdict(deque)
        self.unknown_channels: set[str] = set()
        self.private_channels: set[str] = set()
        self.channels: set[str] = set()
        """Names that any call has named so far: what `users.conversations` lists."""
        self.scopes = set(SCOPES)
        self.keep_metadata = keep_metadata
        self.lag_s = lag_s
        # Half documented, a Slack maintainer advises against it (java-slack-sdk#852): both ways
        self.honour_client_msg_id = honour_client_msg_id
        self._changed = threading.Condition(threading.RLock())
        self._last_us = 0

    @property
    def url(self) -> str:
        """What slack_sdk is given as `base_url`."""
        return f"http://127.0.0.1:{self.port}/api/"

    def wait_for(self, n: int, timeout_s: float) -> list[Message]:
        """The messages, once there are `n` at least; TimeoutError tells what came instead."""
        return self.wait_until(lambda stub: len(stub.messages) >= n, timeout_s)

    def wait_until(
        self, happened: "Callable[[SlackStub], bool]", timeout_s: float
    ) -> list[Message]:
        """The messages, once `happened(stub)`; it is asked again after every call served."""
        with self._changed:
            if not self._changed.wait_for(lambda: happened(self), timeout_s):
                told = [message.text[:80] for message in self.messages]
                raise TimeoutError(
                    f"not within {timeout_s:g} s; {len(told)} messages {told}, "
                    f"calls {dict(self.calls)}, refused {self.refusals}"
                )
            return [replace(message) for message in self.messages]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One Web API call."""
        method = request.path.removeprefix("/api/")
        arguments = await _arguments(request)
        with self._changed:
            self.calls[method] += 1
            self._note(arguments.get("channel"))
            kind = self._next_fault(method, arguments)
        try:
            early = await _before(kind, request)
            if early is not None:
                return early
            answer = self._call(method, arguments, request.headers.get("Authorization", ""))
            response = await _after(kind, request, answer)
            response.headers["x-oauth-scopes"] = ",".join(sorted(self.scopes))
            return response
        finally:
            with self._changed:
                self._changed.notify_all()

    def _note(self, channel: object) -> None:
        if isinstance(channel, str) and channel.startswith("#"):
            self.channels.add(channel)

    def _next_fault(self, method: str, arguments: Node) -> str:
        posts = self.faults_of.get(str(arguments.get("channel")))
        if method == "chat.postMessage" and posts:
            kind = posts.popleft()
        elif self.faults and self.faults[0][0] in (method, "*"):
            kind = self.faults.popleft()[1]
        else:
            return ""
        name, _, value = kind.partition(":")
        if name not in KINDS_WITH_VALUE if value else kind not in KINDS_BEFORE + KINDS_AFTER:
            raise ValueError(f"no such fault: {kind!r}")
        return kind

    def _call(self, method: str, arguments: Node, authorization: str) -> Node:
        token = authorization.removeprefix("Bearer ").strip() or arguments.get("token")
        if token != GOOD_TOKEN:
            return _error("invalid_auth" if token else "not_authed")  # DOC every method
        methods = {
            "auth.test": _auth_test,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "users.conversations": self._channels,
            **{name: partial(self._read, name) for name in READS},
        }
        if method not in methods:
            return _error("unknown_method")  # DOC
        with self._changed:
            answer = methods[method](arguments)
            self._changed.notify_all()
            return answer

    def _post(self, arguments: Node) -> Node:
        channel = arguments.get("channel") or ""
        if not channel or channel in self.unknown_channels:
            return self._refuse("channel_not_found", channel)
        if (why := refusal(arguments)) is not None:
            return self._refuse(why.code, why.reason)
        if (known := self._known(arguments)) is not None:
            return _posted(known) | {"is_duplicate": True}
        thread = arguments.get("thread_ts")
        if thread and self._find(_channel_id(channel), thread) is None:
            return self._refuse("thread_not_found", thread)  # DOC error list
        warning = metadata_warning(arguments["metadata"]) if arguments.get("metadata") else None
        message = self._message(channel, arguments, keep_metadata=warning is None)
        self.messages.append(message)
        return _posted(message) | ({"warning": warning} if warning else {})

    def _update(self, arguments: Node) -> Node:
        # OBSERVED(python-slack-sdk#696): an edit takes the channel's id, never its name
        channel, ts = arguments.get("channel") or "", arguments.get("ts")
        if channel not in {message.channel_id for message in self.messages}:
            return self._refuse("channel_not_found", channel)
        message = self._find(channel, ts)
        if message is None:
            return self._refuse("message_not_found", str(ts))  # DOC chat.update
        if (why := refusal(arguments, updating=True)) is not None:
            return self._refuse(why.code, why.reason)
        message.text = arguments.get("text", message.text)
        message.blocks = arguments.get("blocks", message.blocks)
        message.metadata = arguments.get("metadata") or message.metadata  # DOC: kept if omitted
        message.edits += 1
        return {"ok": True, "channel": channel, "ts": ts, "text": message.text}

    def _channels(self, arguments: Node) -> Node:
        method = "users.conversations"
        if lacks := slack_reads.missing_scope(method, arguments, self.scopes):
            return lacks
        known = {(name, _channel_id(name)) for name in self.channels - self.unknown_channels}
        return slack_reads.channels(known, arguments, self.private_channels)

    def _read(self, method: str, arguments: Node) -> Node:
        channel = arguments.get("channel") or ""
        names = {_channel_id(name): name for name in self.channels - self.unknown_channels}
        private = names.get(channel) in self.private_channels
        if lacks := slack_reads.missing_scope(method, arguments, self.scopes, private=private):
            return lacks
        if channel not in {*names, *(message.channel_id for message in self.messages)}:
            return self._refuse("channel_not_found", channel)  # DOC: an id, never a name
        before = time.monotonic() - self.lag_s
        seen = [m for m in self.messages if m.channel_id == channel and m.at <= before]
        return READS[method](seen, arguments)

    def _message(self, channel: str, arguments: Node, *, keep_metadata: bool) -> Message:
        return Message(
            channel=channel,
            channel_id=_channel_id(channel),
            ts=self._next_ts(),
            thread_ts=arguments.get("thread_ts"),
            text=(arguments.get("text") or "")[:MAX_TEXT_CHARS],
            blocks=arguments.get("blocks") or [],
            metadata=arguments.get("metadata") if keep_metadata and self.keep_metadata else None,
            client_msg_id=arguments.get("client_msg_id"),
            at=time.monotonic(),
            arguments=arguments,
        )

    def _known(self, arguments: Node) -> Message | None:
        wanted = (arguments["channel"], arguments.get("client_msg_id"))
        if not self.honour_client_msg_id or wanted[1] is None:
            return None
        same = (each for each in self.messages if (each.channel, each.client_msg_id) == wanted)
        return next(same, None)

    def _find(self, channel_id: str, ts: object) -> Message | None:
        found = (each for each in self.messages if (each.channel_id, each.ts) == (channel_id, ts))
        return next(found, None)

    def _next_ts(self) -> str:
        """DOC: seconds with six decimals, unique in its channel."""
        self._last_us = max(time.time_ns() // 1000, self._last_us + 1)
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    def _refuse(self, code: str, reason: str) -> Node:
        self.refusals.append((code, reason))
        return _error(code) | {"response_metadata": {"messages": [f"[ERROR] {reason}"]}}


async def _arguments(request: web.Request) -> Node:
    """DOC: JSON, a form or the query; blocks and metadata in a form are JSON in a string."""
    if request.content_type == "application/json":
        return dict(json.loads(await request.read() or b"{}"))
    arguments: Node = {**request.query, **await request.post()}
    for key in ("blocks", "metadata"):
        if isinstance(arguments.get(key), str):
            arguments[key] = _json_or_text(arguments[key])
    return arguments


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


async def _before(kind: str, request: web.Request) -> web.StreamResponse | None:
    """The faults that keep a call from being served; None lets it through."""
    name, _, value = kind.partition(":")
    if name in ("hang", "hang_then_drop"):
        await asyncio.sleep(float(value))
    match name:
        case "http500":
            return _server_error()
        case "badjson":
            return web.Response(text="<!doctype", content_type="application/json")
        case "drop_before" | "hang_then_drop":
            return _drop(request)
        case "err":
            return web.json_response(_error(value))
        case "429":  # DOC rate limits: seconds in Retry-After
            headers = {"Retry-After": value}
            return web.json_response(_error("ratelimited"), status=429, headers=headers)
    return None


async def _after(kind: str, request: web.Request, answer: Node) -> web.StreamResponse:
    """The faults that lose the answer of a call that was served."""
    name, _, value = kind.partition(":")
    if name == "post_then_hang":
        await asyncio.sleep(float(value))
    if kind == "post_then_drop":
        return _drop(request)
    if kind == "post_then_500":
        return _server_error()
    return web.json_response(answer)


def _drop(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _server_error() -> web.StreamResponse:
    return web.Response(status=500, text=SERVER_ERROR_PAGE, content_type="text/html")


def _auth_test(_arguments: Node) -> Node:
    return {"ok": True, "team": "Desk", "team_id": "T1", "user_id": "UBOT", "bot_id": "B1"}


def _posted(message: Message) -> Node:
    stored = {"type": "message", "bot_id": "B1", "ts": message.ts, "text": message.text}
    return {"ok": True, "channel": message.channel_id, "ts": message.ts, "message": stored}


def _error(code: str) -> Node:
    return {"ok": False, "error": code}


def _channel_id(channel: str) -> str:
    """OBSERVED(python-slack-sdk#696): the answer to a post by name carries the id."""
    if not channel.startswith("#"):
        return channel
    return "C" + hashlib.blake2b(channel.encode(), digest_size=5).hexdigest().upper()
