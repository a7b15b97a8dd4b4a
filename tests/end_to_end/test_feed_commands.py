"""`wirewatch feeds check, read, export, import` as a shell sees them: said, written, ended."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from stubs.outlet import AUTO, OutletStub
from stubs.short_feed import FEED, NOW, listed
from stubs.wirewatch import COMMAND, Desk


def test_check_says_how_each_feed_stands(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/good", FEED, etag=AUTO)
    outlet.serve("/page", "<html></html>", content_type="text/html")
    desk.feeds(good=outlet.url("/good"), page=outlet.url("/page"), gone=outlet.url("/gone"))
    here = listed(desk)
    near = f"- {{id: near, url: '{outlet.url('/good')}'}}\n"
    desk.write("feeds.yaml", here + near + "- {id: drop, folder: incoming}\n")
    ran = desk.call("feeds", "check", "--json", "--desk", "desk")
    assert ran.returncode == 1
    lines = {line["feed"]: line for line in map(json.loads, ran.stdout.splitlines())}
    assert list(lines) == ["good", "page", "gone", "near", "drop"]
    good = lines["good"]
    assert (good["verdict"], good["status"], good["entries"], good["format"]) == (
        "fine",
        200,
        3,
        "rss",
    )
    assert good["newest"].startswith(NOW.strftime("%Y-%m-%dT%H:%M"))
    assert (good["window_s"], good["per_day"], good["warnings"]) == (7_200, None, [])
    why = {name: line["warnings"][0]["message"] for name, line in lines.items() if name != "good"}
    assert why["page"] == (
        "an HTML page, not a feed; "
        f"`wirewatch feeds add {outlet.url('/page')}` looks for the feeds it names"
    )
    assert "404" in why["gone"]
    assert lines["gone"]["status"] == 404
    assert why["near"] == (
        "not asked: 127.0.0.1 is no public address; "
        "for a feed on your own network say allow_private: true"
    )
    assert why["drop"] == "desk/incoming is no folder"
    assert ran.stderr.splitlines() == ["1 fine, 0 note, 4 bad"]
    (desk.folder / "incoming").mkdir()
    some = desk.call("feeds", "check", "good", "drop", "--desk", "desk")
    assert some.returncode == 0
    assert some.stdout.startswith("✓ good  rss, ")
    assert some.stdout.endswith("✓ drop  folder\n")


def test_check_asks_unconditionally_and_keeps_nothing(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/a", FEED, etag=AUTO)
    desk.feeds(a=outlet.url("/a"))
    before = sorted(path for path in desk.folder.rglob("*"))
    for _ in range(2):
        assert desk.call("feeds", "check", "--desk", "desk").returncode == 0
    assert [each.status for each in outlet.wait_for("/a", 2, 5)] == [200, 200]
    assert sorted(path for path in desk.folder.rglob("*")) == before


def test_a_missing_secret_is_one_bad_feed(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/a", FEED, etag=AUTO)
    desk.feeds(a=outlet.url("/a"), b=outlet.url("/b"))
    text = listed(desk).replace("id: b,", "id: b, auth: env:NO_SUCH_SECRET,")
    assert "auth" in desk.write("feeds.yaml", text).read_text()
    ran = desk.call("feeds", "check", "--json", "--desk", "desk")
    assert ran.returncode == 1
    fine, closed = map(json.loads, ran.stdout.splitlines())
    assert (fine["verdict"], closed["verdict"]) == ("fine", "bad")
    missing = "its secret is missing: set NO_SUCH_SECRET or NO_SUCH_SECRET_FILE"
    assert closed["warnings"] == [{"code": "unreadable", "message": missing}]
    assert [each.path for each in outlet.requests] == ["/a"]
    assert fine.keys() == closed.keys()


def test_check_knows_its_feeds(desk: Desk, outlet: OutletStub) -> None:
    assert desk.call("feeds", "check", "--desk", "desk").returncode == 2
    desk.feeds(good=outlet.url("/good"))
    ran = desk.call("feeds", "check", "goood", "--desk", "desk")
    assert ran.returncode == 2
    assert 'lists no feed "goood": did you mean "good"?' in ran.stderr


def test_opml_goes_out_and_comes_in(desk: Desk, tmp_path: Path) -> None:
    desk.write(
        "feeds.yaml",
        "- {id: a, url: 'https://a.example/?x=1&y=2', outlet: 'A & <B>'}\n"
        "- {id: b, url: 'https://b.example/'}\n- {id: drop, folder: incoming}\n",
    )
    out = desk.call("feeds", "export", "--desk", "desk")
    assert (out.returncode, out.stderr) == (0, "drop: a folder has no address, left out\n")
    (tmp_path / "x.opml").write_text(out.stdout)
    again = desk.call("feeds", "import", "x.opml", "--desk", "desk")
    assert (again.returncode, again.stdout) == (0, "")
    assert 'x.opml:5: https://a.example/?x=1&y=2 is listed already, as "a"' in again.stderr
    other = Desk(tmp_path / "other")
    ran = other.call("feeds", "import", "x.opml", "--desk", "other")
    assert ran.returncode == 0
    assert ran.stdout.splitlines() == ["a-b  https://a.example/?x=1&y=2", "b  https://b.example/"]
    assert 'outlet: "A & <B>"' in listed(other)


def test_export_says_where_a_password_goes_out(desk: Desk) -> None:
    desk.write("feeds.yaml", "- {id: a, url: 'https://us:s3cret@a.example/'}\n")
    out = desk.call("feeds", "export", "--desk", "desk")
    assert "us:s3cret@" in out.stdout
    assert out.stderr == "a: mind that a user and password stand in its address\n"


def test_import_names_what_it_cannot_take(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "x.opml").write_text(
        "<opml><body><outline text='World'>\n"
        "<outline text='F' xmlUrl='ftp://f.example/'/>\n"
        "<outline text='A' xmlUrl='https://a.example/'/>\n"
        "<outline text='A' xmlUrl='https://a.example/#x'/>\n"
        "<outline text='A' xmlUrl='https://b.example/'/></outline></body></opml>"
    )
    ran = desk.call("feeds", "import", "x.opml", "--desk", "desk")
    assert ran.returncode == 1
    assert ran.stderr.splitlines() == [
        'x.opml:2: "ftp://f.example/" is no http or https address',
        'x.opml:4: https://a.example/#x is listed already, as "a"',
        "2 of 4 feeds added",
    ]
    assert listed(desk) == (
        "# World\n- {id: a, url: https://a.example/, outlet: A}\n"
        "- {id: a-2, url: https://b.example/, outlet: A}\n"
    )
    as_json = desk.call("feeds", "import", "x.opml", "--json", "--desk", "desk")
    fates = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert [(each["line"], each["fate"], each["id"]) for each in fates] == [
        (2, "refused", ""),
        (3, "listed", "a"),
        (4, "listed", "a"),
        (5, "listed", "a-2"),
    ]
    assert as_json.stderr == "0 of 4 feeds added\n"
    (tmp_path / "bad.opml").write_text('<!DOCTYPE a [<!ENTITY x "y">]>\n<opml/>')
    bad = desk.call("feeds", "import", "bad.opml", "--desk", "desk")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "bad.opml: line 1: it declares entities" in bad.stderr
    assert desk.call("feeds", "import", "nowhere.opml", "--desk", "desk").returncode == 2


def test_read_names_every_source_it_cannot_read(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/a", FEED)
    desk.write("wires/b/2.xml", FEED.decode())
    desk.write("wires/a.xml", FEED.decode())
    desk.write("wires/readme.txt", "no feed")
    closed = desk.folder / "wires" / "closed"
    closed.mkdir(mode=0)
    ran = desk.call("feeds", "read", "desk/wires", outlet.url("/a"), outlet.url("/none"), "no.xml")
    assert ran.returncode == 1
    sources = [json.loads(line)["source"] for line in ran.stdout.splitlines()]
    assert list(dict.fromkeys(sources)) == [
        "desk/wires/a.xml",
        "desk/wires/b/2.xml",
        outlet.url("/a"),
    ]
    unreadable = ["desk/wires/closed"] if os.geteuid() else []
    assert [line.rpartition(": ")[0] for line in ran.stderr.splitlines()] == [
        *unreadable,
        "desk/wires/readme.txt",
        outlet.url("/none"),
        "no.xml",
    ]


def test_read_is_led_nowhere_private(desk: Desk, outlet: OutletStub) -> None:
    outlet.serve("/a", FEED)
    outlet.serve("/away", b"", status=302, headers={"Location": outlet.url("/a")})
    public = "http://8.8.4.4/away"  # asked by way of the outlet as a proxy only
    proxy = {"http_proxy": outlet.url(""), "no_proxy": "127.0.0.1"}
    ran = desk.call("feeds", "read", public, **proxy)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"{public}: not asked: 127.0.0.1 is no public address\n"
    assert len(desk.call("feeds", "read", outlet.url("/away")).stdout.splitlines()) == 3
    wanted = desk.call("feeds", "read", "--private", public, **proxy)
    assert len(wanted.stdout.splitlines()) == 3


def test_read_takes_stdin_and_names_what_is_no_source(desk: Desk) -> None:
    desk.write("wires/a.txt", "")
    (desk.folder / "wires" / "loop").symlink_to("loop")
    args = ("feeds", "read", "desk/wires", "ftp://a.example/x", "desk/wires/loop", "-")
    ran = desk.call(*args, stdin=FEED.decode())
    assert [json.loads(line)["source"] for line in ran.stdout.splitlines()] == ["-"] * 3
    assert ran.stderr.splitlines() == [
        "desk/wires/a.txt: empty",
        "ftp://a.example/x: only http and https addresses are asked",
        "desk/wires/loop: Too many levels of symbolic links",
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_full_disk_is_one_line(desk: Desk) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [COMMAND, "feeds", "export", "--desk", desk.folder],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ran.returncode == 1
    assert ran.stderr == "wirewatch: cannot write: No space left on device\n"
