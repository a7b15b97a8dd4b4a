"""Proxies: through which one an address is asked.

In: the environment's `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`.  Out: a proxy's address or none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.request import getproxies_environment

from yarl import URL

from monitor.feeds.fetching.secrets import basic


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and what it alone is told: the login it asks for."""

    url: URL
    headers: Mapping[str, str]


def proxies_in_environment() -> Mapping[str, str]:
    """Proxies by scheme; under `no` the hosts asked without one."""
    return getproxies_environment()


def proxy_passwords(proxies: Mapping[str, str]) -> list[str]:
    """What must not be shown of them."""
    addresses = [given for scheme, given in proxies.items() if scheme != "no"]
    logins = [given.rpartition("@")[0].rpartition("/")[2] for given in addresses]
    return [login.partition(":")[2] or login for login in logins if login]


def proxy_for(url: URL, proxies: Mapping[str, str]) -> Proxy | None:
    """The proxy for `url`; None where it is asked directly.

    Raises:
        ValueError: the environment's address of the proxy is none.
    """
    given = proxies.get(url.scheme)
    if not given or _direct((url.host or "").lower(), proxies.get("no", "")):
        return None
    proxy = URL(given if "://" in given else f"http://{given}")
    login = basic(proxy.user, proxy.password or "").value if proxy.user is not None else ""
    # under this name: aiohttp makes Proxy-Authorization of it, for tunnels and plain requests alike
    return Proxy(proxy.with_user(None), {"Authorization": login} if login else {})


def _direct(host: str, exceptions: str) -> bool:
    """True if `NO_PROXY` names the host, a domain it is in, or `*`."""
    names = [name.strip().lstrip(".").lower() for name in exceptions.split(",")]
    return "*" in names or any(name and f".{host}".endswith(f".{name}") for name in names)
