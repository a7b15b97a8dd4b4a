"""The stub outlet is honest: it answers 304, serves what it is told, and writes real RSS."""

import aiohttp
import feedparser
import pytest
from stubs.outlet import AUTO, Entry, rss

HEADLINE = "Will not impose sanctions against Pakistan on terror: US"
PATIENCE_S = 5.0


async def test_the_outlet_answers_304_to_what_has_not_changed(outlet):
    body = rss(Entry(HEADLINE, "1", "https://outlet.example/1"))
    moment = "Wed, 07 Sep 2016 00:00:00 GMT"
    outlet.serve("/rss", body, etag=AUTO, last_modified=moment)
    async with aiohttp.ClientSession() as session:

        async def get(**headers: str) -> aiohttp.ClientResponse:
            names = {key.replace("_", "-"): value for key, value in headers.items()}
            async with session.get(outlet.url("/rss"), headers=names) as answer:
                await answer.read()
                return answer

        first = await get()
        etag = first.headers["ETag"]
        assert first.headers["Last-Modified"] == moment
        assert (await get(If_None_Match=f'"old", W/{etag}')).status == 304
        assert (await get(If_None_Match='"old"', If_Modified_Since=moment)).status == 200
        assert (await get(If_Modified_Since=moment)).status == 304
        outlet.serve("/rss", body + b"\n", etag=AUTO, last_modified=moment)
        assert (await get(If_None_Match=etag)).status == 200
    asked = outlet.wait_for("/rss", 5, PATIENCE_S)
    assert [each.status for each in asked] == [200, 304, 200, 304, 200]
    assert asked[1].headers["if-none-match"].endswith(etag)


async def test_the_outlet_serves_what_it_is_told(outlet):
    outlet.serve("gone", "moved", status=301, headers={"Location": outlet.url("new")})
    outlet.serve("new", "<html>", content_type="text/html; charset=utf-8")
    outlet.serve("slow", "12345678", drip=True)
    async with aiohttp.ClientSession() as session:
        async with session.get(outlet.url("gone")) as answer:
            assert await answer.text() == "<html>"
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        async with session.get(outlet.url("nothing")) as answer:
            assert answer.status == 404
        brief = aiohttp.ClientTimeout(total=0.1)
        async with session.get(outlet.url("slow"), timeout=brief) as answer:
            with pytest.raises(TimeoutError):
                await answer.read()
    with pytest.raises(TimeoutError, match="never"):
        outlet.wait_for("never", 1, 0.01)


def test_rss_is_what_feedparser_reads():
    hostile = Entry(
        'A < B & "C" ]]>',
        "urn:1",
        "https://outlet.example/?a=1&b=2",
        summary="<p>Para</p>",
        published="Wed, 07 Sep 2016 06:00:00 GMT",
        author="News Agencies",
    )
    parsed = feedparser.parse(rss(hostile, Entry("2", "2", "https://outlet.example/2")))
    assert not parsed.bozo
    entry = parsed.entries[0]
    assert (entry.title, entry.id, entry.link) == (hostile.title, hostile.guid, hostile.link)
    assert (entry.summary, entry.author) == (hostile.summary, hostile.author)
    assert entry.published == hostile.published
    assert len(parsed.entries) == 2
