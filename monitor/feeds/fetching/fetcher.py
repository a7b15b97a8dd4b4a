"""Fetcher: one conditional GET, polite, bounded in time and size, safe.

In: an address, what is known of it, what opens it.  Out: `Retrieved`, `NotModified`, `Later` or
`Failed`; never an exception for what a server can do.  The only module that asks outlets for
anything.  Invariants: a secret reaches the origin it is meant for and no other, validators the
address that gave them; no more is read than `MAX_BODY_BYTES`, no longer than `TOTAL_TIMEOUT_S`.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from monitor.feeds.fetching.addresses import is_address, is_local_name, is_public
from monitor.feeds.fetching.answers import (
    MAX_BODY_BYTES,
    UNCONDITIONAL,
    Failed,
    Fetched,
    Hop,
    NotModified,
    Retrieved,
    Trouble,
    Validators,
)
from monitor.feeds.fetching.failures import failed_answer, failed_error
from monitor.feeds.fetching.hints import content_type, links, max_age_s, retry_after_s, validator
from monitor.feeds.fetching.hosts import Asker, Hosts, site_of
from monitor.feeds.fetching.proxies import proxies_in_environment
from monitor.feeds.fetching.routes import Routes
from monitor.feeds.fetching.secrets import Secret, basic
from monitor.feeds.fetching.session import Sessions
from monitor.feeds.fetching.turns import Turns

TOTAL_TIMEOUT_S = 30.0
"""For one fetch in all, redirects too; a server that sends a byte a second defeats other limits."""

MAX_REDIRECTS = 5
ADDRESSES_KEPT = 5_000
"""Of feeds, read once: each is asked again and again."""

CHUNK_BYTES = 65_536
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """What holds for all hops of one fetch."""

    asked: URL
    validators: Validators
    secret: Secret | None
    allow_private: bool

    def headers(self, url: URL) -> dict[str, str]:
        """What `url` may be told."""
        told: dict[str, str] = {}
        if str(url) == (self.validators.url or str(self.asked)):
            if self.validators.etag:
                told["If-None-Match"] = self.validators.etag
            if self.validators.last_modified:
                told["If-Modified-Since"] = self.validators.last_modified
        if self.secret and self.secret.value and url.origin() == self.asked.origin():
            told[self.secret.header] = self.secret.value
        return told


@dataclass(frozen=True, slots=True)
class _Moved:
    status: int
    to: URL


class Fetcher:
    """Asks outlets, from `__aenter__` to `__aexit__`; one per process.

    `contact` (an address or a mail box) stands in the User-Agent; `hosts` are the turns, `proxies`
    as in the environment: by scheme, `no` for exceptions; `public` tells addresses of the internet.
    """

    def __init__(
        self,
        *,
        contact: str = "",
        hosts: Hosts | None = None,
        resolver: AbstractResolver | None = None,
        proxies: Mapping[str, str] | None = None,
        public: Callable[[str], bool] = is_public,
        total_s: float = TOTAL_TIMEOUT_S,
    ) -> None:
        self.hosts = Hosts(clock=time.monotonic, draw=random.random) if hosts is None else hosts
        self._contact = contact
        self._resolver = resolver
        self._proxies = proxies_in_environment() if proxies is None else proxies
        self._public = public
        self._total_s = total_s
        self._sessions: Sessions
        self._routes: Routes

    async def __aenter__(self) -> Self:
        self._sessions = Sessions.opened(
            contact=self._contact, resolver=self._resolver, public=self._public
        )
        self._routes = Routes(self._sessions, self._proxies, self._public)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._sessions.close()

    async def fetch(
        self,
        url: str,
        *,
        validators: Validators = UNCONDITIONAL,
        secret: Secret | None = None,
        allow_private: bool = False,
        asker: Asker | None = None,
    ) -> Fetched:
        """One GET of `url` and of where it redirects to.

        Credentials in `url` are taken out of it and sent as basic authentication, unless there is
        a `secret`.  `allow_private` holds for the whole chain of redirects.  `asker` is whose turn
        it takes; without one somebody waits for the answer, and it goes first.
        """
        try:
            asked, own = _asked(url)
        except ValueError:
            return Failed(why="no http or https address", trouble=Trouble.REFUSED)
        secret = secret or own
        call = _Call(asked=asked, validators=validators, secret=secret, allow_private=allow_private)
        turns = Turns(self.hosts, asker or Asker(name=url))
        try:
            async with asyncio.timeout(self._total_s):
                return await self._follow(call, turns)
        except aiohttp.ServerTimeoutError as error:
            return failed_error(error)
        except TimeoutError:
            return Failed(why=f"no complete answer within {self._total_s:g} s")
        except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError) as error:
            return failed_error(error)
        finally:
            turns.end()

    async def post(
        self, url: str, form: Mapping[str, str], *, total_s: float, allow_private: bool = False
    ) -> Failed | None:
        """Sends a form; None once it was taken.  A redirect is followed by nobody."""
        try:
            asked = _address(URL(url))
        except ValueError:
            return Failed(why="no http or https address", trouble=Trouble.REFUSED)
        try:
            async with asyncio.timeout(total_s):
                route = await self._routes.to(asked, allow_private=allow_private)
                async with route.session.post(
                    asked, data=form, allow_redirects=False, **route.through
                ) as response:
                    if 200 <= response.status < 300:
                        return None
                    return failed_answer(response.status, response.headers)
        except aiohttp.ServerTimeoutError as error:
            return failed_error(error)
        except TimeoutError:
            return Failed(why=f"no answer within {total_s:g} s")
        except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError) as error:
            return failed_error(error)

    async def _follow(self, call: _Call, turns: Turns) -> Fetched:
        """The answer at the end of the redirects."""
        url, seen, hops = call.asked, {call.asked}, list[Hop]()
        while True:
            host = url.raw_host or ""
            if _takes_turns(host, call.allow_private) and (later := await turns.take(host)):
                return later
            answer = await self._get(url, call, tuple(hops))
            if not isinstance(answer, _Moved):
                return answer
            if len(hops) == MAX_REDIRECTS:
                return _hard(f"more than {MAX_REDIRECTS} redirects", answer.status)
            if answer.to in seen:
                return _hard("redirects in a circle", answer.status)
            url = answer.to
            seen.add(url)
            hops.append(Hop(answer.status, str(url)))

    async def _get(self, url: URL, call: _Call, hops: tuple[Hop, ...]) -> Fetched | _Moved:
        route = await self._routes.to(url, allow_private=call.allow_private)
        headers = call.headers(url)
        async with route.session.get(
            url, headers=headers, allow_redirects=False, **route.through
        ) as response:
            conditional = not {"If-None-Match", "If-Modified-Since"}.isdisjoint(headers)
            return await self._answer(response, call, hops, conditional=conditional)

    async def _answer(
        self,
        response: aiohttp.ClientResponse,
        call: _Call,
        hops: tuple[Hop, ...],
        *,
        conditional: bool,
    ) -> Fetched | _Moved:
        host = response.url.raw_host or ""
        match response.status:
            case 200 | 226:
                self.hosts.well(host)
                return await _retrieved(response, call, hops)
            case 304 if conditional:
                self.hosts.well(host)
                return NotModified(hops, max_age_s(response.headers))
            case status if status in REDIRECTS:
                return _moved(response)
            case _:
                return self._failed(response, call)

    def _failed(self, response: aiohttp.ClientResponse, call: _Call) -> Failed:
        failed = failed_answer(response.status, response.headers)
        wait_s = retry_after_s(response.headers.get("Retry-After", ""), datetime.now(UTC))
        host, site = response.url.raw_host or "", ""
        if failed.trouble is Trouble.BUSY and _takes_turns(host, call.allow_private):
            wait_s, site = self.hosts.busy(host, wait_s), site_of(host)
        return Failed(
            why=failed.why + _withheld(response, call),
            trouble=failed.trouble,
            retry_after_s=wait_s,
            status=failed.status,
            site=site,
        )


@lru_cache(maxsize=ADDRESSES_KEPT)
def _asked(url: str) -> tuple[URL, Secret | None]:
    """What is asked for `url`, and the secret in it.

    Raises:
        ValueError: it is no http or https address.
    """
    given = URL(url)
    secret = None if given.user is None else basic(given.user, given.password or "")
    return _address(given), secret


def _address(url: URL) -> URL:
    """The address without credentials and fragment.

    Raises:
        ValueError: it is no http or https address.
    """
    if url.scheme not in {"http", "https"} or not url.raw_host:
        raise ValueError("no http or https address")
    return url.with_user(None).with_fragment(None)


@lru_cache(maxsize=ADDRESSES_KEPT)
def _takes_turns(host: str, allow_private: bool) -> bool:
    """False for what a desk's own network serves, where it may be asked at all."""
    if not allow_private:
        return True
    bare = host.strip("[]")
    return is_public(bare) if is_address(bare) else not is_local_name(bare)


