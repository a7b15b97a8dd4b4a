"""monitor.feeds.fetching.fetcher against real servers on loopback."""

from base64 import b64encode
from collections.abc import Iterator

import pytest
from stubs.fetching import failure, get, trouble
from stubs.outlet import AUTO, OutletStub
from stubs.raw import answering

from monitor.feeds.fetching.answers import Failed, Hop, NotModified, Retrieved, Trouble, Validators
from monitor.feeds.fetching.fetcher import MAX_REDIRECTS, Fetcher
from monitor.feeds.fetching.secrets import read_secret

STAMP = "Wed, 07 Sep 2016 10:00:00 GMT"


@pytest.fixture
def second() -> Iterator[OutletStub]:
    """Another origin."""
    with OutletStub() as server:
        yield server


async def test_a_body_comes_with_what_the_server_said(outlet: OutletStub, fetcher: Fetcher) -> None:
    said = {
        "Cache-Control": "public, max-age=300",
        "Age": "60",
        "Link": '<https://hub.example/>; rel="hub", </a>; rel=self',
    }
    outlet.serve("/a", "<rss/>", etag='"v1"', last_modified=STAMP, headers=said)
    assert await get(fetcher, outlet.url("/a#top")) == Retrieved(
        body=b"<rss/>",
        url=outlet.url("/a"),
        content_type="application/rss+xml",
        validators=Validators('"v1"', STAMP),
        max_age_s=240,
        links={"hub": "https://hub.example/", "self": outlet.url("/a")},
    )
    asked = outlet.requests[0].headers
    assert asked["User-Agent"].startswith("wirewatch/")
    assert "+https://desk.example/about" in asked["User-Agent"]
    assert asked["Accept-Encoding"] == "gzip, br"
    assert asked["A-IM"] == "feed"
    assert {"If-None-Match", "If-Modified-Since", "Cookie"}.isdisjoint(asked)


async def test_unchanged_is_304(outlet: OutletStub, fetcher: Fetcher) -> None:
    outlet.serve("/a", "<rss/>", etag='"v1"', last_modified=STAMP)
    for known in (Validators('"v1"', STAMP), Validators("", STAMP)):
        assert await get(fetcher, outlet.url("/a"), validators=known) == NotModified()
    changed = Validators('"v2"')
    assert isinstance(await get(fetcher, outlet.url("/a"), validators=changed), Retrieved)


async def test_304_without_being_asked_is_no_answer(fetcher: Fetcher) -> None:
    async with answering(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n") as url:
        assert trouble(await get(fetcher, url)) is Trouble.SOFT


async def test_a_delta_says_so(fetcher: Fetcher) -> None:
    head = b"HTTP/1.1 226 IM Used\r\nIM: feed\r\nContent-Length: 6\r\n\r\n"
    async with answering(head, b"<rss/>") as url:
        got = await get(fetcher, url)
    assert isinstance(got, Retrieved)
    assert got.delta


async def test_cookies_are_not_kept(outlet: OutletStub, fetcher: Fetcher) -> None:
    outlet.serve("/a", "<rss/>", headers={"Set-Cookie": "a=1"})
    for _ in range(2):
        await get(fetcher, outlet.url("/a"))
    assert not any("Cookie" in request.headers for request in outlet.requests)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (204, Trouble.SOFT),
        (206, Trouble.SOFT),
        (300, Trouble.HARD),
        (400, Trouble.HARD),
        (401, Trouble.HARD),
        (403, Trouble.HARD),
        (404, Trouble.HARD),
        (408, Trouble.SOFT),
        (410, Trouble.GONE),
        (425, Trouble.SOFT),
        (429, Trouble.BUSY),
        (451, Trouble.HARD),
        (500, Trouble.SOFT),
        (502, Trouble.SOFT),
        (503, Trouble.BUSY),
        (599, Trouble.SOFT),
    ],
)
async def test_statuses(outlet: OutletStub, fetcher: Fetcher, status: int, kind: Trouble) -> None:
    outlet.serve("/a", b"", status=status)
    failed = await get(fetcher, outlet.url("/a"))
    assert trouble(failed) is kind
    assert failure(failed).status == status


async def test_a_challenge_is_told_apart(outlet: OutletStub, fetcher: Fetcher) -> None:
    for status in (403, 503):
        outlet.serve("/a", b"", status=status, headers={"cf-mitigated": "challenge"})
        assert trouble(await get(fetcher, outlet.url("/a"))) is Trouble.CHALLENGED


async def test_the_server_s_own_words_are_not_repeated(fetcher: Fetcher) -> None:
    async with answering(b"HTTP/1.1 404 <!channel> hi\r\nContent-Length: 0\r\n\r\n") as url:
        assert await get(fetcher, url) == Failed(
            why="HTTP 404 Not Found", trouble=Trouble.HARD, status=404
        )


async def test_headers_that_are_no_text_can_be_stored_and_sent(fetcher: Fetcher) -> None:
    head = (
        b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\nETag: "\xff"\r\nLast-Modified: \xfe\r\n'
        b"Content-Type: text/xml; charset=\xff\r\nLink: <http://h.example/\xff>; rel=hub\r\n\r\n"
    )
    async with answering(head, b"<rss/>") as url:
        got = await get(fetcher, url)
    assert isinstance(got, Retrieved)
    assert (got.validators, got.links) == (Validators(), {})
    assert got.content_type == "text/xml; charset=?"


