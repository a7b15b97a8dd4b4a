"""Subjects: what is a headline, what a file, and how JSON files are read."""

import json
from pathlib import Path

import pytest

from monitor.cli.bar import tracked
from monitor.itemfile import BadLine, count_lines
from monitor.subject import is_file, read_subject
from streams.item import Item

RAIN, SUN = {"id": "r", "title": "Rain"}, {"title": "Sun"}


@pytest.mark.parametrize(
    ("argument", "file"),
    [
        ("Rain in Spain", False),
        ("Rain", False),
        ("wires.xml", True),
        ("U.S. bans x.json", False),
        ("-", True),
        ("x" * 5_000, False),
        ("nul \0 in it", False),
    ],
)
def test_a_headline_is_what_names_no_file(argument: str, file: bool) -> None:
    assert is_file(argument) == file


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(RAIN) + "\n" + json.dumps(SUN) + "\n",
        json.dumps([RAIN, SUN], indent=2),
        "\ufeff" + json.dumps([RAIN, SUN]),
    ],
)
def test_items_are_read_however_json_has_them(tmp_path: Path, text: str) -> None:
    file = tmp_path / "items"
    file.write_text(text, encoding="utf-8")
    items = list(read_subject(str(file), private=False))
    assert [(i.id, i.title) for i in items if isinstance(i, Item)] == [("r", "Rain"), ("2", "Sun")]


@pytest.mark.parametrize("text", ["[1]", '{"title": 7}', "[" * 100_000, "{"])
def test_what_is_no_item_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "items"
    file.write_text(text, encoding="utf-8")
    [bad] = read_subject(str(file), private=False)
    assert isinstance(bad, BadLine)
    assert bad.line == 1


def test_lines_are_counted_where_that_is_cheap(tmp_path: Path) -> None:
    file = tmp_path / "items"
    file.write_text("{}\n{}", encoding="utf-8")
    assert (count_lines(file), count_lines(Path("-"))) == (2, 0)


def test_without_a_terminal_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(tracked(range(5_000), 5_000, "counting")) == list(range(5_000))
    assert capsys.readouterr() == ("", "")
