"""Overlap: what a feed's window has in common with its last one; pure.

In: digests of raw items, or of entries.  Out: `WindowFacts`, and the digests as one text.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from monitor.feeds.reading.window import DIGEST_BYTES

WINDOW_MOST = 10_000
"""Entries of a window that are read, and digests remembered, 11 characters each: real feeds have
1,500 at most, archives that are one feed have thousands."""

WINDOWS_KEPT = 128
"""Of polls under way, each of which looks twice; 20 MB where all are of the largest."""

WINDOW_MOST_CHARS = WINDOW_MOST * DIGEST_BYTES * 4 // 3 + 4
"""In base64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowFacts:
    """What is known of a window besides the items that were parsed.

    `total` raw items are in it, `overlap` of them were in the last one, which had `previous` and
    was read at `since_s` (epoch, s; 0 is unknown).  `first_poll`: the feed was never polled before,
    whatever the broker.  `part`: more entries may be shown than were looked at, as a hub sends it.
    """

    first_poll: bool = False
    overlap: int = 0
    total: int = 0
    previous: int = 0
    since_s: float = 0.0
    part: bool = False


def pack_window(digests: Iterable[bytes]) -> str:
    """The digests, the first `WINDOW_MOST`, as text."""
    return b64encode(b"".join(digests)[: WINDOW_MOST * DIGEST_BYTES]).decode()


@lru_cache(maxsize=WINDOWS_KEPT)
def read_window(window: str) -> frozenset[bytes]:
    """The digests that `pack_window` wrote; of anything else none: all is looked at anew."""
    if len(window) > WINDOW_MOST_CHARS:
        return frozenset()
    try:
        packed = b64decode(window)
    except ValueError:
        return frozenset()
    return frozenset(
        packed[start : start + DIGEST_BYTES] for start in range(0, len(packed), DIGEST_BYTES)
    )
