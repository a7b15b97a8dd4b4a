"""The offline commands as a shell sees them: what they print, where, and how they end."""

import json
from xml.etree import ElementTree as ET

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


RULES = """
lists: {pakistan: [Pakistan, Islamabad]}
pakistan-sanctions:
  all: [sanctions, "@pakistan"]
  none: [cricket]
  tests:
  - {text: "Will not impose sanctions against Pakistan on terror: US", expect: hit, why: the seed}
  - {text: "Sanctions on Iran <eased>", expect: hit, why: "neighbours \\e too"}
  - {text: "Rain", expect: miss}
rain:
  any: [rain, monsoon]
"""


def test_a_new_desks_rules_pass_their_tests(desk: Desk) -> None:
    assert desk.call("init", "fresh").returncode == 0
    ran = desk.call("test", "--desk", "fresh", "--json")
    summary = json.loads(ran.stdout.splitlines()[-1])["summary"]
    assert (ran.returncode, summary["failed"], summary["without_tests"]) == (0, 0, 0)
    assert summary["passed"] == summary["cases"] >= 2


def test_a_failed_test_shows_every_clause(desk: Desk) -> None:
    desk.write("rules/asia.yaml", RULES)
    ran = desk.call("test", "desk/rules", "--coverage", "--junit", "out.xml")
    assert ran.returncode == 1
    assert ran.stdout.splitlines() == [
        "desk/rules/asia.yaml:8:5: pakistan-sanctions: expected hit, got miss: "
        '"Sanctions on Iran <eased>"',
        r"    why: neighbours \x1b too",
        '    ✓ all[0] sanctions  title 0-9 "Sanctions"',
        "    ✗ all[1] one of Pakistan, Islamabad  no Pakistan, Islamabad",
        "    – none[0] cricket  not there",
        "desk/rules/asia.yaml:3:1: pakistan-sanctions: none[0] cricket: no test has it",
    ]
    assert "3 tests of 1 rule: 1 failed; without tests: 1 rule" in ran.stderr
    [suite] = ET.parse(desk.folder.parent / "out.xml").getroot()
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == (
        "desk/rules/asia.yaml",
        "3",
        "1",
    )
    [failure] = suite.iter("failure")
    assert failure.get("message") == "expected hit, got miss"
    assert "Sanctions on Iran <eased>" in (failure.text or "")


def test_tests_as_json_end_with_a_summary(desk: Desk) -> None:
    desk.write("rules/asia.yaml", RULES)
    ran = desk.call("test", "desk/rules", "--coverage", "--json")
    *cases, unproved, last = map(json.loads, ran.stdout.splitlines())
    assert [(c["line"], c["column"], c["passed"]) for c in cases] == [
        (7, 5, True),
        (8, 5, False),
        (9, 5, True),
    ]
    assert unproved["uncovered"]["clause"] == "none[0]"
    assert last["summary"] == {
        "rules": 2,
        "without_tests": 1,
        "cases": 3,
        "passed": 2,
        "failed": 1,
        "uncovered": 1,
    }
    assert desk.call("test", "nowhere").returncode == 2
    assert desk.call("test", "desk/rules", "--junit", "no/where.xml").returncode == 2
    desk.write("rules/asia.yaml", "a: {al: [x]}\n")
    assert desk.call("test", "desk/rules").returncode == 1


def test_explain_shows_hits_and_the_nearest_misses(desk: Desk) -> None:
    desk.write("rules/asia.yaml", RULES + "far: {all: [snow, hail]}\n")
    ran = desk.call("explain", "Monsoon in Islamabad", "--rules", "desk/rules")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[2].startswith("✓ rain: hit")
    assert ran.stdout.splitlines()[3:] == [
        '  ✓ any one of rain, monsoon  title 0-7 "Monsoon"',
        "",
        "✗ pakistan-sanctions: miss, 1 of 3 fail",
        "  ✗ all[0] sanctions  not there",
        '  ✓ all[1] one of Pakistan, Islamabad  title 11-20 "Islamabad"',
        "  – none[0] cricket  not there",
        "",
        "1 of 3 rules hit; 1 more miss, shown by --all",
    ]
    every = desk.call("explain", "Monsoon in Islamabad", "--rules", "desk/rules", "--all")
    assert "✗ far: miss, 2 of 2 fail" in every.stdout


def test_explain_of_a_long_rule_stays_short(desk: Desk) -> None:
    words = ", ".join(f"word{n}" for n in range(500))
    desk.write("rules/asia.yaml", f"long: {{at_least: {{count: 3, of: [{words}]}}}}\n")
    ran = desk.call("explain", "word400 and word30", "--rules", "desk/rules")
    lines = ran.stdout.splitlines()
    assert lines[3] == "  ✗ at_least 3 mentions or more  2 of 3 mentions"
    assert [line.split()[1] for line in lines[4:6]] == ["at_least.of[30]", "at_least.of[400]"]
    assert lines[24] == "    … 480 more"


def test_explain_expects(desk: Desk) -> None:
    desk.write("rules/asia.yaml", RULES)
    fine = desk.call("explain", SEED, "--rules", "desk/rules", "--expect", "pakistan-sanctions")
    assert fine.returncode == 0
    bad = desk.call("explain", "Snow", "--rules", "desk/rules", "--expect", "rain", "--json")
    assert (bad.returncode, bad.stderr) == (1, "rain was expected to hit: miss\n")
    told, last = map(json.loads, bad.stdout.splitlines())
    assert (told["rule"], told["outcome"], told["failing"]) == ("rain", "miss", 1)
    assert last["summary"]["left_out"] == 1
    unknown = desk.call("explain", "Snow", "--rules", "desk/rules", "--expect", "rian")
    assert (unknown.returncode, 'did you mean "rain"?' in unknown.stderr) == (2, True)
    assert desk.call("explain", " ", "--rules", "desk/rules").returncode == 2


def test_explain_reads_items_feeds_and_addresses(desk: Desk, outlet: OutletStub) -> None:
    desk.write("rules/asia.yaml", RULES)
    outlet.serve("/feed", rss(Entry(SEED, "g1", "https://a.example/1")))
    line = json.dumps({"id": "x", "title": "Rain \x1b[31m", "tags": ["a"]})
    one = desk.write("one.json", json.dumps(json.loads(line), indent=1))
    many = desk.write("many.jsonl", line + "\n" + "{oops\n")
    feed = desk.folder / "feed.xml"
    feed.write_bytes(rss(Entry("Rain", "g1", "https://a.example/1")))

    def ask(what: str, *options: str) -> tuple[int, str, str]:
        ran = desk.call("explain", what, "--rules", "desk/rules", "--rule", "rain", *options)
        return ran.returncode, ran.stdout.split("\n")[0], ran.stderr

    assert ask(str(one)) == (0, r"Rain \x1b[31m", "")
    assert ask(str(many))[:2] == (1, r"Rain \x1b[31m")
    assert ask(str(feed))[:2] == (0, "Rain")
    code, _, said = ask(outlet.url("/feed"))
    assert (code, "127.0.0.1 is no public address" in said) == (1, True)
    assert ask(outlet.url("/feed"), "--private") == (0, SEED, "")
    assert ask("gone.jsonl")[0] == 1


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
