"""Changes: which entries of a poll are news, against what was published before; pure.

In: the parsed items of a feed's window, what is known of them and of the window.  Out: the items to
publish, with kind, revision and baseline mark, and what ops should know.  Invariants: equal words
are published once; changed words under the same id are an `update` with the next revision, and so
is another status from an agency; on a new broker the window is published again, its revisions and
marks kept; no change is kept back but for a reason that is on record.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

from monitor.feeds.events import FeedEvent
from monitor.feeds.feed import Feed
from monitor.feeds.state.known import Known
from monitor.feeds.state.migration import MASS_LEAST, known_as, many, title_of, url_of
from monitor.feeds.state.overlap import WindowFacts
from monitor.feeds.state.status import is_cancelled, status_of, version_number
from streams.decision import Reason
from streams.item import Item, Kind
from streams.story import version

KNOWN_MOST = 5_000
"""Entries remembered per feed beside its window: old ones slide back in when others vanish."""

KNOWN_SLACK = 500
"""More than that are there before the oldest are looked for: all have to be read for it."""

MAX_REVS = 24
"""Revisions of one item (lemon24/reader's HASH_CHANGED_LIMIT): a body with the time in it."""

JUMP_S = 172_800.0
"""Published so much later than before, with the same words: shown again, not written again."""

RESURFACED_AFTER_S = 604_800.0
"""An entry seen for the first time a week after it was published is no news of today."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A changed item that is not published."""

    item: Item
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a poll brings: items to publish, what is known once they are, which ids to forget."""

    publish: tuple[Item, ...]
    known: Mapping[str, Known]
    forget: tuple[str, ...] = ()
    events: tuple[FeedEvent, ...] = ()
    dropped: tuple[Withheld, ...] = ()


def needs_all(
    items: Sequence[Item], known: Mapping[str, Known], facts: WindowFacts, known_count: int
) -> bool:
    """Whether `find_changes` must be given all that is known of the feed.

    `known` holds what is known under the ids of `items`, `known_count` says how much there is.
    """
    if overfull(known_count, facts):
        return True
    unknown = sum(item.id not in known for item in items)
    return not facts.first_poll and known_count >= MASS_LEAST and many(unknown, len(items), facts)


def overfull(known_count: int, facts: WindowFacts) -> bool:
    """Whether the oldest are to be forgotten.

    `find_changes` must be given all of the window then: what it shows is not forgotten.
    """
    return not facts.part and known_count > KNOWN_MOST + KNOWN_SLACK + facts.total


def find_changes(
    items: Iterable[Item],
    known: Mapping[str, Known],
    *,
    feed: Feed,
    now: datetime,
    facts: WindowFacts = WindowFacts(),  # noqa: B008  (frozen)
    again: bool = False,
) -> Changes:
    """What of the parsed `items` is new or changed against `known` (published longest ago first).

    `items` may leave out what did not change since the last window.  With `again` they are the
    whole window, and all of it is published.  `known` may be that of their ids alone unless
    `needs_all`.
    """
    window = tuple(items)
    renamed = {} if facts.first_poll else known_as(window, known, facts)
    before = {item.id: _before(item.id, known, renamed) for item in window}
    redated = sum(_jumped(item, before[item.id]) for item in window)
    mass_redated = many(redated, len(window), facts)
    judged = [
        _judge(item, before[item.id], feed=feed, now=now, first_poll=facts.first_poll)
        for item in window
    ]
    if mass_redated:
        judged = [_unmoved(each, before[each.item.id]) for each in judged]
    return Changes(
        publish=tuple(each.item for each in judged if each.news or (again and not each.withheld)),
        known={
            each.item.id: each.known for each in judged if each.known != known.get(each.item.id)
        },
        forget=_surplus(known, {item.id for item in window}, facts),
        events=tuple(_events(window, before, len(renamed), redated * mass_redated, facts)),
        dropped=tuple(each.withheld for each in judged if each.withheld),
    )


def _before(item: str, known: Mapping[str, Known], renamed: Mapping[str, str]) -> Known | None:
    """What is known of an item; the numbers of an agency's versions begin anew with an id."""
    if item not in renamed:
        return known.get(item)
    return replace(known[renamed[item]], version=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """One item as it would be published; `news` if it is to be, `withheld` if it would be."""

    item: Item
    known: Known
    news: bool
    withheld: Withheld | None = None


def _judge(
    item: Item, before: Known | None, *, feed: Feed, now: datetime, first_poll: bool
) -> _Judged:
    cancelled = is_cancelled(item)
    if before is None:
        baseline = first_poll and _older(item, feed, now, undated=True)
        item = _as(item, _first_kind(item, cancelled, baseline, now), 1, baseline)
        return _Judged(item=item, known=_known(item, 1, baseline), news=True)
    if 0 < version_number(item.version) < before.version:
        return _outdated(item, before)
    reworded = before.text != version(item) or (before.cancelled and not cancelled)
    restated, withdrawn = _restated(item, before), cancelled and not before.cancelled
    news = reworded or restated or withdrawn or _jumped(item, before)
    capped = news and not (restated or withdrawn) and before.rev >= MAX_REVS
    baseline = before.baseline
    if news and not withdrawn:
        baseline = baseline and _older(item, feed, now, undated=False)
    kind = _kind(cancelled=cancelled, reworded=reworded or restated, jumped=news, rev=before.rev)
    rev = before.rev + (news and not capped)
    item = _as(item, kind, rev, baseline)
    known = _known(item, rev, baseline, least_version=before.version)
    withheld = Withheld(item, Reason.REVISED_TOO_OFTEN) if capped else None
    return _Judged(item=item, known=known, news=news and not capped, withheld=withheld)


def _outdated(item: Item, before: Known) -> _Judged:
    """A version that comes after a later one: what is known stays."""
    item = _as(item, item.kind, before.rev, before.baseline)
    why = f"version {item.version} after version {before.version}"
    withheld = Withheld(item, Reason.OUTDATED_VERSION, why)
    return _Judged(item=item, known=before, news=False, withheld=withheld)


def _as(item: Item, kind: Kind, rev: int, baseline: bool) -> Item:
    if (kind, rev, baseline) == (item.kind, item.rev, item.baseline):
        return item
    return replace(item, kind=kind, rev=rev, baseline=baseline)


def _known(item: Item, rev: int, baseline: bool, *, least_version: int = 0) -> Known:
    return Known(
        rev=rev,
        status=status_of(item),
        text=version(item),
        baseline=baseline,
        cancelled=is_cancelled(item),
        published_s=_published_s(item),
        url=url_of(item),
        title=title_of(item),
        version=max(version_number(item.version), least_version),
    )


def _restated(item: Item, before: Known) -> bool:
    """Whether its agency says something else of it; not where it was not known to say anything."""
    status = status_of(item)
    return bool(status and before.status) and status != before.status


def _kind(*, cancelled: bool, reworded: bool, jumped: bool, rev: int) -> Kind:
    """Of an item that is known: what was published of it last, where nothing is news."""
    if cancelled:
        return Kind.CANCELLED
    if reworded:
        return Kind.UPDATE
    if jumped:
        return Kind.RESURFACED
    return Kind.UPDATE if rev > 1 else Kind.NEW


def _first_kind(item: Item, cancelled: bool, baseline: bool, now: datetime) -> Kind:
    """Of an item that is seen for the first time."""
    if cancelled:
        return Kind.CANCELLED
    published = item.published
    old = published and (now - published.moment).total_seconds() > RESURFACED_AFTER_S
    return Kind.RESURFACED if old and not baseline else Kind.NEW


def _unmoved(judged: _Judged, before: Known | None) -> _Judged:
    """The item without the news that it was dated anew: the whole feed was."""
    if before is None or judged.item.kind is not Kind.RESURFACED:
        return judged
    kind = _kind(cancelled=False, reworded=False, jumped=False, rev=before.rev)
    item = replace(judged.item, kind=kind, rev=before.rev, baseline=before.baseline)
    known = replace(judged.known, rev=before.rev, baseline=before.baseline)
    return _Judged(item=item, known=known, news=False)


def _older(item: Item, feed: Feed, now: datetime, *, undated: bool) -> bool:
    """Whether its newest clock is older than the feed's backfill; `undated` where it has none.

    A time that was clamped says nothing; a date is its midnight.
    """
    clocks = [c for c in (item.published, item.updated) if c and not c.clamped]
    if feed.backfill_s == float("inf"):
        return False
    if not clocks:
        return undated
    newest = max(clock.moment for clock in clocks)
    return (now - newest).total_seconds() > feed.backfill_s


def _jumped(item: Item, before: Known | None) -> bool:
    """Whether it is said to be published days after it was."""
    if before is None or before.published_s < 0:
        return False
    return _published_s(item) - before.published_s > JUMP_S


def _published_s(item: Item) -> int:
    """The outlet's own clock; -1 where there is none to trust."""
    clock = item.published
    return -1 if clock is None or clock.clamped else clock.epoch_s


def _events(
    window: Sequence[Item],
    before: Mapping[str, Known | None],
    renamed: int,
    redated: int,
    facts: WindowFacts,
) -> Iterable[FeedEvent]:
    if renamed:
        yield FeedEvent(
            Reason.FEED_MIGRATED, f"{renamed} of {facts.total} items are known under other ids"
        )
    if redated:
        yield FeedEvent(
            Reason.FEED_MIGRATED, f"{redated} of {facts.total} items are dated anew, days later"
        )
    if _gap(window, before, facts):
        since = datetime.fromtimestamp(facts.since_s, UTC).isoformat(timespec="seconds")
        yield FeedEvent(
            Reason.FEED_GAP,
            f"none of {facts.total} items was there at the last poll"
            + (f", {since}" if facts.since_s else "")
            + ": some may have been missed",
        )


def _gap(window: Sequence[Item], before: Mapping[str, Known | None], facts: WindowFacts) -> bool:
    """Whether nothing links this window to the last one."""
    if facts.first_poll or not facts.previous or facts.overlap or not window:
        return False
    return not any(before.values())


def _surplus(known: Mapping[str, Known], window: Set[str], facts: WindowFacts) -> tuple[str, ...]:
    """The oldest beyond those that are kept, once they are many; never one that the poll showed."""
    if not overfull(len(known), facts):
        return ()
    over = len(known.keys() | window) - KNOWN_MOST - facts.total
    return tuple(islice((item for item in known if item not in window), over))
