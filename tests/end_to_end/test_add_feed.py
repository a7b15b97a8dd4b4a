"""`wirewatch feeds add` as a shell sees it: what it finds, what it writes, what it refuses."""

import json

import pytest
from stubs.outlet import OutletStub, rss
from stubs.short_feed import FEED, listed
from stubs.wirewatch import Desk


def page(*hrefs: str) -> str:
    kind = "application/rss+xml"
    links = (f'<link rel="alternate" type="{kind}" href="{href}">' for href in hrefs)
    return f"<html><head>{''.join(links)}</head><body></body></html>"


def test_add_writes_a_feed_below_the_others(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/rss", FEED)
    desk.write(
        "feeds.yaml",
        "# mine\n- {id: d, folder: in}\n- {id: a, url: 'https://a.example/'}  # keep\n",
    )
    before = listed(desk)
    arguments = ("feeds", "add", outlet.url("/rss"), "--desk", "desk")
    refused = desk.call(*arguments)
    assert refused.returncode == 1
    assert "127.0.0.1 is no public address; with --private, if" in refused.stderr
    assert listed(desk) == before
    ran = desk.call(*arguments, "--private")
    assert (ran.returncode, ran.stdout) == (0, f"stub-the-wire  {outlet.url('/rss')}\n")
    line = f"- {{id: stub-the-wire, url: {outlet.url('/rss')}, allow_private: true}}\n"
    assert listed(desk) == before + line
    again = desk.call(*arguments, "--private")
    assert again.returncode == 2
    assert 'listed already, as "stub-the-wire"' in again.stderr
    assert listed(desk) == before + line
    assert desk.call("feeds", "check", "stub-the-wire", "--desk", "desk").returncode == 0


def test_add_writes_where_a_feed_moved_for_good(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/new", FEED)
    outlet.serve("/old", "", status=301, headers={"Location": "/new"})
    outlet.serve("/now", "", status=302, headers={"Location": "/new"})
    outlet.serve("/lost", "", status=308, headers={"Location": "/none"})
    login = outlet.url("/old").replace("//", "//us:s3cret@")
    args = ("--private", "--json", "--desk", "desk")
    ran = desk.call("feeds", "add", login, *args)
    assert ran.returncode == 0
    hidden = outlet.url("/new").replace("//", "//***@")
    assert ran.stderr.endswith(f"/old moved for good: {hidden} is written\n")
    added = json.loads(ran.stdout)
    assert (added["id"], added["url"], added["entries"]) == ("stub-the-wire", hidden, 3)
    assert added["moved_from"] == hidden.replace("/new", "/old")
    assert "s3cret" not in ran.stdout + ran.stderr
    assert outlet.url("/new").replace("//", "//us:s3cret@") in listed(desk)
    again = desk.call("feeds", "add", login, *args)
    assert again.returncode == 2
    assert 'listed already, as "stub-the-wire"' in again.stderr
    assert desk.call("feeds", "add", outlet.url("/lost"), *args).returncode == 1
    stays = desk.call("feeds", "add", outlet.url("/now"), *args, "--id", "now")
    assert json.loads(stays.stdout)["url"] == outlet.url("/now")
    assert "moved" not in stays.stderr


def test_add_leaves_a_login_out_that_does_not_go_where_the_feed_moved(
    desk: Desk, outlet: OutletStub
) -> None:
    elsewhere = outlet.url("/new").replace("127.0.0.1", "localhost")
    outlet.serve("/new", FEED)
    outlet.serve("/old", "", status=301, headers={"Location": elsewhere})
    login = outlet.url("/old").replace("//", "//us:s3cret@")
    ran = desk.call("feeds", "add", login, "--private", "--desk", "desk")
    assert (ran.returncode, ran.stdout) == (0, f"stub-the-wire  {elsewhere}\n")
    assert "its user and password do not go there and are left out" in ran.stderr
    assert "s3cret" not in ran.stderr + listed(desk)


def test_add_opens_a_closed_feed(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/rss", FEED)
    outlet.serve("/closed", "", status=401)
    args = ("--private", "--desk", "desk", "--auth", "env:WIRE_KEY")
    missing = desk.call("feeds", "add", outlet.url("/rss"), *args)
    assert missing.returncode == 2
    assert "its secret is missing: set WIRE_KEY or WIRE_KEY_FILE" in missing.stderr
    (key := desk.folder / "key").write_text("X-Api-Key: s3cret\n")
    desk.environment["WIRE_KEY_FILE"] = str(key)
    ran = desk.call("feeds", "add", outlet.url("/rss"), *args)
    assert (ran.returncode, ran.stdout) == (0, f"stub-the-wire  {outlet.url('/rss')}\n")
    assert outlet.requests[-1].headers["X-Api-Key"] == "s3cret"
    assert "auth: env:WIRE_KEY, allow_private: true" in listed(desk)
    closed = desk.call("feeds", "add", outlet.url("/closed"), *args[:3])
    assert closed.returncode == 1
    assert "401 Unauthorized; with --auth env:NAME, where" in closed.stderr
    wrong = desk.call("feeds", "add", outlet.url("/closed"), *args[:4], "s3cret")
    assert wrong.returncode == 2
    assert "--auth: env:NAME belongs here" in wrong.stderr
    assert "s3cret" not in wrong.stderr


def test_add_keeps_a_secret_to_its_origin(desk: Desk, outlet: OutletStub) -> None:
    elsewhere = outlet.url("/new").replace("127.0.0.1", "localhost")
    outlet.serve("/new", FEED)
    outlet.serve("/old", "", status=301, headers={"Location": elsewhere})
    desk.environment["WIRE_KEY"] = "X-Api-Key: s3cret"
    args = ("--private", "--desk", "desk", "--auth", "env:WIRE_KEY")
    ran = desk.call("feeds", "add", outlet.url("/old"), *args)
    assert ran.returncode == 0
    assert "auth is left out" in ran.stderr
    assert "X-Api-Key" not in outlet.requests[-1].headers
    assert "auth" not in listed(desk)


def test_add_finds_the_feed_a_page_names(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/", page("news.xml", "broken.xml"), content_type="text/html")
    outlet.serve("/news.xml", FEED)
    ran = desk.call(
        *("feeds", "add", outlet.url("/"), "--private", "--yes"),
        *("--id", "wire", "--outlet", "The Wire", "--desk", "desk"),
    )
    assert (ran.returncode, ran.stdout) == (0, f"wire  {outlet.url('/news.xml')}\n")
    assert "Stub: the wire, 3 entries, newest: Title 0" in ran.stderr
    assert "outlet: The Wire" in listed(desk)


def test_add_looks_where_feeds_usually_are(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/news", page(), content_type="text/html")
    outlet.serve("/feed.xml", FEED)
    ran = desk.call("feeds", "add", outlet.url("/news"), "--private", "--desk", "desk")
    assert (ran.returncode, ran.stdout) == (0, f"stub-the-wire  {outlet.url('/feed.xml')}\n")


def test_add_lists_several_and_takes_none(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/", page("a.xml", "b.xml"), content_type="text/html")
    outlet.serve("/a.xml", FEED)
    outlet.serve("/b.xml", rss(title="Comments"))
    ran = desk.call("feeds", "add", outlet.url("/"), "--private", "--desk", "desk")
    assert ran.returncode == 2
    assert ran.stdout.splitlines() == [
        f"{outlet.url('/a.xml')}  Stub: the wire, 3 entries, newest: Title 0",
        f"{outlet.url('/b.xml')}  Comments, 0 entries",
    ]
    assert "several feeds there" in ran.stderr
    assert not (desk.folder / "feeds.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ftp://a.example"], 2, "no http or https address"),
        (["https://a.example", "--id", "A b"], 2, "small letters, digits and hyphens"),
        (["https://b.example", "--id", "a"], 2, '"a" is the id of another feed'),
        (["HTTPS://A.example/?utm_source=x"], 2, 'listed already, as "a"'),
        (["http://127.0.0.1:9/", "--private"], 1, "no feed there"),
        (["https://a.example:99999/"], 2, "no such port; they go from 1 to 65535"),
        (["b.example/rss"], 2, 'did you mean "https://b.example/rss"?'),
        (["https://us:s3 cret@b.example/"], 2, '"https://***@b.example/" has a blank'),
    ],
)
def test_add_refuses_in_words(desk: Desk, arguments: list[str], code: int, said: str) -> None:
    desk.write("feeds.yaml", "- {id: a, url: 'https://a.example/'}\n")
    ran = desk.call("feeds", "add", *arguments, "--desk", "desk")
    assert (ran.returncode, ran.stdout) == (code, "")
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
