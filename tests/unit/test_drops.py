"""monitor.feeds.drops.folder: real files in a real folder, a clock that is given."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.desk.config import load_desk
from monitor.feeds.drops.agency_file import read_agency_file
from monitor.feeds.drops.folder import (
    HALF_WRITTEN_S,
    KEPT_DONE_S,
    MAX_FILES_A_POLL,
    MAX_LOSSES,
    Drops,
    ParserLost,
    Taken,
    Unavailable,
)
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import MAX_BODY_BYTES
from monitor.feeds.reading.entries import Dropped, DropReason
from monitor.feeds.state.changes import Changes, find_changes
from monitor.feeds.state.known import Known
from streams.item import Item

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FEED = Feed(id="wire", folder="in")
Put = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def put(folder: Path) -> Put:
    """Writes a file last changed so many seconds before NOW."""

    def write(name: str, body: bytes | None = None, *, ago_s: float = 10, **fields: object) -> Path:
        path = folder / name
        told = {"uri": f"urn:{name}", "headline": f"News of {name}", **fields}
        path.write_bytes(json.dumps(told).encode() if body is None else body)
        at = NOW.timestamp() - ago_s
        os.utime(path, (at, at))
        return path

    return write


def taken(drops: Drops, now: datetime = NOW) -> Taken:
    look = drops.take(FEED, now)
    assert isinstance(look, Taken), look
    return look


def titles(look: Taken) -> list[str]:
    return [entry.title for entry in look.entries if isinstance(entry, Item)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_symlink() or not path.is_dir())


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


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


def test_a_bad_file_is_rejected_with_its_reason(folder: Path, put: Put) -> None:
    put("a.json", b'{"headline": ', ago_s=HALF_WRITTEN_S + 1)
    put("empty.json", b"", ago_s=HALF_WRITTEN_S + 1)
    put("young.json", b"{", ago_s=HALF_WRITTEN_S - 1)
    put("good.json")
    drops = Drops(folder)
    look = taken(drops)
    assert titles(look) == ["News of good.json"]
    assert {x.file.shown for x in look.rejected} == {"a.json", "empty.json"}
    assert names(folder) == ["a.json", "empty.json", "good.json", "young.json"]
    assert drops.settle(look, NOW) is None
    assert names(folder) == ["young.json"]
    bad = folder / "rejected"
    assert names(bad) == ["a.json", "a.json.reason.txt", "empty.json", "empty.json.reason.txt"]
    assert "broken JSON" in (bad / "a.json.reason.txt").read_text()
    assert [x.file.name for x in taken(drops, later(2)).rejected] == ["young.json"]


def test_names_in_done_and_rejected_collide_without_loss(folder: Path, put: Put) -> None:
    drops = Drops(folder)
    for n in range(3):
        put("a.json", headline=f"n{n}")
        put("b.json", b"{", ago_s=100 + n)
        assert drops.settle(taken(drops), NOW) is None
    stamp = "20261123T120000"
    assert names(folder / "done") == ["a.json", f"a.json.{stamp}", f"a.json.{stamp}-2"]
    assert len(names(folder / "rejected")) == 6


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


def test_links_pipes_and_sockets_are_rejected_unopened(folder: Path, put: Put) -> None:
    secret = folder.parent / "secret.json"
    secret.write_text(json.dumps({"uri": "urn:secret", "headline": "secret"}))
    (folder / "link.json").symlink_to(secret)
    (folder / "dangling.json").symlink_to(folder / "nowhere")
    (folder / "folder").symlink_to(folder.parent)
    os.mkfifo(folder / "fifo.json")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
        drops = Drops(folder)
        look = taken(drops)
    assert look.entries == ()
    assert len(look.rejected) == 5
    assert all("no regular file" in x.why for x in look.rejected)
    assert drops.settle(look, NOW) is None
    assert names(folder) == []
    assert (folder / "rejected" / "link.json").is_symlink()
    assert secret.exists()


def test_a_link_put_in_place_of_a_file_is_not_followed(folder: Path, put: Put) -> None:
    put("a.json")
    drops = Drops(folder)
    look = taken(drops)
    (folder / "a.json").unlink()
    (folder / "a.json").symlink_to("/etc/passwd")
    assert drops.settle(look, NOW) is None
    assert (folder / "a.json").is_symlink()


@pytest.mark.parametrize("place", ["done", "rejected"])
def test_a_link_in_place_of_done_or_rejected_is_refused(folder: Path, put: Put, place: str) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (folder / place).symlink_to(elsewhere)
    put("a.json")
    assert isinstance(Drops(folder).take(FEED, NOW), Unavailable)
    assert names(folder) == ["a.json", place]
    assert names(elsewhere) == []


def test_a_link_in_place_of_a_reason_is_not_written_through(folder: Path, put: Put) -> None:
    victim = folder.parent / "victim"
    victim.write_text("mine")
    put("a.json", b"{", ago_s=100)
    drops = Drops(folder)
    look = taken(drops)
    (folder / "rejected" / "a.json.reason.txt").symlink_to(victim)
    put("b.json")
    both = replace(look, files=taken(drops).files)
    settled = drops.settle(both, NOW)
    assert isinstance(settled, Unavailable)
    assert "a.json cannot be moved to rejected" in settled.why
    assert victim.read_text() == "mine"
    assert names(folder / "done") == ["b.json"]  # one stuck file holds up no other


def test_a_file_too_large_is_rejected_unread(folder: Path, put: Put) -> None:
    path = put("big.json")
    with path.open("r+b") as file:
        file.truncate(MAX_BODY_BYTES + 1)
    os.utime(path, (0, 0))
    [rejected] = taken(Drops(folder)).rejected
    assert rejected.why == "larger than 8 MB"


LOOK_AS_NOBODY = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from monitor.feeds.drops.folder import Drops
from monitor.feeds.feed import Feed
os.chdir(sys.argv[1])
if os.getuid() == 0:  # who may read everything
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
drops = Drops(Path("."))
for at in sys.argv[2:]:
    look = drops.take(Feed(id="wire"), datetime.fromtimestamp(float(at), UTC))
    print([entry.title for entry in look.entries], [x.why for x in look.rejected])
"""


