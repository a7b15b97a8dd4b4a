"""Feed events: what ops should know of a feed, as values.

In: whoever looks at a feed's polls.  Out: a reason and a sentence, for `wire.decisions`, a counter
and a log line.
"""

from dataclasses import dataclass

from streams.decision import Reason


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """Something happened to a feed as a whole; `detail` is for people."""

    reason: Reason
    detail: str
