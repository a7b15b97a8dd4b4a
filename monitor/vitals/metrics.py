"""Metrics: the names under which counts and state are told, and their values right now.

In: one process's counts, state and outages.  Out: a value, samples by label, or a histogram for
each name.  Invariant: names are in base units (`_seconds`, `_total`, or what is counted), and each
stands in docs/metrics.md.
"""

import platform
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import NamedTuple

from monitor.vitals.counts import Counts
from monitor.vitals.histogram import Histogram
from monitor.vitals.watched import BookState, State

Samples = Sequence[tuple[tuple[str, ...], float]]
"""Values, each with its labels' values."""

Figure = float | Samples | Histogram


class Metric(NamedTuple):
    """What a metric is, in a line, and its labels."""

    about: str
    labels: tuple[str, ...] = ()


_PARTITION = ("group", "topic", "partition")

METRICS = {
    "wirewatch_build_info": Metric("The program that runs.", ("version", "python")),
    "wirewatch_healthy": Metric("1 while nothing keeps a role from its work."),
    "wirewatch_role_ready": Metric("1 once the role serves.", ("role",)),
    "wirewatch_outage": Metric("1 while the service does not answer.", ("service",)),
    "wirewatch_items_matched_total": Metric("Items judged against the book."),
    "wirewatch_matches_total": Metric("Rules that hit, over all items."),
    "wirewatch_match_seconds": Metric("Time a chunk of items held the event loop."),
    "wirewatch_decisions_total": Metric("Decisions.", ("reason", "effect")),
    "wirewatch_dead_letters_total": Metric("Records put on wire.deadletter."),
    "wirewatch_feed_polls_total": Metric("Polls, by how they ended.", ("outcome",)),
    "wirewatch_feed_poll_seconds": Metric("Time of one poll."),
    "wirewatch_feed_last_success_timestamp_seconds": Metric(
        "When the feed last answered well, as this process knows; 0: never.", ("feed",)
    ),
    "wirewatch_feed_pushes_total": Metric("What hubs sent, by outcome.", ("outcome",)),
    "wirewatch_published_records_total": Metric("Records the broker acknowledged.", ("topic",)),
    "wirewatch_publish_failures_total": Metric("Batches the broker did not acknowledge."),
    "wirewatch_publish_outstanding_records": Metric("Records sent, not yet acknowledged."),
    "wirewatch_judge_seconds": Metric("Time of one judgement in Redis."),
    "wirewatch_deliveries_total": Metric("Cards given to the sink, by outcome.", ("outcome",)),
    "wirewatch_delivery_seconds": Metric("Time the sink took for one card."),
    "wirewatch_alert_latency_seconds": Metric("From an item seen to its message told."),
    "wirewatch_wire_latency_seconds": Metric("From published to seen, of items told."),
    "wirewatch_consumer_assigned_partitions": Metric("Partitions read here.", ("group",)),
    "wirewatch_consumer_lag_records": Metric("From the last commit to the end.", _PARTITION),
    "wirewatch_consumer_stalled_seconds": Metric(
        "Since the last commit, while there is something to commit.", _PARTITION
    ),
    "wirewatch_book_info": Metric("The book in force.", ("hash",)),
    "wirewatch_book_rules": Metric("Rules in force."),
    "wirewatch_book_last_reload_successful": Metric("0 while a newer book is refused."),
    "wirewatch_book_last_reload_success_timestamp_seconds": Metric(
        "When the book in force was last read."
    ),
}


def figures(counts: Counts, state: State, outages: Mapping[str, float]) -> dict[str, Figure]:
    """Every metric's figure now; the book's only where a role judges by one."""
    return (
        _process(state, outages)
        | _stream(counts)
        | _poll(counts)
        | _alert(counts)
        | _consumers(state)
        | (_book(state.book) if state.book else {})
    )


def _process(state: State, outages: Mapping[str, float]) -> dict[str, Figure]:
    return {
        "wirewatch_build_info": [((version("wirewatch"), platform.python_version()), 1)],
        "wirewatch_healthy": state.healthy,
        "wirewatch_role_ready": [((role,), role not in state.waiting) for role in state.roles],
        "wirewatch_outage": [((service,), since_s > 0) for service, since_s in outages.items()],
    }


def _stream(counts: Counts) -> dict[str, Figure]:
    decisions = [((str(r), str(e)), n) for (r, e), n in counts.decisions.items()]
    return {
        "wirewatch_items_matched_total": counts.items,
        "wirewatch_matches_total": counts.matches,
        "wirewatch_match_seconds": counts.match_s,
        "wirewatch_decisions_total": decisions,
        "wirewatch_dead_letters_total": counts.dead_letters,
    }


def _poll(counts: Counts) -> dict[str, Figure]:
    fresh = [((feed,), at) for feed, at in counts.polled_at.items()]
    return {
        "wirewatch_feed_polls_total": [((str(how),), n) for how, n in counts.polls.items()],
        "wirewatch_feed_poll_seconds": counts.poll_s,
        "wirewatch_feed_last_success_timestamp_seconds": fresh,
        "wirewatch_feed_pushes_total": [((str(how),), n) for how, n in counts.pushes.items()],
        "wirewatch_published_records_total": [((t,), n) for t, n in counts.published.items()],
        "wirewatch_publish_failures_total": counts.publish_failures,
        "wirewatch_publish_outstanding_records": counts.publish_outstanding,
    }


def _alert(counts: Counts) -> dict[str, Figure]:
    outcomes = [((_snake(kind.__name__),), n) for kind, n in counts.deliveries.items()]
    return {
        "wirewatch_judge_seconds": counts.judge_s,
        "wirewatch_deliveries_total": outcomes,
        "wirewatch_delivery_seconds": counts.deliver_s,
        "wirewatch_alert_latency_seconds": counts.alert_s,
        "wirewatch_wire_latency_seconds": counts.wire_s,
    }


def _consumers(state: State) -> dict[str, Figure]:
    each = [
        ((group, part.topic, str(part.partition)), part)
        for group, parts in state.partitions.items()
        for part in parts
    ]
    assigned = [((group,), len(parts)) for group, parts in state.partitions.items()]
    return {
        "wirewatch_consumer_assigned_partitions": assigned,
        "wirewatch_consumer_lag_records": [(labels, part.lag) for labels, part in each],
        "wirewatch_consumer_stalled_seconds": [(labels, part.stalled_s) for labels, part in each],
    }


def _book(book: BookState) -> dict[str, Figure]:
    return {
        "wirewatch_book_info": [((book.hash,), 1)],
        "wirewatch_book_rules": book.rules,
        "wirewatch_book_last_reload_successful": not book.refused,
        "wirewatch_book_last_reload_success_timestamp_seconds": book.loaded_at,
    }


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
