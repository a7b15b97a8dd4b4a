"""The documentation says what the program does: commands, settings, topics, metrics, links."""

import json
import re
from dataclasses import fields
from pathlib import Path

import msgspec
import pytest
import typer
from prometheus_client import Metric
from stubs.pages import DOCS, ROOT, page, section

from monitor.cli import app
from monitor.desk.config import DeskModel, FeedModel
from monitor.desk.settings import SETTINGS
from monitor.exits import ExitCode
from monitor.feeds.visiting.verdict import Code, Verdict
from monitor.vitals.counts import Counts
from monitor.vitals.exposition import make_registry
from monitor.vitals.metrics import METRICS
from monitor.vitals.serve import state_body
from monitor.vitals.watched import Watched
from streams.broker.progress import PartitionProgress
from streams.decision import Decision, Effect, Reason
from streams.item import Clock, Item, Kind, Precision, Zone
from streams.match import Evidence, Hit, Match, Stopped
from streams.outage import Outages
from streams.rules.book import Book
from streams.rules.current import Current
from streams.rules.matching.matcher import Matcher
from streams.story import KeyKind
from streams.topics import TOPICS, DeadLetter, LetterState, decode, encode
from streams.written import Manifest, WrittenList, WrittenRule

PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
RECORDS = {
    "wire.items": Item,
    "wire.matches": Match,
    "wire.decisions": Decision,
    "wire.deadletter": DeadLetter,
}
ON_WIRE_RULES = (WrittenRule, WrittenList, Manifest)
SHELL_COMPLETION = {"--install-completion", "--show-completion"}


def leaves(command: object, name: str = "") -> list[tuple[str, object]]:
    """Every command with its full name."""
    inner = getattr(command, "commands", None)
    if inner is None:
        return [(name.strip(), command)]
    return [leaf for key, child in inner.items() for leaf in leaves(child, f"{name} {key}")]


COMMANDS = leaves(typer.main.get_command(app))


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_command_and_option_is_documented(name: str, command: object) -> None:
    documented = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", section("commands.md", f"`{name}\\b")))
    options = {opt for p in command.params for opt in p.opts if opt.startswith("--")}
    assert documented - SHELL_COMPLETION == options - {"--help"}
    assert f"`{name.split(maxsplit=1)[0]}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.name)
def test_every_setting_is_documented(setting) -> None:
    [line] = [
        x for x in page("configuration.md").splitlines() if x.startswith(f"| `{setting.name}`")
    ]
    if not setting.secret and setting.name != "WIREWATCH_DATA":
        assert f"`{setting.key}`" in line
    if setting.secret:
        assert f"{setting.name}_FILE" in page("configuration.md")


@pytest.mark.parametrize("key", [*DeskModel.model_fields, *FeedModel.model_fields])
def test_every_key_of_a_desk_is_documented(key: str) -> None:
    assert f"| `{key}` |" in page("configuration.md")


@pytest.mark.parametrize("code", [str(code) for code in Code])
def test_every_warning_of_a_feed_is_documented(code: str) -> None:
    cells = re.findall(r"^\| (`.*?`) \|", section("commands.md", "`feeds check"), re.MULTILINE)
    assert f"`{code}`" in {name for cell in cells for name in cell.split(", ")}


def test_every_field_of_a_verdict_is_documented() -> None:
    shown = json.loads(
        re.search(r"^\{.*\}$", section("commands.md", "`feeds check"), re.MULTILINE)[0]
    )
    assert list(shown) == [field.name for field in fields(Verdict)]


UNITS = ("_total", "_seconds", "_bytes", "_info", "_records", "_partitions", "_rules")
YES_OR_NO = {"healthy", "role_ready", "outage", "book_last_reload_successful"}
OTHERS = ("process_", "python_")


def test_every_metric_is_documented_and_has_a_unit() -> None:
    """Walks the registry of a process that matches."""
    look = Watched(["match"], Outages(), uptime=lambda: 0.0)
    look.book = Current(Matcher(Book()))
    families = list(make_registry(Counts(["feed"]), look).collect())
    rows = re.findall(
        r"^\| `(wirewatch_\w+)` \| (\w+) \| (.*?) \|", page("metrics.md"), re.MULTILINE
    )
    told = {name: (kind, tuple(re.findall(r"\w+", labels))) for name, kind, labels in rows}
    ours = {full_name(f): f for f in families if not f.name.startswith(OTHERS)}
    assert told == {name: (f.type, METRICS[name].labels) for name, f in ours.items()}
    assert told.keys() == METRICS.keys()
    unitless = {name for name in told if not name.endswith(UNITS)}
    assert unitless == {f"wirewatch_{name}" for name in YES_OR_NO}
    assert all(f"`{start}" in page("metrics.md") for start in OTHERS)
    outcomes = {s.labels["outcome"] for f in families for s in f.samples if "outcome" in s.labels}
    assert not {word for word in outcomes if not re.search(rf"\b{word}\b", page("metrics.md"))}