# --- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_and_told(
    outlet: OutletStub, fetcher: Fetcher, status: int
) -> None:
    outlet.serve("/old", b"", status=status, headers={"Location": "new?a=b#frag"})
    outlet.serve("/new", "<rss/>", etag=AUTO)
    got = await get(fetcher, outlet.url("/old"))
    assert isinstance(got, Retrieved)
    assert got.hops == (Hop(status, outlet.url("/new?a=b")),)
    assert got.hops[0].permanent == (status in {301, 308})
    assert str(got.hops[0]) == repr(got.hops[0]) == f"{status} {outlet.url('/new')}?a=***"
    assert got.validators.url == got.url == outlet.url("/new?a=b")


async def test_redirects_end(outlet: OutletStub, fetcher: Fetcher) -> None:
    for n in range(MAX_REDIRECTS + 1):
        outlet.serve(f"/{n}", b"", status=302, headers={"Location": f"/{n + 1}"})
    outlet.serve(f"/{MAX_REDIRECTS + 1}", "<rss/>")
    assert isinstance(await get(fetcher, outlet.url("/1")), Retrieved)
    assert await get(fetcher, outlet.url("/0")) == Failed(
        why=f"more than {MAX_REDIRECTS} redirects", trouble=Trouble.HARD, status=302
    )
    outlet.serve("/x", b"", status=301, headers={"Location": "/y"})
    outlet.serve("/y", b"", status=301, headers={"Location": "/x#again"})
    assert await get(fetcher, outlet.url("/x")) == Failed(
        why="redirects in a circle", trouble=Trouble.HARD, status=301
    )
    assert [r.path for r in outlet.requests if r.path in {"/x", "/y"}] == ["/x", "/y"]


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("", Trouble.HARD),
        ("file:///etc/passwd", Trouble.REFUSED),
        ("gopher://127.0.0.1/", Trouble.REFUSED),
        ("javascript:alert(1)", Trouble.REFUSED),
        ("http://[::1", Trouble.REFUSED),
        ("http://a:99999/", Trouble.REFUSED),
        ("\x80\xff", Trouble.HARD),
    ],
)
async def test_redirects_to_nowhere(
    outlet: OutletStub, fetcher: Fetcher, location: str, kind: Trouble
) -> None:
    outlet.serve("/a", b"", status=302, headers={"Location": location})
    assert trouble(await get(fetcher, outlet.url("/a"))) is kind


async def test_validators_go_to_the_address_they_belong_to(
    outlet: OutletStub, second: OutletStub, fetcher: Fetcher
) -> None:
    outlet.serve("/a", b"", status=301, headers={"Location": second.url("/b")})
    second.serve("/b", "<rss/>", etag='"v1"')
    first = await get(fetcher, outlet.url("/a"))
    assert isinstance(first, Retrieved)
    again = await get(fetcher, outlet.url("/a"), validators=first.validators)
    assert again == NotModified((Hop(301, second.url("/b")),))
    await get(fetcher, outlet.url("/a"), validators=Validators('"of a"'))
    assert ["If-None-Match" in r.headers for r in outlet.requests] == [False, False, True]
    assert ["If-None-Match" in r.headers for r in second.requests] == [False, True, False]


@pytest.mark.parametrize("secret", ["user:pass word", "Bearer t0ken", "X-Api-Key: k3y"])
async def test_a_secret_goes_to_its_own_origin_only(
    outlet: OutletStub, second: OutletStub, fetcher: Fetcher, secret: str
) -> None:
    held = read_secret(secret)
    outlet.serve("/a", b"", status=302, headers={"Location": "/b"})
    outlet.serve("/b", b"", status=307, headers={"Location": second.url("/c")})
    second.serve("/c", b"", status=302, headers={"Location": outlet.url("/d")})
    outlet.serve("/d", "<rss/>")
    assert isinstance(await get(fetcher, outlet.url("/a"), secret=held), Retrieved)
    assert [r.headers[held.header] for r in outlet.requests] == [held.value] * 3
    assert held.header not in second.requests[0].headers


async def test_who_moved_away_from_a_secret_is_told(
    outlet: OutletStub, second: OutletStub, fetcher: Fetcher
) -> None:
    outlet.serve("/a", b"", status=301, headers={"Location": second.url("/b?token=abc")})
    second.serve("/b", b"", status=401)
    failed = await get(fetcher, outlet.url("/a"), secret=read_secret("user:password"))
    assert isinstance(failed, Failed)
    assert failed.why == (
        f"HTTP 401 Unauthorized: it moved to http://127.0.0.1:{second.port}, "
        "which is not told the feed's secret"
    )


async def test_credentials_in_an_address_are_sent_but_not_kept(
    outlet: OutletStub, second: OutletStub, fetcher: Fetcher
) -> None:
    outlet.serve("/a", b"", status=302, headers={"Location": f"http://x:y@{second.url('/b')[7:]}"})
    second.serve("/b", "<rss/>")
    url = outlet.url("/a").replace("http://", "http://us%40er:s3cret%21@")
    got = await get(fetcher, url)
    assert isinstance(got, Retrieved)
    assert got.url == second.url("/b")
    login = b64encode(b"us@er:s3cret!").decode()
    assert outlet.requests[0].headers["Authorization"] == f"Basic {login}"
    assert "Authorization" not in second.requests[0].headers
    given = read_secret("Bearer other")
    await get(fetcher, url, secret=given)
    assert outlet.requests[1].headers["Authorization"] == "Bearer other"
