"""Settings, desk files, item files, counts: what surrounds the pipeline."""

import json
import os
from pathlib import Path

import pytest
from rich.console import Console

from monitor.cli.options import data_folder, duration_s
from monitor.demo.newsroom import page
from monitor.desk.config import load_desk
from monitor.desk.settings import resolve, shown
from monitor.exits import ExitCode, Quit
from monitor.itemfile import BadLine, parse_item, read_items
from monitor.program.report import Report
from streams.decision import Decision, Effect, Reason
from streams.item import Item


def test_settings_come_from_the_first_that_has_them(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("redis://:pw@h/0\n")
    desk: dict[str, object] = {"wait_s": 5, "log_level": "info"}
    env = {"WIREWATCH_WAIT_S": "6", "REDIS_URL_FILE": str(secret), "SLACK_BOT_TOKEN": ""}
    found = resolve(env, desk, {"LOG_LEVEL": "error"})
    assert found.number("WIREWATCH_WAIT_S") == 6
    assert found.values["LOG_LEVEL"] == ("error", "flag")
    assert found.text("REDIS_URL") == "redis://:pw@h/0"
    assert shown("REDIS_URL", found.values["REDIS_URL"]) == "********"
    assert found.values["WIREWATCH_PARTITIONS"] == ("8", "default")


@pytest.mark.parametrize(
    ("environment", "desk", "said"),
    [
        ({"WIREWATCH_WAIT_S": "soon"}, {}, "no number"),
        ({"WIREWATCH_PARTITIONS": "0"}, {}, "at least 1"),
        ({"WIREWATCH_PARTITIONS": "1.5"}, {}, "no whole number"),
        ({"WIREWATCH_FETCH_WAIT_MS": "3e9"}, {}, "at most 30000"),
        ({"WIREWATCH_WAIT_S": "1e308"}, {}, "at most 86400"),
        ({"LOG_LEVEL": "loud"}, {}, "none of debug"),
        ({"SLACK_BOT_TOKEN_FILE": "/nonexistent"}, {}, "cannot be read"),
        ({"SLACK_BOT_TOKEN_FILE": os.devnull}, {}, f"{os.devnull} is empty"),
        ({}, {"wait": 1}, 'unknown key "wait": did you mean "wait_s"?'),
        ({}, {"slack_bot_token": "x"}, "is a secret"),
    ],
)
def test_unusable_settings(environment: dict[str, str], desk: dict[str, object], said: str) -> None:
    with pytest.raises(Quit) as end:
        resolve(environment, desk)
    assert said in end.value.message
    assert end.value.code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("desk", "feeds", "said"),
    [
        ("nme: x", "[]", 'desk.yaml:1:1: unknown key "nme": did you mean "name"?'),
        ("name: X!", "[]", "desk.yaml:1:7: name: "),
        ("name: x\ntimezone: Mars", "[]", 'desk.yaml:2:11: timezone: no time zone "Mars"'),
        ("name: x", "- {id: a}", "feeds.yaml:1:3: [0]: either url or folder"),
        ("name: x", "- {id: a, url: 'ftp://x'}", 'feeds.yaml:1:16: [0].url: "ftp://x" is no'),
        ("name: x", "- {id: a, url: 'https://x', tier: 0}", "[0].tier: should be greater"),
        ("name: x", "- {id: a, url: 'https://x', every: 5m}", 'every: "5m" is no number'),
        ("name: x", "- {id: a, url: 'https://x', every: .nan}", "is no number of seconds"),
        ("name: x", "- {id: a, url: 'https://x', every: true}", "is no number of seconds"),
        ("name: x", "- {id: a, url: 'https://x', priority: hot}", "hot is none of wire, high"),
        ("name: x", "- {id: a, url: 'https://x', language: english}", "one like en or en-IN"),
        ("name: x", "- {id: A B, url: 'https://x'}", "small letters, digits and hyphens"),
        ("name: x", "- {id: a, url: }", "[0].url: empty"),
        ("name: x", "- {id: a, folder: in, full_text: true}", "full_text goes with url"),
        ("name: x", "- {id: a, folder: in}\n- {id: b, folder: ./in}", 'feed "a" takes the files'),
        ("name: x", "a: b", "feeds.yaml:1:1: a list belongs here"),
        (
            "name: x",
            "- {id: a, url: 'http://x'}\n- {id: a, url: 'http://y'}",
            'feeds.yaml:2:8: feed "a" stands here twice; first on line 1',
        ),
    ],
)  # fmt: skip
def test_a_broken_desk_is_named(tmp_path: Path, desk: str, feeds: str, said: str) -> None:
    (tmp_path / "desk.yaml").write_text(desk)
    (tmp_path / "feeds.yaml").write_text(feeds)
    with pytest.raises(Quit) as end:
        load_desk(tmp_path)
    assert said in end.value.message
    assert str(end.value.message).startswith(f"{tmp_path}/")
    assert end.value.code is ExitCode.USAGE


