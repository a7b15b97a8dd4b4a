"""Feed state: what the pollers remember of a feed between polls, one JSON text in its hash.

In: that text.  Out: a `FeedState`, and back.  Invariants: unknown fields are ignored, missing ones
empty; what says that something was published is tagged with the topic id of `wire.items` that
acknowledged it, so on a new broker nothing counts as published.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from monitor.feeds.fetching.fetch import Validators
from monitor.feeds.state.window import WindowFacts, pack_window, read_window

log = logging.getLogger("wirewatch.poll")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Evidence of a permanent redirect: where to, since when (epoch, s), how often it was seen."""

    target: str
    since_s: float
    sightings: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is known of one feed; all of it empty before its first poll.

    `window` packs the digests of the last window's raw items (`pack_window`).  `pace` and
    `cadence` are records of the pacing, not read here.  `lies`: its validators are not trusted.
    `probed_s` is when it was last read without them, `polled_s` when its window was last
    published; `quarantined_until_s`, `muted_until_s` when it is tried again (epoch, s; 0 is
    never).  `baseline_done` once its first poll was published.  `hub` and `topic` are WebSub's.
    """

    url: str = ""
    topic_id: str = ""
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    window: str = ""
    pace: Mapping[str, Any] = field(default_factory=dict)
    cadence: Mapping[str, Any] = field(default_factory=dict)
    moved: Moved | None = None
    lies: bool = False
    probed_s: float = 0.0
    polled_s: float = 0.0
    quarantined_until_s: float = 0.0
    muted_until_s: float = 0.0
    baseline_done: bool = False
    hub: str = ""
    topic: str = ""

    @property
    def validators(self) -> Validators:
        """To ask the outlet with."""
        return Validators(self.etag, self.last_modified)

    def again(self, topic_id: str) -> bool:
        """True on a broker that does not have the feed's items."""
        return self.topic_id not in {"", topic_id}

    def as_of(self, url: str, topic_id: str) -> "FeedState":
        """What of it holds for this address on this broker.

        Its tags stay as they are: they move only with what was published (`published`).
        """
        if self.url == url and self.topic_id == topic_id:
            return self
        return replace(self, etag="", last_modified="", body_hash="", window="")

    def facts(self, window: Collection[bytes]) -> WindowFacts:
        """What a window, as the digests of its raw items, has in common with the last one."""
        previous = read_window(self.window)
        return WindowFacts(
            first_poll=not self.baseline_done,
            overlap=sum(digest in previous for digest in window),
            total=len(window),
            previous=len(previous),
            since_s=self.polled_s,
        )

    def published(
        self,
        *,
        url: str,
        topic_id: str,
        validators: Validators,
        body_hash: str,
        window: Collection[bytes] = (),
        now_s: float = 0.0,
    ) -> "FeedState":
        """After the broker's acknowledgement of a window, with the digests of its raw items."""
        return replace(
            self,
            url=url,
            topic_id=topic_id,
            etag=validators.etag,
            last_modified=validators.last_modified,
            body_hash=body_hash,
            window=pack_window(window),
            polled_s=now_s,
            baseline_done=True,
        )


def read_state(stored: str, feed: str = "") -> FeedState:
    """The state of `feed` as it is stored, an earlier version's too.

    What cannot be read counts as nothing but a feed that was polled before.
    """
    if not stored:
        return FeedState()
    try:
        state = _DECODER.decode(stored)
    except msgspec.DecodeError as error:
        log.warning("feed %s: its stored state is unreadable, it is read anew: %s", feed, error)
        return FeedState(baseline_done=True)
    return replace(state, baseline_done=True) if state.topic_id else state


def state_text(state: FeedState) -> str:
    """The state as it is stored."""
    return _ENCODER.encode(state).decode()


_DECODER = msgspec.json.Decoder(FeedState)
_ENCODER = msgspec.json.Encoder()
