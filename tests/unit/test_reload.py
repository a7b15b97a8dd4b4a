"""monitor.program.reload: rule files to editions, or to what is wrong with them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.program.reload import Loaded, follow_files, load_edition
from streams.records import Stop
from streams.yaml12 import Invalid

GOOD = "floods: {any: [flood], to: ['#a']}\n"


def test_a_book_becomes_an_edition(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text("fires: {all: [fire]}\n")
    loaded = load_edition(tmp_path, ["#default"])
    assert {rule.id: rule.channels for rule in loaded.edition.book.rules} == {
        "floods": ("#a",),
        "fires": ("#default",),
    }
    assert {Path(path).name for path, _, _ in loaded.seen} == {"a.yaml", "b.yaml"}


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
        load_edition(tmp_path, [])


@pytest.mark.parametrize("there", [True, False])
def test_no_rules_are_refused(tmp_path: Path, there: bool) -> None:
    with pytest.raises(Invalid):
        load_edition(tmp_path if there else tmp_path / "none", ["#a"])


@pytest.fixture
async def followed(tmp_path: Path) -> AsyncIterator[AsyncIterator[Loaded | Invalid]]:
    """The editions of a folder after it was read, and edited."""
    file, stop = tmp_path / "a.yaml", Stop()
    file.write_text(GOOD)
    seen = load_edition(tmp_path, []).seen
    file.write_text(GOOD + "fires: {all: [fire], to: ['#a']}\n")
    editions = follow_files(tmp_path, [], seen, stop)
    yield editions
    stop.set()
    await anext(editions, None)


async def test_edits_are_read_or_refused(
    followed: AsyncIterator[Loaded | Invalid], tmp_path: Path
) -> None:
    first = await anext(followed)  # edited before anybody watched
    assert isinstance(first, Loaded)
    assert len(first.edition.book.rules) == 2
    file = tmp_path / "a.yaml"
    file.write_text("fires: {al: [fire]}\n")
    broken = await anext(followed)
    assert isinstance(broken, Invalid)
    assert str(broken).startswith(f"{file}:1:9: unknown key")
    file.write_text("fires: {any: [fire], to: ['#b']}\n")
    last = await anext(followed)
    assert isinstance(last, Loaded)
    assert [rule.channels for rule in last.edition.book.rules] == [("#b",)]