def test_an_unreadable_file_waits_then_is_rejected(folder: Path, put: Put) -> None:
    put("a.json").chmod(0)
    put("b.json").chmod(0o644)
    folder.chmod(0o777)
    times = (NOW.timestamp(), NOW.timestamp() + HALF_WRITTEN_S)
    command = [sys.executable, "-c", LOOK_AS_NOBODY, str(folder), *map(str, times)]
    looked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert looked.stdout.splitlines() == [
        "['News of b.json'] []",
        "['News of b.json'] ['Permission denied']",
    ], looked.stderr


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


def test_a_file_whose_parser_was_lost_stays_and_is_rejected_at_last(folder: Path, put: Put) -> None:
    def read(body: bytes, feed: Feed, now: datetime) -> Sequence[Item | Dropped]:
        if b"a.json" in body:
            raise ParserLost("its parser ended with -9")
        return read_agency_file(body, feed, now)

    put("a.json", ago_s=100)
    put("b.json")
    drops = Drops(folder, read)
    for _ in range(MAX_LOSSES - 1):
        look = taken(drops)
        assert (titles(look), look.rejected) == (["News of b.json"], ())
    assert [x.why for x in taken(drops).rejected] == ["its parser ended with -9"]


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


def test_any_name_a_file_may_have(folder: Path, put: Put) -> None:
    odd = [b"a\nb.json", b"\xff.json", b"x" * 255, "संघ.json".encode(), b"-rf", b"a; rm *"]
    for name in odd:
        put(os.fsdecode(name), b"{", ago_s=100)
    drops = Drops(folder)
    look = taken(drops)
    assert len(look.rejected) == len(odd)
    for rejected in look.rejected:
        assert rejected.file.shown.encode()
        assert rejected.file.shown.isprintable()
    assert drops.settle(look, NOW) is None
    assert len(names(folder / "rejected")) == 2 * len(odd)
