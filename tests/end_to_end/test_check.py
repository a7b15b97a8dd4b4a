"""`wirewatch check` as a shell sees it: lines, summaries, exit codes."""

import json

from stubs.wirewatch import Desk

DOUBTFUL = 'a: {any: [sanction, "sanction*"]}\n'


def test_warnings_fail_only_the_strict(desk: Desk) -> None:
    desk.write("rules/asia.yaml", DOUBTFUL)
    ran = desk.call("check", "desk/rules/asia.yaml")
    assert (ran.returncode, ran.stderr) == (0, "1 rule in 1 file is in order: 1 warning\n")
    [line] = ran.stdout.splitlines()
    assert line.startswith('desk/rules/asia.yaml:1:11: warning: "sanction*" finds all that ')
    assert line.endswith("[covered]")
    assert desk.call("check", "desk/rules/asia.yaml", "--strict").returncode == 1


def test_notes_pass_the_strict(desk: Desk) -> None:
    desk.write("rules/asia.yaml", "a: {all: [zebra], max_age: 36h}\n")
    ran = desk.call("check", "desk/rules/asia.yaml", "--strict")
    assert (ran.returncode, ran.stderr) == (0, "1 rule in 1 file is in order: 1 note\n")


def test_json_and_github_name_the_same(desk: Desk) -> None:
    desk.write("rules/asia.yaml", DOUBTFUL)
    ran = desk.call("check", "desk/rules/asia.yaml", "--json")
    line = json.loads(ran.stdout)
    assert list(line) == ["file", "line", "column", "severity", "code", "message", "rule"]
    assert (line["severity"], line["code"], line["rule"]) == ("warning", "covered", "a")
    said = desk.call("check", "desk/rules/asia.yaml", "--format", "github").stdout
    assert said.startswith("::warning file=desk/rules/asia.yaml,line=1,col=11,title=covered::")
    assert said.rstrip().endswith(line["message"])


def test_errors_come_in_every_form(desk: Desk) -> None:
    desk.write("rules/asia.yaml", "a: {al: [x]}\n")
    ran = desk.call("check", "desk/rules/asia.yaml")
    assert (ran.returncode, ran.stderr) == (1, "1 problem in 1 file\n")
    line = json.loads(desk.call("check", "desk/rules/asia.yaml", "--json").stdout)
    assert (line["severity"], line["code"]) == ("error", "invalid")
    said = desk.call("check", "desk/rules/asia.yaml", "--format", "github").stdout
    assert said.startswith("::error file=desk/rules/asia.yaml,line=1,col=5,title=invalid::unknown")
    both = desk.call("check", "desk/rules/asia.yaml", "--format", "github", "--json")
    assert both.returncode == 2