@pytest.mark.parametrize("folder", [".", "..", "/", "rules", "rules/asia", ".data", "in/.."])
def test_a_drop_folder_never_takes_the_desks_own_files(tmp_path: Path, folder: str) -> None:
    (tmp_path / "desk.yaml").write_text("name: x")
    (tmp_path / "feeds.yaml").write_text(f"- {{id: a, folder: {folder}}}")
    with pytest.raises(Quit, match="apart from the desk's own"):
        load_desk(tmp_path)


@pytest.mark.parametrize("folder", ["state", "state/in", "./state/../state"])
def test_a_drop_folder_never_takes_the_data_folders_files(tmp_path: Path, folder: str) -> None:
    (tmp_path / "desk.yaml").write_text("name: x\ndata: state")
    (tmp_path / "feeds.yaml").write_text(f"- {{id: a, folder: {folder}}}")
    with pytest.raises(Quit, match=r"feeds.yaml:1:19: .*apart from the desk's own"):
        load_desk(tmp_path)


@pytest.mark.parametrize("data", ["in", "in/done", "."])
def test_a_data_folder_is_apart_from_drop_folders(tmp_path: Path, data: str) -> None:
    (tmp_path / "desk.yaml").write_text("name: x")
    (tmp_path / "feeds.yaml").write_text(f"- {{id: a, folder: {tmp_path / 'in'}}}")
    desk = load_desk(tmp_path)
    assert data_folder(desk, resolve({}, {})) == tmp_path / ".data"
    with pytest.raises(Quit, match="feed a takes files out of"):
        data_folder(desk, resolve({"WIREWATCH_DATA": str(tmp_path / data)}, {}))


def test_a_feed_may_have_a_tier(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text("name: x")
    (tmp_path / "feeds.yaml").write_text(
        "- {id: a, url: 'https://a', tier: 9}\n- {id: b, url: 'https://b'}\n"
    )
    assert [feed.tier for feed in load_desk(tmp_path).feeds] == [9, 0]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20s", 20), ("5m", 300), ("1h", 3600), ("250ms", 0.25), ("7", 7), ("", 0)],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


def test_what_is_no_duration() -> None:
    with pytest.raises(Quit):
        duration_s("soon")


def test_items_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    lines = [
        b'{"title": "a", "published": "2016-09-07", "tags": ["x"], "unknown": 1}',
        b"",
        b'{"title": "b", "id": 7}',
        b'{"title": "c", "tags": "no list"}',
        b'{"id": "d"}',
        b"[1]",
        b'{"title": "\\ud800"}',
        b"\xff",
    ]
    file.write_bytes(b"\n".join(lines))
    read = list(read_items(file))
    assert [i.id for i in read if isinstance(i, Item)] == ["1", "7"]
    assert [i.line for i in read if isinstance(i, BadLine)] == [4, 5, 6, 7, 8]
    clock = parse_item(lines[0], 1).published
    assert clock is not None
    assert (clock.at, clock.precision) == ("2016-09-07", "date")


@pytest.mark.parametrize("tier", [-1, 10, "1", True, 1.5])
def test_an_item_of_a_file_has_a_tier_from_1_to_9(tier: object) -> None:
    assert parse_item(b'{"title": "a", "tier": 2}', 1).tier == 2
    with pytest.raises(ValueError, match="tier"):
        parse_item(json.dumps({"title": "a", "tier": tier}).encode(), 1)


def decision(reason: Reason, effect: Effect) -> Decision:
    return Decision(
        item="i", rev=1, title="t", outlet="o", channel="#c", rules=("r",), reason=reason,
        effect=effect, at="now",
    )  # fmt: skip


def test_each_judged_line_counts_once(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(Console(), as_json=True, broken=lambda: None, started=0.0)
    for reason, effect in (
        (Reason.FIRST, Effect.POST),
        (Reason.UPDATE, Effect.THREAD),
        (Reason.SAME_STORY, Effect.NONE),
        (Reason.EXCLUDED, Effect.NONE),
        (Reason.UNDELIVERABLE, Effect.NONE),
    ):
        report.decided(decision(reason, effect))
    for _ in range(2):
        report.item(Item(id="i"), 3)
    report.end(show=False)
    *lines, last = map(json.loads, capsys.readouterr().out.splitlines())
    summary = last["summary"]
    assert [line["told"] for line in lines] == [True, False, False, False, False]
    assert (summary["told"], summary["folded"], summary["dropped"]) == (1, 2, 2)
    assert (summary["items"], summary["matches"], summary["ready_s"]) == (1, 3, None)


def test_the_demos_wires_depend_on_their_age_alone() -> None:
    assert "CORRECTED" not in page("khaleej-desk", 0)
    assert "CORRECTED" in page("khaleej-desk", 5)
    ticker = [page("night-ticker", age).count("<item>") for age in (0, 3, 9, 10_000)]
    assert ticker == [1, 2, 4, 20]
