"""No address of one's own network is asked: every notation, redirects, rebinding, over sockets."""

import socket
from collections.abc import AsyncIterator, Iterator

import pytest
from stubs.connects import watched_connects
from stubs.names import Names
from stubs.outlet import OutletStub
from stubs.turns import unspaced

from monitor.feeds.fetching.addresses import (
    is_address,
    is_local_name,
    is_oddly_written,
    is_public,
)
from monitor.feeds.fetching.answers import Failed, Retrieved, Trouble
from monitor.feeds.fetching.fetcher import Fetcher

STAGE = "127.0.0.2"
"""Plays a public address where a test needs one that answers."""

PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:0.0.0.0",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "0:0:0:0:0:ffff:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "172.32.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "2001:4860:4860::8888",
]
ODD = ["2130706433", "127.1", "127.0.1", "0", "0x7f000001", "0x7f.1", "017700000001", "127.0.0.1."]


@pytest.mark.parametrize("address", PRIVATE)
def test_private(address: str) -> None:
    assert not is_public(address)
    assert not is_public(f"{address}%lo")
    assert is_address(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "localhost", "8.8.8", "8.8.8.8.8", "::g", "08.8.8.8"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


def test_names_of_one_s_own() -> None:
    assert all(map(is_local_name, ["localhost", "a.localhost", "nas", "x.local.", "db.internal"]))
    assert not any(map(is_local_name, ["bbc.co.uk", "internal.example.com"]))
    assert is_oddly_written("0x7f000001")
    assert not is_oddly_written("127.0.0.1")
    assert not is_oddly_written("0x.example")


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    names = Names(
        rebind_example=["127.0.0.1"],
        mapped_example=["::ffff:127.0.0.1"],
        both_example=["::1", "127.0.0.1"],
        inner_example=["10.0.0.1", "127.0.0.1"],
        localhost=["127.0.0.1"],
    )
    async with Fetcher(proxies={}, resolver=names, hosts=unspaced()) as opened:
        yield opened


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/a" if ":" in host else f"http://{host}:{port}/a"


@pytest.mark.parametrize(
    "host",
    [
        *PRIVATE,
        *ODD,
        *("rebind.example", "mapped.example", "both.example", "inner.example", "localhost"),
        *("LOCALHOST", "①②⑦.0.0.1", "127。0。0。1", "user:pw@127.0.0.1", "fe80::1%25lo"),
    ],
)
async def test_nothing_is_connected(outlet: OutletStub, fetcher: Fetcher, host: str) -> None:
    outlet.serve("/a", "<rss/>")
    with watched_connects() as connects:
        failed = await fetcher.fetch(_url(host, outlet.port))
    assert isinstance(failed, Failed), host
    assert failed.trouble in {Trouble.REFUSED, Trouble.HARD}, failed
    assert connects == []
    assert outlet.requests == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://a/", "//a/b"])
async def test_other_schemes(fetcher: Fetcher, url: str) -> None:
    failed = await fetcher.fetch(url)
    assert isinstance(failed, Failed)
    assert failed.trouble is Trouble.REFUSED


async def test_allow_private_lifts_it(outlet: OutletStub, fetcher: Fetcher) -> None:
    outlet.serve("/a", "<rss/>")
    url = outlet.url("/a")
    assert isinstance(await fetcher.fetch(url, allow_private=True), Retrieved)
    refused = await fetcher.fetch(url)  # the open connection is not lent out
    assert isinstance(refused, Failed)
    assert refused.trouble is Trouble.REFUSED
    assert "127.0.0.1 is no public address" in refused.why
    assert len(outlet.requests) == 1


@pytest.fixture
def stage() -> Iterator[OutletStub]:
    """An outlet at an address that counts as public."""
    with socket.socket() as probe:
        try:
            probe.bind((STAGE, 0))
        except OSError:
            pytest.skip("only Linux has all of 127.0.0.0/8")
    with OutletStub(host=STAGE) as server:
        yield server


def _staged(names: Names) -> Fetcher:
    return Fetcher(
        proxies={}, resolver=names, hosts=unspaced(), public=lambda a: a == STAGE or is_public(a)
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_leads_nowhere_private(
    outlet: OutletStub, stage: OutletStub, status: int
) -> None:
    outlet.serve("/a", "<rss/>")
    names = Names(paper_example=[STAGE], inside_example=["127.0.0.1"])
    async with _staged(names) as fetcher:
        for n, host in enumerate(["127.0.0.1", "inside.example", "[::ffff:127.0.0.1]"]):
            target = f"http://{host}:{outlet.port}/a"
            stage.serve(f"/{n}", b"", status=status, headers={"Location": target})
            asked = f"http://paper.example:{stage.port}/{n}"
            failed = await fetcher.fetch(asked)
            assert isinstance(failed, Failed)
            assert failed.trouble is Trouble.REFUSED
    assert [request.path for request in stage.requests] == ["/0", "/1", "/2"]
    assert outlet.requests == []


async def test_a_name_that_turns_private_is_refused(stage: OutletStub) -> None:
    names = Names(paper_example=[STAGE])
    stage.serve("/a", "<rss/>", headers={"Connection": "close"})
    async with _staged(names) as fetcher:
        url = f"http://paper.example:{stage.port}/a"
        assert isinstance(await fetcher.fetch(url), Retrieved)
        names.table["paper.example"] = ["127.0.0.1"]
        fetcher._sessions.guarded.connector.clear_dns_cache()  # type: ignore[union-attr]
        with watched_connects() as connects:
            failed = await fetcher.fetch(url)
        assert isinstance(failed, Failed)
        assert failed.trouble is Trouble.REFUSED
    assert connects == []


async def test_of_several_addresses_only_public_ones_are_tried(
    outlet: OutletStub, stage: OutletStub
) -> None:
    names = Names(paper_example=["127.0.0.1", STAGE])
    stage.serve("/a", "<rss/>")
    async with _staged(names) as fetcher:
        with watched_connects() as connects:
            got = await fetcher.fetch(f"http://paper.example:{stage.port}/a")
    assert isinstance(got, Retrieved)
    assert {address[0] for address in connects} == {STAGE}


async def test_through_a_proxy_the_target_is_looked_at(stage: OutletStub) -> None:
    proxy = f"http://user:secret@{STAGE}:{stage.port}"
    names = Names(
        rebind_example=["127.0.0.1"], paper_example=[STAGE], six_example=[STAGE, "fd00::1"]
    )
    stage.serve("/a", "<rss/>")
    async with Fetcher(
        proxies={"http": proxy, "no": "direct.example"},
        resolver=names,
        hosts=unspaced(),
        public=lambda a: a == STAGE or is_public(a),
    ) as fetcher:
        for host in ("127.0.0.1", "[::1]", "127.1", "localhost", "rebind.example", "six.example"):
            failed = await fetcher.fetch(f"http://{host}/a")
            assert isinstance(failed, Failed)
            assert failed.trouble is Trouble.REFUSED, host
        assert stage.requests == []
        assert isinstance(await fetcher.fetch("http://paper.example/a"), Retrieved)
        assert isinstance(await fetcher.fetch("http://only.proxy.example/a"), Retrieved)
        direct = await fetcher.fetch("http://direct.example/a")
        assert direct == Failed(why="no such name: direct.example", trouble=Trouble.HARD)
        assert isinstance(await fetcher.fetch("http://10.0.0.1/a", allow_private=True), Retrieved)
    assert [r.headers["Host"] for r in stage.requests] == [
        "paper.example",
        "only.proxy.example",
        "10.0.0.1",
    ]
    assert stage.requests[0].headers["Proxy-Authorization"].startswith("Basic ")
