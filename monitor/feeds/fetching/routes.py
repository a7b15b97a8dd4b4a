"""Routes: by which session, and through which proxy, an address is asked.

In: an address, and whether it may be a private one.  Out: a `Route`.  Invariant: nothing private is
asked that may not be: by the guard of the session, or by a look at the name where a proxy asks.
"""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypedDict

import aiohttp
from yarl import URL

from monitor.feeds.fetching.addresses import is_address, is_local_name, is_oddly_written
from monitor.feeds.fetching.proxies import Proxy, proxy_for
from monitor.feeds.fetching.session import NotPublic, Sessions


class _Through(TypedDict):
    proxy: URL | None
    proxy_headers: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Route:
    """Who asks."""

    session: aiohttp.ClientSession
    proxy: Proxy | None

    @property
    def through(self) -> _Through:
        """As aiohttp's requests take it."""
        proxy = self.proxy
        return _Through(
            proxy=proxy.url if proxy else None, proxy_headers=proxy.headers if proxy else None
        )


class Routes:
    """Those of one process; `public` tells addresses of the internet."""

    def __init__(
        self, sessions: Sessions, proxies: Mapping[str, str], public: Callable[[str], bool]
    ) -> None:
        self._sessions = sessions
        self._proxies = proxies
        self._public = public

    async def to(self, url: URL, *, allow_private: bool) -> Route:
        """The route to `url`.

        Raises:
            NotPublic: it leads where it must not.
            ValueError: the environment's address of the proxy is none.
        """
        proxy = proxy_for(url, self._proxies)
        if proxy and not allow_private:
            await self._check_target(url)
        free = allow_private or proxy  # the guard would see the proxy's address
        return Route(self._sessions.free if free else self._sessions.guarded, proxy)

    async def _check_target(self, url: URL) -> None:
        """Returns if `url`, to be asked by a proxy, leads to the public internet.

        A name that cannot be looked up here is left to the proxy, unless it is a local one.

        Raises:
            NotPublic: it leads elsewhere.
        """
        host = (url.raw_host or "").strip("[]")
        if is_oddly_written(host) or is_local_name(host):
            raise NotPublic(host)
        addresses = [host] if is_address(host) else await self._looked_up(host)
        for address in addresses:
            if not self._public(address):
                raise NotPublic(address)

    async def _looked_up(self, host: str) -> list[str]:
        try:
            found = await self._sessions.resolver.resolve(host, family=socket.AF_UNSPEC)
        except OSError:
            return []
        return [each["host"] for each in found]
