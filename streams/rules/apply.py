"""What a book makes of one item: a matcher and an item in, a `Match` and decisions out; pure.

Invariant: a rule that `none` stopped leaves a trace: on the match where another rule tells the
channel, else as a decision with Reason `excluded`.
"""

from streams.decision import Decision, Effect, Reason
from streams.item import Item
from streams.match import Match, Stopped
from streams.rules.matching.matcher import Matcher


def apply(matcher: Matcher, item: Item, at: str) -> tuple[Match | None, tuple[Decision, ...]]:
    """What follows from one item: a match, if any rule hit, and what was excluded; pure."""
    verdict = matcher.match(item)
    match = None
    if verdict.hits:
        match = Match(item=item, hits=verdict.hits, stopped=verdict.stopped, book=matcher.book.hash)
    told = set(match.channels()) if match else set()
    by_channel: dict[str, list[Stopped]] = {}
    for stopped in verdict.stopped:
        for channel in stopped.channels or ("",):
            by_channel.setdefault(channel, []).append(stopped)
    excluded = tuple(
        _excluded(item, channel, stopped, matcher.book.hash, at)
        for channel, stopped in by_channel.items()
        if channel not in told
    )
    return match, excluded


def _excluded(item: Item, channel: str, stopped: list[Stopped], book: str, at: str) -> Decision:
    words = dict.fromkeys(e.text for s in stopped for e in s.evidence)
    return Decision(
        item=item.id,
        rev=item.rev,
        title=item.title,
        outlet=item.outlet,
        channel=channel,
        rules=tuple(s.rule for s in stopped),
        reason=Reason.EXCLUDED,
        effect=Effect.NONE,
        at=at,
        detail="none: " + ", ".join(words),
        book=book,
    )
