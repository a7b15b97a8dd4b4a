"""Worker: a process that reads bodies, one job after the other, until its stdin ends.

In: frames of jobs on stdin.  Out: frames of answers on stdout, in their order.  Invariants: it has
a bounded memory and no secrets; it does not outlive its parent; it ends with 0 only between two
jobs, when it has grown or done its share, and another takes over.
"""

import contextlib
import ctypes
import gc
import os
import resource
import signal
import sys
from dataclasses import replace
from typing import BinaryIO

from monitor.feeds.drops.agency_file import is_agency_file, read_agency_file
from monitor.feeds.parsers.frames import (
    READY,
    Answer,
    Frames,
    Harmed,
    Job,
    Read,
    Unreadable,
    answer_frames,
    read_job,
)
from monitor.feeds.reading.article import article_text
from monitor.feeds.reading.document import MAX_ENTRIES, Document
from monitor.feeds.reading.entries import Dropped, read_entries
from monitor.feeds.reading.formats import read_document
from monitor.feeds.reading.guard import NotAFeed
from monitor.feeds.reading.oversize import within_limits
from streams.item import MAX_FIELD_CHARS, Item

MAX_MEMORY_BYTES = 2**30
"""Of address space: a feed of 8 MB takes a tenth of it."""

MAX_GROWTH_BYTES = 200 * 2**20
"""Of its largest size since the start; Python seldom gives memory back."""

MAX_WHY_CHARS = 500
"""Some errors quote the whole body."""

GC_EVERY = 50_000
"""Objects; at Python's 700 a tenth of the time goes into looking at them."""

_READ_BYTES = 256 * 1024
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Reads jobs until stdin ends, or its share is done."""
    parent, share = map(int, sys.argv[1:])
    _confine(parent)
    answers = _own_stdout()
    gc.freeze()
    gc.set_threshold(GC_EVERY)
    answers.write(READY)
    answers.flush()
    frames, done, before = Frames(), 0, _peak_bytes()
    while data := os.read(0, _READ_BYTES):
        for payload in frames.take(data):
            for frame in answer_frames(read(read_job(payload))):
                answers.write(frame)
            answers.flush()  # what is answered when it dies, is answered
            done += 1
            if done >= share or _peak_bytes() - before > MAX_GROWTH_BYTES:
                return


def read(job: Job) -> Answer:
    """What is in the job's body: a feed, a file of an agency, an article."""
    try:
        if job.article:
            return Read(entries=(), text=article_text(job.body, job.url))
        if job.agency or is_agency_file(job.body):
            return Read(entries=tuple(read_agency_file(job.body, job.feed, job.now)))
        return _feed(job)
    except NotAFeed as error:
        return Unreadable(str(error))
    except MemoryError:
        return Harmed(f"it takes more than {MAX_MEMORY_BYTES // 2**20} MB to read")
    except Exception as error:  # no body is worth the worker
        return Unreadable(f"{type(error).__name__}: {error}"[:MAX_WHY_CHARS])


def _feed(job: Job) -> Read:
    bounded = within_limits(job.body)
    document = read_document(bounded.body, url=job.url, content_type=job.content_type)
    entries = read_entries(_short(document), job.feed, job.now)
    return Read(
        entries=tuple(_flagged(entry, n in bounded.cut) for n, entry in enumerate(entries)),
        title=document.title[:MAX_FIELD_CHARS],
        lang=document.lang[:MAX_FIELD_CHARS],
        ttl_s=document.ttl_s,
        hub=document.hub,
        self_url=document.self_url,
        left_out=bounded.left_out + max(0, len(document.entries) - MAX_ENTRIES),
    )


def _short(document: Document) -> Document:
    return replace(document, entries=document.entries[:MAX_ENTRIES])


def _flagged(entry: Item | Dropped, cut: bool) -> Item | Dropped:
    return replace(entry, text_cut=True) if cut and isinstance(entry, Item) else entry


def _confine(parent: int) -> None:
    """Limits this process and ties it to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)
    with contextlib.suppress(ValueError, OSError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _own_stdout() -> BinaryIO:
    """The pipe to the parent; what a library prints goes to stderr."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return pipe


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    main()
