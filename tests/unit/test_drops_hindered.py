"""monitor.feeds.drops.folder: a file that cannot be moved is read once and holds up no other."""

import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from stubs.drop_folder import FEED, NOW, Put, names, taken, titles

from monitor.feeds.drops.agency_file import read_agency_file
from monitor.feeds.drops.folder import MAX_FILES_A_POLL, Drops, Taken, Unavailable
from monitor.feeds.feed import Feed
from monitor.feeds.reading.entries import Dropped
from streams.item import Item


def test_a_file_that_cannot_be_moved_is_read_once(folder: Path, put: Put) -> None:
    put("a.json")
    put("bad.json", b"{", ago_s=100)
    drops = Drops(folder)
    look = taken(drops)
    hinder(folder)
    assert isinstance(drops.settle(look, NOW), Unavailable)
    put("b.json")
    (folder / "done").unlink()
    for place in ("done", "rejected"):
        shutil.rmtree(folder / place, ignore_errors=True)
        (folder / place).mkdir()
    look = taken(drops)
    assert titles(look) == ["News of b.json"]  # the others only wait to be moved
    assert look.rejected == ()
    assert drops.settle(look, NOW) is None
    assert names(folder) == []
    assert names(folder / "done") == ["a.json", "b.json"]
    assert names(folder / "rejected") == ["bad.json", "bad.json.reason.txt"]


def hinder(folder: Path) -> None:
    """A file in place of done/."""
    (folder / "done").rmdir()
    (folder / "done").write_text("")


def test_a_file_in_place_of_done_is_named(folder: Path, put: Put) -> None:
    taken(Drops(folder))
    hinder(folder)
    look = Drops(folder).take(FEED, NOW)
    assert isinstance(look, Unavailable)
    assert look.why.endswith("in/done: Not a directory")


def test_stuck_files_leave_room_for_those_behind_them(folder: Path, put: Put) -> None:
    for n in range(MAX_FILES_A_POLL):
        put(f"{n:04}.json", ago_s=1000 - n)
    put("new.json", ago_s=5)
    drops = Drops(folder)
    look = taken(drops)
    hinder(folder)
    assert isinstance(drops.settle(look, NOW), Unavailable)
    (folder / "done").unlink()
    look = taken(drops)
    assert (titles(look), len(look.stuck)) == (["News of new.json"], MAX_FILES_A_POLL)


def test_a_stuck_file_that_is_written_anew_is_read(folder: Path, put: Put) -> None:
    put("a.json")
    drops = Drops(folder)
    look = taken(drops)
    hinder(folder)
    assert isinstance(drops.settle(look, NOW), Unavailable)
    (folder / "done").unlink()
    put("a.json", ago_s=3, headline="Newer")
    assert titles(taken(drops)) == ["Newer"]


def test_a_look_that_hangs_is_the_only_one(folder: Path, put: Put) -> None:
    reading, go_on = threading.Event(), threading.Event()

    def read(body: bytes, feed: Feed, now: datetime) -> Sequence[Item | Dropped]:
        reading.set()
        assert go_on.wait(60)
        return read_agency_file(body, feed, now)

    put("a.json")
    drops = Drops(folder, read)
    with ThreadPoolExecutor() as threads:
        hanging = threads.submit(taken, drops)
        assert reading.wait(60)
        look = drops.take(FEED, NOW)
        assert isinstance(look, Unavailable)
        assert look.why.endswith("has not ended")
        go_on.set()
        assert titles(hanging.result()) == ["News of a.json"]
    assert titles(taken(drops)) == ["News of a.json"]


def test_a_folder_that_is_missing_is_said(folder: Path, tmp_path: Path) -> None:
    look = Drops(tmp_path / "nowhere").take(FEED, NOW)
    assert isinstance(look, Unavailable)
    assert look.why.endswith("nowhere: No such file or directory")
    file = tmp_path / "file"
    file.write_text("")
    assert isinstance(Drops(file).take(FEED, NOW), Unavailable)
    drops = Drops(folder)
    look = drops.take(FEED, NOW)
    assert isinstance(look, Taken)
    for place in (folder / "done", folder / "rejected", folder):
        place.rmdir()
    assert isinstance(drops.settle(look, NOW), Unavailable)