def _moved(response: aiohttp.ClientResponse) -> _Moved | Failed:
    location = response.headers.get("Location", "").strip()
    if not location:
        return _hard(f"HTTP {response.status} without a Location", response.status)
    try:
        return _Moved(response.status, _address(response.url.join(URL(location))))
    except ValueError:
        return Failed(
            why="redirects to what is no http or https address",
            trouble=Trouble.REFUSED,
            status=response.status,
        )


async def _retrieved(
    response: aiohttp.ClientResponse, call: _Call, hops: tuple[Hop, ...]
) -> Retrieved | Failed:
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            response.close()
            return Failed(
                why=f"larger than {MAX_BODY_BYTES // 2**20} MB",
                trouble=Trouble.TOO_LARGE,
                status=response.status,
            )
    headers, url = response.headers, str(response.url)
    return Retrieved(
        body=bytes(body),
        url=url,
        content_type=content_type(headers.get("Content-Type", "")),
        validators=Validators(
            validator(headers.get("ETag", "")),
            validator(headers.get("Last-Modified", "")),
            "" if url == str(call.asked) else url,
        ),
        hops=hops,
        max_age_s=max_age_s(headers),
        links=links(headers.getall("Link", []), url),
        delta=response.status == 226,
    )


def _withheld(response: aiohttp.ClientResponse, call: _Call) -> str:
    """Why a feed with a secret may not open: its address moved away from it."""
    moved = response.url.origin() != call.asked.origin()
    if call.secret and moved and response.status in {401, 403}:
        return f": it moved to {response.url.origin()}, which is not told the feed's secret"
    return ""


def _hard(why: str, status: int) -> Failed:
    return Failed(why=why, trouble=Trouble.HARD, status=status)
