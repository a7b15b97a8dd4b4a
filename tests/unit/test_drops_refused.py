"""monitor.feeds.drops.folder: bad and hostile files are rejected with their reason."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from stubs.drop_folder import FEED, NOW, Put, later, names, taken, titles

from monitor.feeds.drops.agency_file import read_agency_file
from monitor.feeds.drops.folder import HALF_WRITTEN_S, MAX_LOSSES, Drops, ParserLost, Unavailable
from monitor.feeds.feed import Feed
from monitor.feeds.fetching.answers import MAX_BODY_BYTES
from monitor.feeds.reading.entries import Dropped
from streams.item import Item


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
