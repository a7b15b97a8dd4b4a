"""Feed state: what the pollers remember between polls; `leases.py` keeps it in Redis.

In: a feed's hash as Redis has it.  Out: a `FeedState`; back: what a poll has `Learned`.
Invariants: learned only what the broker has acknowledged; tagged with the topic id of
`wire.items`, so on a new broker nothing counts as published.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.feeds.fetching.fetch import Validators
from monitor.feeds.state.changes import Changes, Known


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is known of a feed; `current` is False on a broker that does not have its items."""

    validators: Validators = field(default_factory=Validators)
    body_hash: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A feed's fields in Redis; empty where nothing was stored."""

    url: str = ""
    topic_id: str = ""
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""

    def as_of(self, url: str, topic_id: str) -> FeedState:
        """What of it holds for this address on this broker."""
        current = self.topic_id in {"", topic_id}
        if self.topic_id != topic_id or self.url != url:
            return FeedState(current=current)
        validators = Validators(self.etag, self.last_modified)
        return FeedState(validators=validators, body_hash=self.body_hash, current=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What a poll brings: published to the topic with `topic_id`, to be remembered."""

    stored: Stored
    changes: Changes


def read_known(stored: Mapping[str, str]) -> dict[str, Known]:
    """What was published of a feed, from id to "rev payload text poll"; longest ago first."""
    parts = {item: value.split(" ") for item, value in stored.items()}
    oldest_first = sorted(parts.items(), key=lambda pair: int((*pair[1], "0")[3]))
    return {item: Known(int(rev), payload, text) for item, (rev, payload, text, *_) in oldest_first}


def known_value(known: Known, poll: int) -> str:
    """One of them as it is stored; `poll` grows from poll to poll."""
    return f"{known.rev} {known.payload} {known.text} {poll}"
