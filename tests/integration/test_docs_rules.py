"""The documentation of rules is so: examples hit and miss, the grammar is the parser's."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from stubs.pages import ROOT, keys, page, section

from streams.item import Item
from streams.rules.ast import Or
from streams.rules.clause_model import AtLeastModel, NearModel, WeightsModel
from streams.rules.load import load_book
from streams.rules.matching.matcher import Matcher
from streams.rules.model import HoursModel, OriginsModel, RuleModel, RuleTest
from streams.rules.query.lexer import BadQuery
from streams.rules.query.parser import FIELDS, parse
from streams.yaml12 import Invalid

TEST_PARTS = {"summary", "outlet", "credit", "url", "feed", "tier", "any", "none"}
"""Of a rule's own tests: what an item has; shown there or by an item of an example."""


@pytest.mark.parametrize("key", sorted({*keys(RuleModel), *keys(RuleTest)}))
def test_every_key_of_a_rule_is_documented(key: str) -> None:
    assert re.search(rf"`{key}[`:]", page("rules.md"))


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
