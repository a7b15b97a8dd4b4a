"""A newsroom's web server on loopback: documents in, honest conditional GETs and a diary out."""

import asyncio
import hashlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from xml.sax.saxutils import escape

from aiohttp import web
from stubs.loopback_server import LoopbackServer

DRIP_PAUSE_S = 0.2
"""Seconds between two bytes of a dripping body."""

AUTO = "auto"
"""As an etag: derived from the body."""


@dataclass(frozen=True)
class Request:
    """One request as it was answered."""

    path: str
    headers: Mapping[str, str]
    """Case-insensitive."""
    status: int
    at: float
    """`time.monotonic()` of the answer, seconds."""


@dataclass(frozen=True)
class Document:
    """What a path answers."""

    body: bytes
    etag: str | None = None
    last_modified: str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0
    drip: bool = False


@dataclass(frozen=True)
class Entry:
    """One entry of an RSS feed; `published` as RFC 822 or whatever a test needs."""

    title: str
    guid: str
    link: str
    summary: str = ""
    published: str = ""
    author: str = ""


class OutletStub(LoopbackServer):
    """Serves what it was given, 404 for the rest; may be changed while it runs."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        super().__init__(port, host)
        self.requests: list[Request] = []
        self._documents: dict[str, Document] = {}
        self._changed = threading.Condition()

    def url(self, path: str) -> str:
        """The address of `path`."""
        return f"http://{self.host}:{self.port}/{path.lstrip('/')}"

    def serve(
        self,
        path: str,
        body: bytes | str,
        *,
        content_type: str = "application/rss+xml",
        etag: str | None = None,
        last_modified: str | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        delay_s: float = 0,
        drip: bool = False,
    ) -> None:
        """From the next request on, `path` answers this.  `drip` sends a byte at a time."""
        raw = body.encode() if isinstance(body, str) else body
        if etag == AUTO:
            etag = f'"{hashlib.blake2b(raw, digest_size=8).hexdigest()}"'
        sent = {"Content-Type": content_type, **(headers or {})}
        with self._changed:
            self._documents["/" + path.lstrip("/")] = Document(
                raw, etag, last_modified, status, sent, delay_s, drip
            )

    def wait_for(self, path: str, n: int, timeout_s: float) -> list[Request]:
        """The requests for `path`, once `n` at least were answered."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._asked(path)) >= n, timeout_s):
                seen = [(each.path, each.status) for each in self.requests]
                raise TimeoutError(f"{path} not asked {n} times in {timeout_s:g} s; seen {seen}")
            return self._asked(path)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One GET."""
        with self._changed:
            document = self._documents.get(request.path, Document(b"", status=404))
        await asyncio.sleep(document.delay_s)
        status = 304 if _unchanged(document, request.headers) else document.status
        with self._changed:
            moment = time.monotonic()
            self.requests.append(Request(request.path, request.headers.copy(), status, moment))
            self._changed.notify_all()
        headers = _headers(document)
        if status == 304:
            headers.pop("Content-Type", None)
            return web.Response(status=304, headers=headers)
        if document.drip:
            return await _drip(document, request, headers)
        return web.Response(status=status, body=document.body, headers=headers)

    def _asked(self, path: str) -> list[Request]:
        wanted = "/" + path.lstrip("/")
        return [each for each in self.requests if each.path == wanted]


def rss(*entries: Entry, title: str = "Stub wire") -> bytes:
    """A valid RSS 2.0 document."""
    items = "".join(_item(entry) for entry in entries)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">\n<channel>'
        f"<title>{escape(title)}</title><link>http://outlet.example/</link>"
        f"<description>{escape(title)}</description>\n{items}</channel>\n</rss>\n"
    ).encode()


def _item(entry: Entry) -> str:
    # RSS's own <author> is an e-mail address; a byline is Dublin Core's creator
    parts = {
        "title": entry.title,
        "link": entry.link,
        "description": entry.summary,
        "pubDate": entry.published,
        "dc:creator": entry.author,
    }
    inner = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in parts.items() if text)
    guid = f'<guid isPermaLink="false">{escape(entry.guid)}</guid>' if entry.guid else ""
    return f"<item>{inner}{guid}</item>\n"


def _headers(document: Document) -> dict[str, str]:
    stamps = {"ETag": document.etag, "Last-Modified": document.last_modified}
    return {**document.headers, **{name: text for name, text in stamps.items() if text}}


def _unchanged(document: Document, headers: Mapping[str, str]) -> bool:
    """RFC 9110 §13: If-None-Match, and If-Modified-Since only where that is absent."""
    if document.status != 200:
        return False
    wanted = headers.get("If-None-Match")
    if wanted is not None:
        tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
        return document.etag is not None and bool({document.etag.removeprefix("W/"), "*"} & tags)
    since = headers.get("If-Modified-Since")
    if since is None or document.last_modified is None:
        return False
    try:
        return parsedate_to_datetime(document.last_modified) <= parsedate_to_datetime(since)
    except ValueError:
        return False


async def _drip(
    document: Document, request: web.Request, headers: Mapping[str, str]
) -> web.StreamResponse:
    response = web.StreamResponse(status=document.status, headers=headers)
    response.content_length = len(document.body)
    await response.prepare(request)
    for byte in document.body:
        await response.write(bytes([byte]))
        await asyncio.sleep(DRIP_PAUSE_S)
    return response