def full_name(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def test_every_field_of_a_state_is_documented() -> None:
    look = Watched(["match"], Outages(), uptime=lambda: 0.0)
    look.book = Current(Matcher(Book()))
    look.groups["g"] = lambda: [
        PartitionProgress(topic="t", partition=0, end=1, committed=1, stalled_s=0)
    ]
    [text] = re.findall(r"```json\n(.*?)```", page("metrics.md"), re.DOTALL)
    told, is_ = json.loads(text), json.loads(json.dumps(state_body(look.state())))
    assert told.keys() == is_.keys()
    assert told["book"].keys() == is_["book"].keys()
    assert told["partitions"][0].keys() == is_["partitions"][0].keys()


@pytest.mark.parametrize("topic", TOPICS, ids=lambda t: t.name)
def test_every_topic_is_documented(topic) -> None:
    [row] = [x for x in page("topics.md").splitlines() if x.startswith(f"| `{topic.name}`")]
    assert (f"{topic.retention_days} days" if not topic.compact else "for good") in row
    assert f"## {topic.name}" in page("topics.md")


@pytest.mark.parametrize("topic", RECORDS)
def test_every_field_of_a_record_is_documented(topic: str) -> None:
    told = section("topics.md", topic)
    names = {field.name for field in fields(RECORDS[topic])} - {"v"}
    assert not {name for name in names if f"`{name}`" not in told}


@pytest.mark.parametrize("record", [Clock, Hit, Stopped, Evidence, *ON_WIRE_RULES])
def test_every_field_inside_a_record_is_documented(record: type) -> None:
    names = {field.name for field in fields(record)} - {"v"}
    assert not {name for name in names if f"`{name}`" not in page("topics.md")}


@pytest.mark.parametrize("topic", RECORDS)
def test_the_example_of_a_topic_is_such_a_record(topic: str) -> None:
    [example] = re.findall(r"```json\n(.*?)```", section("topics.md", topic), re.DOTALL)
    record = decode(RECORDS[topic], example.encode())
    assert holds(msgspec.to_builtins(record), json.loads(example))


def test_the_examples_of_the_rule_book_are_such_records() -> None:
    examples = re.findall(r"```json\n(.*?)```", section("topics.md", "wire.rules"), re.DOTALL)
    for kind, example in zip(ON_WIRE_RULES, examples, strict=True):
        assert json.loads(encode(decode(kind, example.encode()))) == json.loads(example)


def holds(whole: object, part: object) -> bool:
    """True when everything in `part` stands in `whole`: a decoder passes unknown fields over."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and holds(whole[key], value) for key, value in part.items())
    if isinstance(whole, list | tuple) and isinstance(part, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return whole == part


@pytest.mark.parametrize("value", [*KeyKind, *Precision, *Zone, *LetterState, *Kind])
def test_every_value_of_a_field_is_documented(value: str) -> None:
    assert re.search(rf"\b{value}\b", page("topics.md"))


@pytest.mark.parametrize("value", [*Reason, *Effect])
def test_every_reason_and_effect_is_documented(value: str) -> None:
    assert f"`{value}`" in page("topics.md")


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_no_table_says_a_thing_twice(path: Path) -> None:
    table_rows = re.compile(r"^\| (`[^`|]+`) \| (`[^`|]*`) \|", re.MULTILINE)
    rows = table_rows.findall(path.read_text(encoding="utf-8"))
    assert not [row for row in rows if rows.count(row) > 1]


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_is_documented(code: ExitCode) -> None:
    assert f"| {int(code)} |" in page("commands.md")


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))
    gone = [link for link in links if "://" not in link and not leads(path, link)]
    assert not gone


def leads(source: Path, link: str) -> bool:
    """True when the file is there, and the heading in it if one is named."""
    name, _, anchor = link.partition("#")
    target = source.parent / name if name else source
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(path: Path) -> set[str]:
    """The names a forge gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}


def test_the_picture_loads_nothing_from_elsewhere() -> None:
    drawn = (DOCS / "console.svg").read_text(encoding="utf-8")
    assert not re.search(r"url\(\s*[\"']?(?!#)|href=|@import|<script|<image", drawn)
