"""monitor.feeds.drops.folder on real files: each is taken once, when it is whole."""

import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stubs.drop_folder import NOW, Put, later, names, taken, titles

from monitor.desk.config import load_desk
from monitor.feeds.drops.folder import KEPT_DONE_S, MAX_FILES_A_POLL, Drops, Taken
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import MAX_BODY_BYTES
from monitor.feeds.reading.entries import Dropped, DropReason
from monitor.feeds.state.changes import Changes, find_changes
from monitor.feeds.state.known import Known
from streams.item import Item


def test_a_folder_begins_at_the_desk(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text("name: d")
    (tmp_path / "feeds.yaml").write_text(
        "- {id: a, folder: in/agency}\n- {id: b, folder: /srv/in}\n"
        '- {id: c, url: "https://outlet.example/"}\n'
    )
    feeds = load_desk(tmp_path).feeds
    assert [feed.folder for feed in feeds] == [str(tmp_path / "in/agency"), "/srv/in", ""]


def test_files_are_taken_oldest_first_and_consumed_once(folder: Path, put: Put) -> None:
    put("b.json", ago_s=5)
    put("a.json", ago_s=5)
    put("z.json", ago_s=50)
    drops = Drops(folder)
    look = taken(drops)
    assert titles(look) == ["News of z.json", "News of a.json", "News of b.json"]
    assert names(folder) == ["a.json", "b.json", "z.json"]  # nothing is moved before the ack
    assert drops.settle(look, NOW) is None
    assert names(folder) == []
    assert names(folder / "done") == ["a.json", "b.json", "z.json"]
    assert taken(drops) == Taken()


TAKE_AND_DIE = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from monitor.feeds.drops.folder import Drops
from monitor.feeds.feed import Feed
now = datetime.fromtimestamp(float(sys.argv[2]), UTC)
look = Drops(Path(sys.argv[1])).take(Feed(id="wire"), now)
print(len(look.entries), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_killed_with_files_taken_leaves_them_whole(folder: Path, put: Put) -> None:
    put("a.json")
    command = [sys.executable, "-c", TAKE_AND_DIE, str(folder), str(NOW.timestamp())]
    died = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (died.returncode, died.stdout) == (-signal.SIGKILL, "1\n")
    assert titles(taken(Drops(folder))) == ["News of a.json"]


def changes(
    entries: Sequence[Item | Dropped], known: Mapping[str, Known], now: datetime
) -> Changes:
    items = [entry for entry in entries if isinstance(entry, Item)]
    return find_changes(items, known, feed=Feed(id="wire"), now=now)


def test_what_was_published_before_a_kill_is_not_published_again(folder: Path, put: Put) -> None:
    put("a.json")
    before = changes(taken(Drops(folder)).entries, {}, NOW)
    assert len(before.publish) == 1
    again = Drops(folder)  # another process, which knows what the first had stored
    look = taken(again, later(5))
    after = changes(look.entries, before.known, later(5))
    assert after.publish == ()
    assert again.settle(look, later(5)) is None
    assert names(folder / "done") == ["a.json"]


def test_a_poller_killed_while_moving_leaves_the_rest(folder: Path, put: Put) -> None:
    put("a.json")
    put("b.json")
    look = taken(Drops(folder))
    Drops(folder).settle(replace(look, files=look.files[:1]), NOW)
    assert titles(taken(Drops(folder))) == ["News of b.json"]
    assert Drops(folder).settle(look, NOW) is None  # one of them is gone


def test_names_not_yet_meant_for_us_wait(folder: Path, put: Put) -> None:
    for name in (".hidden.json", "a.json.tmp", "b.part", "c.filepart", "d.json~", "e.TMP"):
        put(name)
    (folder / "sub").mkdir()
    (folder / "sub" / "x.json").write_text("{}")
    assert taken(Drops(folder), later(10**6)) == Taken()
    assert len(names(folder)) == 6


def test_a_file_waits_until_it_is_unchanged_for_a_second(folder: Path, put: Put) -> None:
    put("a.json", ago_s=0.5)
    drops = Drops(folder)
    assert titles(taken(drops)) == []
    assert titles(taken(drops, later(0.6))) == ["News of a.json"]


def test_a_mount_whose_clock_runs_ahead_delays_nothing(folder: Path, put: Put) -> None:
    put("a.json", ago_s=-3600)
    drops = Drops(folder)
    assert titles(taken(drops)) == []
    assert titles(taken(drops, later(1.1))) == ["News of a.json"]


def test_a_half_written_file_waits_and_is_taken_once_whole(folder: Path, put: Put) -> None:
    whole = json.dumps({"uri": "urn:1", "headline": "Whole"}).encode()
    put("a.json", whole[:-5])
    drops = Drops(folder)
    assert taken(drops) == Taken()
    put("a.json", whole)
    assert titles(taken(drops)) == ["Whole"]


def test_newer_contents_under_the_same_name_stay(folder: Path, put: Put) -> None:
    put("latest.json")
    drops = Drops(folder)
    look = taken(drops)
    put("latest.json", ago_s=3, headline="Newer")
    assert drops.settle(look, NOW) is None
    assert names(folder / "done") == []
    assert titles(taken(drops)) == ["Newer"]


def test_of_versions_in_several_files_the_last_is_published(folder: Path, put: Put) -> None:
    put("v1.json", uri="urn:1", version="1", ago_s=20)
    put("v2.json", uri="urn:1", version="2", pubstatus="canceled", ago_s=10)
    first, second = taken(Drops(folder)).entries
    assert isinstance(first, Dropped)
    assert first.reason is DropReason.REPEATED
    assert isinstance(second, Item)
    assert second.pub_status == "canceled"


def test_a_clock_that_goes_back_holds_up_no_file(folder: Path, put: Put) -> None:
    put("a.json", ago_s=0.5)
    drops = Drops(folder)
    assert titles(taken(drops)) == []
    assert titles(taken(drops, later(-86_400))) == []
    assert titles(taken(drops, later(-86_398))) == ["News of a.json"]


def test_a_poll_reads_so_many_files_and_bytes(folder: Path, put: Put) -> None:
    for n in range(MAX_FILES_A_POLL + 1):
        put(f"{n:04}.json", ago_s=1000 - n)
    drops = Drops(folder)
    look = taken(drops)
    assert (len(look.files), look.more) == (MAX_FILES_A_POLL, True)
    assert drops.settle(look, NOW) is None
    look = taken(drops)
    assert (len(look.files), look.more) == (1, False)
    assert drops.settle(look, NOW) is None
    for n in range(3):
        put(f"{n}.json", body_text="x" * (MAX_BODY_BYTES - 1000))
    assert (len(taken(drops).files), taken(drops).more) == (2, True)


def test_done_is_pruned_and_rejected_is_not(folder: Path, put: Put) -> None:
    put("a.json", ago_s=10**8)
    put("b.json", b"{", ago_s=10**8)
    drops = Drops(folder)
    real = datetime.now(UTC)  # files are stamped by the system when they are moved
    assert drops.settle(taken(drops, real), real) is None
    assert names(folder / "done") == ["a.json"]
    later = real + timedelta(seconds=KEPT_DONE_S - 60)
    assert drops.settle(Taken(), later) is None
    assert names(folder / "done") == ["a.json"]
    assert drops.settle(Taken(), later + timedelta(hours=2)) is None
    assert names(folder / "done") == []
    assert names(folder / "rejected") == ["b.json", "b.json.reason.txt"]
