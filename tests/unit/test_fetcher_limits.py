"""What the fetcher does with endless, broken and hostile answers: each is cut off or named."""

import resource
import ssl
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import brotli
import pytest
from stubs.certificates import Certificates
from stubs.fetching import get, trouble
from stubs.outlet import OutletStub
from stubs.raw import answering

from monitor.feeds.fetching.answers import MAX_BODY_BYTES, UNCONDITIONAL, Failed, Retrieved, Trouble
from monitor.feeds.fetching.fetcher import Fetcher

GROWTH_MOST_KB = 50 * 1024


def _zipped(pieces: int) -> Iterator[bytes]:
    packer, piece = zlib.compressobj(9, zlib.DEFLATED, 31), bytes(1 << 20)
    for _ in range(pieces):
        yield packer.compress(piece)
    yield packer.flush()


def _brotli(pieces: int) -> Iterator[bytes]:
    packer, piece = brotli.Compressor(quality=5), bytes(1 << 20)
    for _ in range(pieces):
        yield packer.process(piece)
    yield packer.finish()


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", _zipped), ("br", _brotli)])
async def test_a_bomb_is_cut_off(
    fetcher: Fetcher, encoding: str, pack: Callable[[int], Iterator[bytes]]
) -> None:
    bomb = b"".join(pack(200))  # MB
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(bomb)}\r\n\r\n"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with answering(head.encode(), bomb) as url:
        assert await get(fetcher, url) == Failed(
            why="larger than 8 MB", trouble=Trouble.TOO_LARGE, status=200
        )
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWTH_MOST_KB
    fits = b"".join(pack(MAX_BODY_BYTES >> 20))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(fits)}\r\n\r\n"
    async with answering(head.encode(), fits) as url:
        got = await get(fetcher, url)
    assert isinstance(got, Retrieved)
    assert len(got.body) == MAX_BODY_BYTES


async def test_an_endless_body_is_cut_off(fetcher: Fetcher) -> None:
    endless = (b"x" * 65_536 for _ in range(10**9))
    async with answering(b"HTTP/1.1 200 OK\r\n\r\n", repeat=endless) as url:
        assert trouble(await get(fetcher, url)) is Trouble.TOO_LARGE


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        (b"", b"\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: <%b>\r\n\r\n" % (b"x" * 4_000)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
    ],
)
async def test_what_says_nothing_at_great_length_is_cut_off(
    fetcher: Fetcher, begins: bytes, goes_on: bytes
) -> None:
    long = [goes_on * (65_536 // len(goes_on))] * 300
    async with answering(begins, *long) as url:
        assert await get(fetcher, url) == Failed(
            why="sends more than 9 MB", trouble=Trouble.TOO_LARGE
        )


async def test_one_connection_may_bring_many_bodies(outlet: OutletStub, fetcher: Fetcher) -> None:
    outlet.serve("/a", bytes(MAX_BODY_BYTES))
    for _ in range(3):
        assert isinstance(await get(fetcher, outlet.url("/a")), Retrieved)


async def test_tls_is_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Certificates(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.server_both)
    monkeypatch.setenv("SSL_CERT_FILE", made.ca)
    long = [b"\r\n" * 32_768] * 300
    async with (
        Fetcher(proxies={}) as trusting,
        answering(*long, context=context) as url,
    ):
        assert trouble(await get(trusting, url)) is Trouble.TOO_LARGE


@pytest.mark.parametrize("value", ["é".encode("latin-1"), b'"\x01"', b"x" * 2_000])
async def test_validators_that_cannot_be_sent_back_are_not_kept(
    fetcher: Fetcher, value: bytes
) -> None:
    head = b"HTTP/1.1 200 OK\r\nETag: %b\r\nLast-Modified: %b\r\nContent-Length: 0\r\n\r\n"
    async with answering(head % (value, value)) as url:
        got = await get(fetcher, url)
    assert isinstance(got, Retrieved)
    assert got.validators == UNCONDITIONAL


async def test_a_content_type_of_any_bytes_is_text(fetcher: Fetcher) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; \xff\xe9\r\nContent-Length: 0\r\n\r\n"
    async with answering(head) as url:
        got = await get(fetcher, url)
    assert isinstance(got, Retrieved)
    assert got.content_type == "text/xml; ??"


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
async def test_what_cannot_be_inflated(outlet: OutletStub, fetcher: Fetcher, encoding: str) -> None:
    outlet.serve("/a", b"not packed at all", headers={"Content-Encoding": encoding})
    assert trouble(await get(fetcher, outlet.url("/a"))) is Trouble.UNREADABLE


async def test_a_drip_is_cut_off(outlet: OutletStub) -> None:
    outlet.serve("/a", "x" * 1_000, drip=True)
    outlet.serve("/to", b"", status=302, headers={"Location": "/a"})
    async with Fetcher(proxies={}, total_s=0.5) as fetcher:
        for path in ("/a", "/to"):
            assert await get(fetcher, outlet.url(path)) == Failed(
                why="no complete answer within 0.5 s"
            )


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly this",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"",
    ],
)
async def test_what_breaks_off_is_soft(fetcher: Fetcher, answer: bytes) -> None:
    async with answering(answer) as url:
        assert trouble(await get(fetcher, url)) is Trouble.SOFT


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
async def test_what_is_no_http(fetcher: Fetcher, answer: bytes) -> None:
    async with answering(answer) as url:
        assert await get(fetcher, url) == Failed(
            why="its answer is no HTTP", trouble=Trouble.UNREADABLE
        )


async def test_long_headers_are_taken(fetcher: Fetcher) -> None:
    policy = b"Content-Security-Policy: " + b"x" * 20_000 + b"\r\n"
    async with answering(b"HTTP/1.1 200 OK\r\n", policy, b"Content-Length: 2\r\n\r\nok") as url:
        assert isinstance(await get(fetcher, url), Retrieved)
