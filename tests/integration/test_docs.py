"""The documentation says what the program does: commands, settings, topics, links, examples."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from prometheus_client import Metric
from pydantic import BaseModel

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
from streams.rules.ast import Or
from streams.rules.book import Book
from streams.rules.clause_model import AtLeastModel, NearModel, WeightsModel
from streams.rules.current import Current
from streams.rules.load import load_book
from streams.rules.matching.matcher import Matcher
from streams.rules.model import HoursModel, OriginsModel, RuleModel, RuleTest
from streams.rules.query.lexer import BadQuery
from streams.rules.query.parser import FIELDS, parse
from streams.story import KeyKind
from streams.topics import TOPICS, DeadLetter, LetterState, decode, encode
from streams.written import Manifest, WrittenList, WrittenRule
from streams.yaml12 import Invalid

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
RECORDS = {
    "wire.items": Item,
    "wire.matches": Match,
    "wire.decisions": Decision,
    "wire.deadletter": DeadLetter,
}
TEST_PARTS = {"summary", "outlet", "credit", "url", "feed", "tier", "any", "none"}
"""Of a rule's own tests: what an item has; shown there or by an item of an example."""
ON_WIRE_RULES = (WrittenRule, WrittenList, Manifest)
SHELL_COMPLETION = {"--install-completion", "--show-completion"}


def keys(model: type[BaseModel]) -> set[str]:
    """What may be written in such a mapping."""
    return {info.alias or name for name, info in model.model_fields.items()}


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """The part of a page under the one `## heading`."""
    parts = re.split(r"^(?=## )", page(name), flags=re.MULTILINE)
    [found] = [part for part in parts if re.match(rf"## {heading}", part)]
    return found


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


@pytest.mark.parametrize("key", sorted({*keys(RuleModel), *keys(RuleTest)}))
def test_every_key_of_a_rule_is_documented(key: str) -> None:
    assert re.search(rf"`{key}[`:]", page("rules.md"))


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


def examples() -> list[tuple[str, dict[str, list[Any]]]]:
    """Rule files of docs/rules.md with the items they hit and miss: headlines, or more of one."""
    found = re.findall(r"```yaml\n(.*?)```\n```json\n(.*?)```", page("rules.md"), re.DOTALL)
    return [(rules, json.loads(cases)) for rules, cases in found]


def test_there_are_examples_of_every_key() -> None:
    assert len(examples()) == page("rules.md").count("```yaml\n") >= 5
    written = "".join(rules for rules, _ in examples())
    models = (RuleModel, RuleTest, NearModel, AtLeastModel, WeightsModel, OriginsModel, HoursModel)
    wanted = {key for model in models for key in keys(model)} - TEST_PARTS
    assert not {key for key in wanted if not re.search(rf"\b{key}:", written)}


@pytest.mark.parametrize(("rules", "cases"), examples())
def test_rule_examples_hit_and_miss(
    rules: str, cases: dict[str, list[Any]], tmp_path: Path
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(rules, encoding="utf-8")
    matcher = Matcher(load_book(file))
    assert [case for case in cases["hit"] if not hits(matcher, case)] == []
    assert [case for case in cases["miss"] if hits(matcher, case)] == []


def hits(matcher: Matcher, case: str | dict[str, Any]) -> bool:
    item = {"title": case} if isinstance(case, str) else case
    return bool(matcher.match(msgspec.convert({"id": "1", **item}, Item)).hits)


def test_the_grammar_names_what_the_parser_takes() -> None:
    [grammar] = re.findall(r"```ebnf\n(.*?)```", page("rules.md"), re.DOTALL)
    table = section("rules.md", "Queries").split("| means |")[1].split("What binds")[0]
    written = [q for row in table.splitlines() for q in re.findall(r"`(.*?)`", row.split(" | ")[0])]
    queries = [query.replace("…", "x") for query in written]
    for query in queries:
        parse(query, lambda _: (Or(()), ""))
    literals = {one or two for one, two in re.findall(r"\"([^\"]+)\"|'([^']+)'", grammar)}
    fields = {f"{name}:" for name in FIELDS if "/" not in name} | {"first/"}
    assert {each for each in literals if each.endswith(":")} | {"first/"} >= fields
    seen = " ".join([*queries, section("rules.md", "Queries")])
    assert not {literal for literal in literals if literal not in seen}
    rules = set(re.findall(r"^(\w+) += ", grammar, re.MULTILINE))
    used = set(re.findall(r"[a-z]+", re.sub(r"\"[^\"]*\"|'[^']*'", "", grammar)))
    assert used - rules == {"word", "number"}


def test_habits_are_refused_as_said() -> None:
    rows = re.findall(
        r"^\| `([^`]+)` \| `(\".*?\": write .*?)` \|$", page("rules.md"), re.MULTILINE
    )
    assert len(rows) >= 9
    for query, said in rows:
        with pytest.raises(BadQuery, match=re.escape(said)):
            parse(query, lambda _: (Or(()), ""))
    [(query, said)] = re.findall(
        r"```yaml refused query\nquery: '(.*?)'\n```\n```text\n(.*?)\n```", page("rules.md")
    )
    with pytest.raises(BadQuery, match=re.escape(said)):
        parse(query, lambda _: (Or(()), ""))


def test_the_refused_example_is_refused_as_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(rules, said)] = re.findall(
        r"```yaml refused\n(.*?)```.*?```text\n(.*?)```", page("rules.md"), re.DOTALL
    )
    monkeypatch.chdir(tmp_path)
    assert problems(rules) == said.splitlines()


def test_what_is_no_yaml_is_refused_as_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = re.findall(r"^\| `(a(?:ll|ny): \[.*\])` \| `(.*)` \|$", page("rules.md"), re.MULTILINE)
    assert len(rows) >= 5
    for written, said in rows:
        [problem] = problems(f"rule:\n  {written}\n")
        assert problem.endswith(f": {said}")


def problems(rules: str) -> list[str]:
    """What is wrong with `rules`, as `wirewatch check` prints it."""
    Path("rules.yaml").write_text(rules, encoding="utf-8")
    with pytest.raises(Invalid) as refused:
        load_book(Path("rules.yaml"))
    return [str(problem) for problem in refused.value.problems]


def test_the_rule_of_the_readme_does_what_its_tests_say(tmp_path: Path) -> None:
    [rules] = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    file = tmp_path / "rules.yaml"
    file.write_text(rules, encoding="utf-8")
    matcher = Matcher(load_book(file, must_tell=True))
    cases = re.findall(r'text: "(.*?)", expect: (\w+)', rules)
    assert [hits(matcher, text) for text, _ in cases] == [want == "hit" for _, want in cases]
    assert len(rules.splitlines()) <= 10
