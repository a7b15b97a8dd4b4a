"""Feed state: what the pollers remember of a feed between polls, one JSON text in its hash.

In: that text.  Out: a `FeedState`, and back.  Invariants: unknown fields are ignored, missing ones
empty; what says that something was published is tagged with the topic id of `wire.items` that
acknowledged it, so on a new broker nothing counts as published.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import msgspec

from monitor.feeds.events import FeedEvent
from monitor.feeds.fetching.answers import Validators
from monitor.feeds.pacing import cadence, pace
from monitor.feeds.pacing.cadence import UNLEARNED, Cadence
from monitor.feeds.pacing.moved import STAYS, Moving
from monitor.feeds.pacing.pace import NEW, Pace
from monitor.feeds.pacing.validators import TRUSTED, Body, Trust
from monitor.feeds.state.overlap import WindowFacts, pack_window, read_window

log = logging.getLogger("wirewatch.poll")


OWED_MOST_S = 8 * 86_400.0
"""Longer than any poll is away: a later time is of a clock that went back since."""


class Rest(StrEnum):
    """What the entries of a window are of which the last poll found a part, as it broke off."""

    NONE = ""
    FIRST = "first"
    """Part of the feed's first poll: what is old among them is no news."""
    AGAIN = "again"
    """A new broker does not have them either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What happened to a feed and is not on record yet, because the broker did not take it.

    The broker is asked again soon, the outlet at `url` not before `ask_at_s` (epoch, s).
    """

    events: tuple[FeedEvent, ...] = ()
    url: str = ""
    ask_at_s: float = 0.0

    def and_also(self, events: Sequence[FeedEvent]) -> tuple[FeedEvent, ...]:
        """With later events; of one reason the last word counts, so that few are ever owed."""
        later = {event.reason for event in events}
        return (*(event for event in self.events if event.reason not in later), *events)

    def wait_s(self, url: str, now_s: float) -> float:
        """For how long the outlet is not asked at `url`, seconds."""
        left_s = self.ask_at_s - now_s
        return left_s if url == self.url and 0 < left_s <= OWED_MOST_S else 0.0


NOTHING_OWED = Owed()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is known of one feed; all of it empty before its first poll.

    `etag` and `last_modified` belong to `found_at` (empty: the feed's address).  `window` packs the
    digests of the last window's raw items (`pack_window`), `polled_s` is when it was published
    (epoch, s).  `baseline_done` once its first poll was published, but for its `rest`.  `twins`:
    entries of the last window shared an id, so none of them can be read without the others.
    `overlong`: it had more entries than are read, and that is on record.
    `answered_s` is when the outlet last answered well (epoch, s).
    """

    url: str = ""
    topic_id: str = ""
    etag: str = ""
    last_modified: str = ""
    found_at: str = ""
    body_hash: str = ""
    window: str = ""
    polled_s: float = 0.0
    baseline_done: bool = False
    rest: Rest = Rest.NONE
    twins: bool = False
    overlong: bool = False
    pace: Pace = NEW
    cadence: Cadence = UNLEARNED
    moving: Moving = STAYS
    trust: Trust = TRUSTED
    answered_s: float = 0.0
    owed: Owed = NOTHING_OWED

    @property
    def validators(self) -> Validators:
        """To ask the outlet with."""
        return Validators(self.etag, self.last_modified, self.found_at)

    @property
    def body(self) -> Body:
        """The last body, as far as its validators are concerned."""
        return Body(etag=self.etag, last_modified=self.last_modified, digest=self.body_hash)

    def again(self, topic_id: str) -> bool:
        """True on a broker that does not have the feed's items."""
        return self.topic_id not in {"", topic_id} or self.rest is Rest.AGAIN

    @property
    def first_poll(self) -> bool:
        """True until all of the first window was published."""
        return not self.baseline_done or self.rest is Rest.FIRST

    def as_of(self, url: str, topic_id: str) -> "FeedState":
        """What of it holds for this address on this broker.

        Its tags stay as they are: they move only with what was published (`published`).
        """
        if self.url == url and self.topic_id == topic_id:
            return self
        kept = self if self.url in {"", url} else replace(self, moving=STAYS, trust=TRUSTED)
        return replace(kept, etag="", last_modified="", found_at="", body_hash="", window="")

    def facts(self, window: Collection[bytes]) -> WindowFacts:
        """What a window, as the digests of its raw items, has in common with the last one."""
        previous = read_window(self.window)
        return WindowFacts(
            first_poll=self.first_poll,
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
        rest: Rest = Rest.NONE,
        twins: bool = False,
        overlong: bool = False,
    ) -> "FeedState":
        """After the broker's acknowledgement of a window, with the digests of its raw items."""
        return replace(
            self,
            url=url,
            topic_id=topic_id,
            etag=validators.etag,
            last_modified=validators.last_modified,
            found_at=validators.url,
            body_hash=body_hash,
            window=pack_window(window),
            polled_s=now_s,
            baseline_done=True,
            rest=rest,
            twins=twins,
            overlong=overlong,
        )

    def rest_after(self, topic_id: str, *, complete: bool) -> Rest:
        """What a poll of it leaves; a body that breaks off has one more poll to be whole."""
        if complete or self.rest:
            return Rest.NONE
        if self.first_poll:
            return Rest.FIRST
        return Rest.AGAIN if self.again(topic_id) else Rest.NONE


def read_state(stored: str, feed: str = "", known_count: int = 0) -> FeedState:
    """The state of `feed` as it is stored, an earlier version's too.

    What cannot be read counts as nothing but a feed that was polled before; so does a state that is
    gone while `known_count` items are known, or were (-1).
    """
    if known_count < 0:
        log.warning("feed %s: its items are forgotten, their key was of another type", feed)
    if not stored:
        return FeedState(baseline_done=known_count != 0)
    try:
        state = _DECODER.decode(stored)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        log.warning("feed %s: its stored state is unreadable, it is read anew: %s", feed, error)
        return FeedState(baseline_done=True)
    sound = (pace.sound(state.pace), cadence.sound(state.cadence))
    polled = state.baseline_done or bool(state.topic_id)
    if sound == (state.pace, state.cadence) and polled == state.baseline_done:
        return state
    return replace(state, pace=sound[0], cadence=sound[1], baseline_done=polled)


def state_text(state: FeedState) -> str:
    """The state as it is stored."""
    return _ENCODER.encode(state).decode()


_DECODER = msgspec.json.Decoder(FeedState)
_ENCODER = msgspec.json.Encoder()
