"""Addresses: is this one of the public internet?

In: an IP address as text.  Out: yes or no.  Invariant: what is not known to be public is not:
IPv6 is public only inside 2000::/3, and an IPv4 address inside an IPv6 one is judged by itself.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_NOT_PUBLIC_V4 = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",  # this network; 0.0.0.0 reaches the machine itself
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; clouds keep services there
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's own services, behind an address that looks public
        "169.254.0.0/16",  # link-local; the clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation, like the two below
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_PUBLIC_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    ip_network(each)
    for each in (
        "2001::/23",  # Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: any IPv4 address inside
        "3fff::/20",  # documentation
    )
)
_HOLD_V4 = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
"""IPv4-mapped, and NAT64's well-known prefix: the last 32 bits say where it goes."""


def is_public(address: str) -> bool:
    """True if `address`, with or without a zone (`%eth0`), belongs to the public internet."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return _is_public_v4(parsed) if isinstance(parsed, IPv4Address) else _is_public_v6(parsed)


def is_address(host: str) -> bool:
    """True if `host` is an IP address, in brackets or not, and no name."""
    try:
        ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True


def is_local_name(host: str) -> bool:
    """True for names that only one's own network or machine knows."""
    labels = host.rstrip(".").lower().split(".")
    return len(labels) == 1 or labels[-1] in _LOCAL_ENDINGS or labels[-2:] == ["home", "arpa"]


_LOCAL_ENDINGS = frozenset({"localhost", "local", "localdomain", "internal", "intranet", "lan"})


def is_oddly_written(host: str) -> bool:
    """True for `127.1`, `0x7f000001`, `2130706433`: IPv4 as only some programs read it."""
    last = host.rstrip(".").rpartition(".")[2].lower()
    return not is_address(host) and (last.isdigit() or last.startswith("0x"))


def _is_public_v4(address: IPv4Address) -> bool:
    return not any(address in network for network in _NOT_PUBLIC_V4)


def _is_public_v6(address: IPv6Address) -> bool:
    if any(address in network for network in _HOLD_V4):
        return _is_public_v4(IPv4Address(int(address) & 0xFFFFFFFF))
    if address not in _PUBLIC_V6:
        return False
    return not any(address in network for network in _NOT_PUBLIC_V6)
