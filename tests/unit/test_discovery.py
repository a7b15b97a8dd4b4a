"""Discovery: pages in, addresses of feeds out."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.visiting.discovery import MAX_LINKS, Link, named_feeds, usual_addresses

BASE = "https://a.example/news/index.html"


def link(href: str, kind: str = "application/rss+xml", rel: str = "alternate") -> bytes:
    return f'<link rel="{rel}" type="{kind}" href="{href}" title="T &amp; U">'.encode()


def test_links_of_every_feed_type_are_found_once() -> None:
    page = b"<html><head>" + b"".join(
        [
            link("rss.xml"),
            link("/atom", "Application/Atom+XML; charset=utf-8", "Alternate home"),
            link("//b.example/f.json", "application/feed+json"),
            link("/news/rss.xml?utm_source=x"),
            link("style.css", "text/css", "stylesheet"),
            link("/wp-json/wp/v2/posts/1", "application/json"),
            link("javascript:alert(1)"),
            link("file:///etc/passwd"),
            link("http://[bad"),
            b"<link rel=alternate type=application/rss+xml>",
        ]
    )
    assert named_feeds(page, BASE) == [
        Link(url="https://a.example/news/rss.xml", title="T & U"),
        Link(url="https://a.example/atom", title="T & U"),
        Link(url="https://b.example/f.json", title="T & U"),
    ]


def test_the_page_says_what_its_addresses_start_from() -> None:
    page = b'<base href="/other/">' + link("f.xml")
    assert named_feeds(page, BASE)[0].url == "https://a.example/other/f.xml"


def test_a_page_full_of_feeds_is_bounded() -> None:
    page = b"".join(link(f"{n}.xml") for n in range(1_000))
    assert len(named_feeds(page, BASE)) == MAX_LINKS


def test_guesses_stay_on_the_host() -> None:
    guesses = [each.url for each in usual_addresses(BASE)]
    assert guesses[0] == "https://a.example/feed"
    assert all(guess.startswith("https://a.example/") for guess in guesses)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_page(page: bytes) -> None:
    for body in (page, b"<base href=" + page, b"<link rel=alternate type=application/json href="):
        assert all(each.url.startswith("http") for each in named_feeds(body, BASE))
