"""The outlets' side of a run: entries are shown when their time comes."""

import threading
import time
from collections.abc import Sequence

from newsroom import FEEDS, Showing
from stubs.outlet import AUTO, Entry, OutletStub, rss


class Wire(threading.Thread):
    """Windows that hold everything shown so far, newest first."""

    def __init__(self, outlet: OutletStub, showings: Sequence[Showing]) -> None:
        super().__init__(daemon=True)
        self._outlet = outlet
        self._showings = showings
        self._windows: dict[str, list[Entry]] = {feed: [] for feed in FEEDS}
        for feed in FEEDS:
            outlet.serve(feed, rss(), etag=AUTO)

    def run(self) -> None:
        """Until all is shown."""
        began = time.monotonic()
        for showing in self._showings:
            time.sleep(max(0.0, began + showing.at_s - time.monotonic()))
            window = self._windows[showing.feed]
            window.insert(0, showing.entry)
            self._outlet.serve(showing.feed, rss(*window), etag=AUTO)
