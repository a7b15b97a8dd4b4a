"""The documentation says what the program does: commands, settings, topics, links, examples."""

import json
import re
from pathlib import Path

import pytest
import typer

from monitor.cli import app
from monitor.desk.config import DeskModel, FeedModel
from monitor.desk.settings import SETTINGS
from monitor.exits import ExitCode
from streams.decision import Effect, Reason
from streams.item import Item
from streams.rules.load import load_book
from streams.rules.matcher import Matcher
from streams.topics import TOPICS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def leaves(command: object, name: str = "") -> list[tuple[str, object]]:
    """Every command with its full name."""
    inner = getattr(command, "commands", None)
    if inner is None:
        return [(name.strip(), command)]
    return [leaf for key, child in inner.items() for leaf in leaves(child, f"{name} {key}")]


COMMANDS = leaves(typer.main.get_command(app))


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_command_and_option_is_documented(name: str, command: object) -> None:
    heading = re.compile(rf"^## `{re.escape(name)}\b.*$", re.MULTILINE)
    sections = re.split(r"^(?=## )", page("commands.md"), flags=re.MULTILINE)
    [section] = [s for s in sections if heading.match(s)]
    options = [opt for p in command.params for opt in p.opts if opt.startswith("--")]
    missing = [o for o in options if o != "--help" and o not in section]
    assert not missing
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


@pytest.mark.parametrize("topic", TOPICS, ids=lambda t: t.name)
def test_every_topic_is_documented(topic) -> None:
    [row] = [x for x in page("topics.md").splitlines() if x.startswith(f"| `{topic.name}`")]
    assert f"{topic.retention_days} days" in row
    assert f"## {topic.name}" in page("topics.md")


@pytest.mark.parametrize("value", [*Reason, *Effect])
def test_every_reason_and_effect_is_documented(value: str) -> None:
    assert f"`{value}`" in page("topics.md")


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_is_documented(code: ExitCode) -> None:
    assert f"| {int(code)} |" in page("commands.md")


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
    gone = [x for x in links if "://" not in x and not (path.parent / x).exists()]
    assert not gone


def examples() -> list[tuple[str, dict[str, list[str]]]]:
    """Rule files of docs/rules.md with the headlines they hit and miss."""
    found = re.findall(r"```yaml\n(.*?)```\n```json\n(.*?)```", page("rules.md"), re.DOTALL)
    return [(rules, json.loads(cases)) for rules, cases in found]


def test_there_are_examples() -> None:
    assert len(examples()) == page("rules.md").count("```yaml") >= 5


@pytest.mark.parametrize(("rules", "cases"), examples())
def test_rule_examples_hit_and_miss(
    rules: str, cases: dict[str, list[str]], tmp_path: Path
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(rules, encoding="utf-8")
    matcher = Matcher(load_book(file))
    hit = {title for kind in cases.values() for title in kind if hits(matcher, title)}
    assert hit == set(cases["hit"])


def hits(matcher: Matcher, title: str) -> bool:
    return bool(matcher.match(Item(id="1", title=title)).hits)
