"""Counts: what happened in this process since its start, as plain numbers.

In: every stage, at the point where it sends a record on.  Out: numbers, read when somebody asks.
Invariants: all combinations of labels are there from the start; called on the program's loop only;
an item costs two additions.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import get_args

from alerts.sink import Outcome
from monitor.feeds.polling.polls import Polled
from monitor.feeds.websub.protocol import Pushed
from monitor.vitals.histogram import Histogram
from streams.decision import Decision, Effect, Reason
from streams.item import Clock, Item, Precision, Zone
from streams.topics import TOPICS, DeadLetter, Topic

CALL_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""For a call of Redis, Slack or the matcher: 0.2 ms when well, 10 s is Slack's limit."""

POLL_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""For one poll; a fetch alone may take 30 s."""

ALERT_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
"""From seen to told: a second is promised, an outage takes minutes."""

WIRE_S = (1.0, 5.0, 15.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0)
"""From published to seen: the outlet's own delay and the poll's."""

WIRE_MOST_S = 86_400.0
"""What was published longer ago is no late news but an old story."""


class Counts:
    """A `streams.ledger.Ledger` and a `monitor.feeds.polling.polls.PollLedger`."""

    def __init__(self, feeds: Iterable[str] = ()) -> None:
        self.items = self.matches = self.dead_letters = 0
        self.decisions = {(reason, effect): 0 for reason in Reason for effect in Effect}
        self.polls = dict.fromkeys(Polled, 0)
        self.pushes = dict.fromkeys(Pushed, 0)
        self.polled_at = dict.fromkeys(feeds, 0.0)
        self.published = {topic.name: 0 for topic in TOPICS}
        self.publish_failures = self.publish_outstanding = 0
        self.deliveries = dict.fromkeys(get_args(Outcome), 0)
        self.match_s, self.judge_s, self.deliver_s = (Histogram(CALL_S) for _ in range(3))
        self.poll_s = Histogram(POLL_S)
        self.alert_s, self.wire_s = Histogram(ALERT_S), Histogram(WIRE_S)

    def item(self, item: Item, matches: int) -> None:  # noqa: ARG002 - which one plays no part
        """Counts an item that was judged, each time it was."""
        self.items += 1
        self.matches += matches

    def chunk(self, items: int, seconds: float) -> None:  # noqa: ARG002 - `item` counts them
        """How long the matcher held the loop."""
        self.match_s.observe(seconds)

    def decided(self, decision: Decision) -> None:
        """Counts a decision by its reason and effect."""
        self.decisions[decision.reason, decision.effect] += 1

    def dead(self, letter: DeadLetter) -> None:  # noqa: ARG002 - which one plays no part
        """Counts a dead letter."""
        self.dead_letters += 1

    def polled(self, feed: str, outcome: Polled, seconds: float) -> None:
        """Counts a poll; one that the outlet answered well makes its feed fresh."""
        self.polls[outcome] += 1
        self.poll_s.observe(seconds)
        if outcome in {Polled.CHANGED, Polled.UNCHANGED}:
            self.polled_at[feed] = time.time()

    def polled_before(self, answered_s: Mapping[str, float]) -> None:
        """When feeds last answered well before this process came (epoch, s)."""
        for feed, moment_s in answered_s.items():
            self.polled_at[feed] = max(moment_s, self.polled_at.get(feed, 0.0))

    def dropped(self, decision: Decision) -> None:
        """Counts an entry that is not carried among the decisions."""
        self.decided(decision)

    @contextmanager
    def publishing(self, topic: Topic, records: int) -> Iterator[None]:
        """While records are handed to the broker; an error means that it has not taken them."""
        self.publish_outstanding += records
        try:
            yield
        except BaseException:
            self.publish_failures += 1
            raise
        else:
            self.published[topic.name] += records
        finally:
            self.publish_outstanding -= records

    def delivered(self, outcome: Outcome, seconds: float) -> None:
        """Counts what the sink made of one card."""
        self.deliveries[type(outcome)] += 1
        self.deliver_s.observe(seconds)

    def told(self, *, seen: Clock | None, published: Clock | None) -> None:
        """How late a desk was told, and how late the wire was; as far as the clocks say."""
        if (seen_s := _epoch_s(seen)) is None:
            return
        self.alert_s.observe(time.time() - seen_s)
        if published and published.precision is not Precision.DATE and published.zone in _STATED:
            published_s = None if published.clamped else _epoch_s(published)
            if published_s is not None and seen_s - published_s <= WIRE_MOST_S:
                self.wire_s.observe(seen_s - published_s)


_STATED = {Zone.STATED, Zone.FEED}


def _epoch_s(clock: Clock | None) -> float | None:
    """The clock in seconds since 1970; None where it says nothing, or no time."""
    try:
        return clock.moment.timestamp() if clock else None
    except (ValueError, OverflowError):
        return None
