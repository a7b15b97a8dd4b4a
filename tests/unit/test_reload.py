"""monitor.program.reload.compile_rules: rule files to a matcher, or to what is wrong with them."""

from pathlib import Path

import pytest

from monitor.program.reload import compile_rules
from streams.yaml12 import Invalid

GOOD = "floods: {any: [flood], to: ['#a']}\n"


def test_a_book_becomes_a_matcher(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text("fires: {all: [fire]}\n")
    rules = compile_rules(tmp_path, ["#default"]).book.rules
    assert {rule.id: rule.channels for rule in rules} == {
        "floods": ("#a",),
        "fires": ("#default",),
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fires: {all: [fire]}", "fires tells nobody"),
        ("fires: {al: [fire], to: ['#a']}", 'did you mean "all"'),
        ("fires: [", "not YAML"),
        ("", "empty file"),
    ],
)
def test_a_broken_book_is_refused_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    with pytest.raises(Invalid, match=rf"{file}:\d:\d+: .*{says}"):
        compile_rules(tmp_path, [])


@pytest.mark.parametrize("there", [True, False])
def test_no_rules_are_refused(tmp_path: Path, there: bool) -> None:
    with pytest.raises(Invalid):
        compile_rules(tmp_path if there else tmp_path / "none", ["#a"])
