"""monitor.feeds.reading.canonical and trackers: one address an article, never two articles one."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.reading.canonical import MAX_URL_CHARS, addresses, canonical, web_url
from monitor.feeds.reading.trackers import NAMES, tracks


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("HTTPS://A.Example:443/x?fbclid=1&Id=2", "https://a.example/x?Id=2"),
        ("http://a.example:80", "http://a.example/"),
        ("https://a.example:8443/x", "https://a.example:8443/x"),
        ("https://bücher.example/ä?ö=1", "https://xn--bcher-kva.example/%C3%A4?%C3%B6=1"),
        ("https://a.example/x?utm_source=rss&utm_medium=feed", "https://a.example/x"),
        ("https://a.example/x?UTM_Source=rss&b=1&a=2&b=0", "https://a.example/x?b=1&a=2&b=0"),
        ("https://a.example/x#publisher=newsstand", "https://a.example/x"),
        ("https://a.example/x?id=1#xtor=RSS-8", "https://a.example/x?id=1"),
        ("https://a.example/#!/x?utm_source=1", "https://a.example/#!/x?utm_source=1"),
        ("https://a.example/x?xtor=RSS-8&id=1", "https://a.example/x?id=1"),
        ("https://a.example/x?src=rss", "https://a.example/x"),
        ("https://a.example/x?src=12&ref=home", "https://a.example/x?src=12&ref=home"),
        ("https://a.example/x?at_medium=RSS&at_id=1", "https://a.example/x?at_id=1"),
        ("https://www.bbc.co.uk/news/1?at_anything=1&ocid=2", "https://www.bbc.co.uk/news/1"),
        ("https://notbbc.co.uk/1?at_anything=1", "https://notbbc.co.uk/1?at_anything=1"),
        ("https://a.example/x?ocid=1&cmpid=2", "https://a.example/x?ocid=1&cmpid=2"),
        ("https://www.bloomberg.com/x?cmpid=rss&srnd=y", "https://www.bloomberg.com/x"),
        ("https://www.spiegel.de/x?ref=rss", "https://www.spiegel.de/x"),
        ("https://a.example/x?campaign_id=7", "https://a.example/x?campaign_id=7"),
        ("https://a.example/x?utm_source=r;id=7", "https://a.example/x?utm_source=r;id=7"),
        ("https://a.example/x?utm_source=r;;UTM_medium=s&a=1", "https://a.example/x?a=1"),
        ("https://a.example/x?utm_source=r;b;id&a=1", "https://a.example/x?utm_source=r;b;id&a=1"),
        ("https://a.example/x?&&a&", "https://a.example/x?a"),
        ("https://a.example/x?", "https://a.example/x"),
        (" https://a.example/x\n", "https://a.example/x"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("data:text/html,x", ""),
        ("//a.example/x", ""),
        ("https://", ""),
        ("https://a.example:0x50/", ""),
        ("https://a.example/" + "x" * MAX_URL_CHARS, ""),
    ],
)
def test_canonical(url: str, same: str) -> None:
    assert canonical(url) == same
    assert bool(web_url(url)) is bool(same)


def test_www_and_mobile_addresses_stay_apart() -> None:
    found = {canonical(f"https://{host}a.example/x") for host in ("", "www.", "m.")}
    assert len(found) == 3


PARTS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf"]), max_size=8
)
HOSTS = st.sampled_from(["a.example", "www.bbc.com", "bücher.example", "news.indiatimes.com"])
QUERIES = st.lists(
    st.tuples(st.sampled_from(["utm_source", "id", "ref", "src", "fbclid", "at_x"]) | PARTS, PARTS),
    max_size=4,
)


@given(HOSTS, PARTS, QUERIES, PARTS)
def test_the_canonical_url_of_a_canonical_url_is_itself(
    host: str, path: str, query: list[tuple[str, str]], fragment: str
) -> None:
    pairs = "&".join(f"{name}={value}" for name, value in query)
    once = canonical(f"https://{host}/{path}?{pairs}#{fragment}")
    assert canonical(once) == once


@given(HOSTS, QUERIES, PARTS, PARTS)
def test_what_stands_behind_a_semicolon_keeps_articles_apart(
    host: str, query: list[tuple[str, str]], one: str, other: str
) -> None:
    trackers = "".join(f"{quote(name, safe='')}={quote(value, safe='')};" for name, value in query)
    found = {
        canonical(f"https://{host}/x?{trackers}id={quote(value, safe='')}")
        for value in (one, other)
    }
    assert len(found) == len({one, other})


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_none(text: str) -> None:
    for url in (text, f"http://{text}", f"https://a.example/{text}"):
        shown, same = addresses(url)
        assert bool(shown) is bool(same)
        assert canonical(same) == same
        assert same == "" or (same.isascii() and same.startswith(("http://", "https://")))


@given(HOSTS, st.from_regex(r"[a-z]{1,6}", fullmatch=True), PARTS, PARTS)
def test_an_unknown_parameter_keeps_articles_apart(
    host: str, name: str, one: str, other: str
) -> None:
    values = [quote(value, safe="") for value in (one, other)]
    if one == other or any(tracks(f"{name}={value}", host) for value in values):
        return
    urls = {canonical(f"https://{host}/x?utm_source=rss&{name}={value}") for value in values}
    assert len(urls) == 2


def test_every_known_name_goes() -> None:
    query = "&".join(f"{name}=1" for name in sorted(NAMES))
    assert canonical(f"https://a.example/x?{query}&id=1") == "https://a.example/x?id=1"
