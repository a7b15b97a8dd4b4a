"""The offline commands as a shell sees them: what they print, where, and how they end."""

import json

from stubs.outlet import Entry, OutletStub, rss
from stubs.wirewatch import Desk

SEED = "Will not impose sanctions against Pakistan on terror: US"


def test_init_check_and_run_without_feeds(desk: Desk) -> None:
    assert desk.call("init", "fresh").returncode == 0
    assert desk.call("check", "--desk", "fresh").returncode == 0
    again = desk.call("init", "fresh")
    assert (again.returncode, again.stdout) == (2, "")
    assert "is a desk already" in again.stderr
    run = desk.call("run", "--desk", "fresh")
    assert run.returncode == 2
    assert "feeds.yaml lists no feeds" in run.stderr


def test_check_says_everything_at_once(desk: Desk) -> None:
    desk.write("rules/asia.yaml", "a: {al: [x]}\nb: {}\n")
    ran = desk.call("check", "desk/rules")
    assert ran.returncode == 1
    assert ran.stdout.splitlines() == [
        'desk/rules/asia.yaml:1:5: unknown key "al": did you mean "all"?',
        "desk/rules/asia.yaml:2:1: empty rule; all: or any: needs a word",
    ]
    first = json.loads(desk.call("check", "desk/rules", "--json").stdout.splitlines()[0])
    assert (first["line"], first["column"]) == (1, 5)
    assert desk.call("check", "nowhere").returncode == 2


def test_run_refuses_broken_rules_and_desks(desk: Desk, outlet: OutletStub) -> None:
    desk.feeds(a=outlet.url("/a"))
    desk.write("rules/asia.yaml", "a: {al: [x]}\n")
    ran = desk.call("run", "--desk", "desk")
    assert ran.returncode == 1
    assert 'rules/asia.yaml:1:5: unknown key "al"' in ran.stderr
    desk.write("desk.yaml", "nme: x\n")
    ran = desk.call("run", "--desk", "desk")
    assert ran.returncode == 2
    assert 'desk/desk.yaml:1:1: unknown key "nme": did you mean "name"?' in ran.stderr
    ran = desk.call("run", "--desk", "nowhere")
    assert ran.returncode == 2
    assert "wirewatch init nowhere" in ran.stderr


def test_a_role_alone_needs_services_to_share(desk: Desk, outlet: OutletStub) -> None:
    desk.feeds(a=outlet.url("/a"))
    ran = desk.call("run", "match", "--desk", "desk")
    assert ran.returncode == 2
    assert "set KAFKA_BOOTSTRAP_SERVERS" in ran.stderr
    assert desk.call("run", "sing", "--desk", "desk").returncode == 2


def test_match_prints_hits_with_evidence(desk: Desk) -> None:
    items = [
        {"title": SEED, "published": "2016-09-07"},
        {"id": "x", "title": "Rain"},
        {"id": "y", "title": "Relief", "text": "Pakistan’s sanctions end", "tags": ["a"]},
    ]
    file = desk.write("items.jsonl", "".join(json.dumps(i) + "\n" for i in items) + "{oops\n")
    ran = desk.call("match", str(file), "--rules", "desk/rules")
    assert ran.returncode == 1  # one line is no item
    assert f"{file}:4: no item" in ran.stderr
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(line["id"], line["rule"]) for line in lines] == [
        ("1", "pakistan-sanctions"),
        ("y", "pakistan-sanctions"),
    ]
    for line, item in zip(lines, [items[0], items[2]], strict=True):
        for piece in line["evidence"]:
            text = item[piece["field"]]
            assert text[piece["start"] : piece["end"]] == piece["text"]
    assert [e["clause"] for e in lines[0]["evidence"]] == ["all[0]", "all[1]"]


def test_feeds_read_prints_every_entry(desk: Desk, outlet: OutletStub) -> None:
    body = rss(
        Entry(SEED, "g1", "https://a.example/1", published="Wed, 07 Sep 2016 10:15:00 +0530"),
        Entry("", "g2", "https://a.example/2"),
    )
    folder = desk.folder / "bodies"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.xml").write_bytes(body)
    (folder / "b.html").write_text("<html><body>no</body></html>")
    outlet.serve("/feed", body)
    ran = desk.call("feeds", "read", "desk/bodies", outlet.url("/feed"), outlet.url("/gone"))
    assert ran.returncode == 1
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["source"] for line in lines] == ["desk/bodies/deep/a.xml"] * 2 + [
        outlet.url("/feed")
    ] * 2
    assert lines[0]["published"] == {
        "at": "2016-09-07T04:45:00Z",
        "raw": "Wed, 07 Sep 2016 10:15:00 +0530",
        "precision": "second",
        "zone": "stated",
        "clamped": False,
    }
    assert [line.get("dropped") for line in lines] == [None, "empty_entry"] * 2
    assert "desk/bodies/b.html: an HTML page, not a feed" in ran.stderr
    assert "HTTP 404" in ran.stderr


def test_config_shows_origins_and_hides_secrets(desk: Desk) -> None:
    desk.write("desk.yaml", "name: x\nsettings: {wait_s: 7}\n")
    token = desk.write("token", "xoxb-secret\n")
    del desk.environment["SLACK_BOT_TOKEN"]
    ran = desk.call("config", "--desk", "desk", "--json", SLACK_BOT_TOKEN_FILE=str(token))
    values = {line["name"]: line for line in map(json.loads, ran.stdout.splitlines())}
    assert values["WIREWATCH_WAIT_S"]["value"] == "7"
    assert values["WIREWATCH_WAIT_S"]["origin"] == "desk.yaml"
    assert values["SLACK_BOT_TOKEN"] == {
        "name": "SLACK_BOT_TOKEN",
        "value": "********",
        "origin": f"file {token}",
    }
    assert "xoxb" not in ran.stdout + ran.stderr
    bad = desk.call("config", "--desk", "desk", WIREWATCH_WAIT_S="soon")
    assert bad.returncode == 2


def test_health_follows_a_run(desk: Desk, outlet: OutletStub) -> None:
    desk.feeds(a=outlet.url("/a"))
    assert desk.call("health", "--desk", "desk").returncode == 1
    run = desk.run().until_ready()
    healthy = desk.call("health", "--desk", "desk")
    assert (healthy.returncode, "ready" in healthy.stdout) == (0, True)
    run.kill()
    dead = desk.call("health", "--desk", "desk", "--json")
    assert dead.returncode == 1
    assert json.loads(dead.stdout)["says"] == "ended without saying so"
