"""The desk's list of feeds: added to without a character of it lost."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.desk.config import Desk, load_desk
from monitor.desk.feedlist import NewFeed, NotAppendable, add_feeds, appended, feed_id
from monitor.exits import Quit
from streams.yaml12 import parse

NEW = NewFeed(id="new", url="https://n.example/rss", outlet="New")
LINE = "- {id: new, url: https://n.example/rss, outlet: New}\n"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", LINE),
        ("# only comments\n", "# only comments\n" + LINE),
        ("[]", LINE),
        ("- {id: a}", "- {id: a}\n" + LINE),
        ("- {id: a}  # why\n# end\n", "- {id: a}  # why\n# end\n" + LINE),
        ("- {id: a}\n\n- {id: b}\n", "- {id: a}\n\n- {id: b}\n\n" + LINE),
        ("  - {id: a}\n", "  - {id: a}\n  " + LINE),
        ("\ufeff- {id: a}\n", "\ufeff- {id: a}\n" + LINE),
        ("- {id: a}\r\n", "- {id: a}\r\n" + LINE.replace("\n", "\r\n")),
        (
            " - id: a\n   url: x\n",
            " - id: a\n   url: x\n - id: new\n   url: https://n.example/rss\n   outlet: New\n",
        ),
    ],
)
def test_a_feed_is_written_as_its_neighbours_are(text: str, after: str) -> None:
    assert appended(text, [NEW]) == after


@pytest.mark.parametrize("text", ["[{id: a}]", "a: 1", "{}"])
def test_what_nothing_can_be_put_below_is_refused(text: str) -> None:
    with pytest.raises(NotAppendable):
        appended(text, [NEW])


def test_folders_become_comments() -> None:
    new = [NewFeed(id=n, url="https://n.example", folder=f) for n, f in ["aA", "bA", "cB"]]
    new.append(NEW)
    lines = appended("", new).splitlines()
    assert [n for n, line in enumerate(lines) if line.startswith("#")] == [0, 3]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
STARTS = st.sampled_from(["", "- {id: a}\n", "- id: a\n  url: b\n", "  - id: a\n"])


@given(TEXTS, TEXTS, STARTS)
def test_any_text_reads_back(url: str, outlet: str, start: str) -> None:
    text = appended(start, [NewFeed(id="n-1", url=url, outlet=outlet)])
    last = parse(text.encode(), "f").value[-1]
    assert (last["id"], last["url"], last.get("outlet", "")) == ("n-1", url, outlet)
    assert text.startswith(start)


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_ids_are_free_and_well_formed(title: str, others: list[str]) -> None:
    taken: set[str] = set()
    for each in [title, *others, title]:
        made = feed_id(each, "https://www.a.example/x", taken)
        assert made not in taken
        assert 0 < len(made) <= 60
        assert made == made.lower()
        taken.add(made)


def test_an_id_tells_what_the_feed_is() -> None:
    assert feed_id("The Hindu – Monde é", "https://x.example", ()) == "the-hindu-monde-e"
    assert feed_id("हिन्दी", "https://www.x.example:8/f", ()) == "x-example"
    assert feed_id("A", "https://x.example", ("a", "a-2")) == "a-3"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "desk.yaml").write_text("name: x\n")
    (tmp_path / "feeds.yaml").write_text("- {id: a, url: https://a.example}\n")
    return load_desk(tmp_path)


def test_the_file_is_replaced_with_its_rights(desk: Desk) -> None:
    path = desk.folder / "feeds.yaml"
    path.chmod(0o640)
    add_feeds(desk, [NEW])
    assert path.read_text() == "- {id: a, url: https://a.example}\n" + LINE
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [feed.id for feed in load_desk(desk.folder).feeds] == ["a", "new"]
    assert sorted(each.name for each in desk.folder.iterdir()) == ["desk.yaml", "feeds.yaml"]


def test_a_missing_file_is_made(desk: Desk) -> None:
    (desk.folder / "feeds.yaml").unlink()
    add_feeds(load_desk(desk.folder), [NEW])
    assert (desk.folder / "feeds.yaml").read_text() == LINE


@pytest.mark.parametrize(
    "text", ["- {id: a, url: https://a.example}\n- {id: b, url: https://b.example}\n", "[{id: x"]
)
def test_what_somebody_else_wrote_meanwhile_stays(desk: Desk, text: str) -> None:
    path = desk.folder / "feeds.yaml"
    path.write_text(text)
    with pytest.raises(Quit):
        add_feeds(desk, [NEW])
    assert path.read_text() == text


def test_what_would_not_load_is_not_written(desk: Desk) -> None:
    path = desk.folder / "feeds.yaml"
    before = path.read_text()
    for bad in (NewFeed(id="a", url="https://b.example"), NewFeed(id="b", url="ftp://b")):
        with pytest.raises(Quit):
            add_feeds(desk, [bad])
    path.write_text(before + "...\n")
    with pytest.raises(Quit):
        add_feeds(load_desk(desk.folder), [NEW])
    assert path.read_text() == before + "...\n"
    assert len(list(desk.folder.iterdir())) == 2
