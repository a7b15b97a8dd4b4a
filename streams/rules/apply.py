"""What a book makes of one item: a matcher and an item in, a `Match` and decisions out; pure.

Invariant: a rule that was stopped leaves a trace: on the match where another rule tells the
channel, else as a decision with Reason `excluded` that says by what.
"""

from streams.decision import Decision, Effect, Reason
from streams.item import Item
from streams.match import Match, Status, Stopped
from streams.rules.matching.matcher import Matcher
from streams.rules.matching.verdict import fitted

MAX_DETAIL_CHARS = 500
"""Of what a decision says in words; more than a log line shows."""


def apply(matcher: Matcher, item: Item, at: str) -> tuple[Match | None, tuple[Decision, ...]]:
    """What follows from one item: a match, if any rule hit, and what was excluded; pure."""
    verdict = fitted(matcher.match(item))
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
        detail=_detail(stopped),
        book=book,
    )


def _detail(stopped: list[Stopped]) -> str:
    """`none: cricket`, `negation: will not impose`, or both."""
    found = (e.text for s in stopped if s.by == "none" for e in s.evidence)
    words = ", ".join(dict.fromkeys(" ".join(text.split()) for text in found))
    claims = dict.fromkeys(_claimed(s) for s in stopped if s.by != "none")
    by_none = [f"none: {words}"] if any(s.by == "none" for s in stopped) else []
    return "; ".join((*by_none, *claims))[:MAX_DETAIL_CHARS]


def _claimed(stopped: Stopped) -> str:
    """What `exclude` stopped is negated; what `only` stopped is not."""
    cue = stopped.cue.words if stopped.cue else ""
    if stopped.status is Status.NEGATED:
        return f"{stopped.by}: {cue or stopped.status}"
    return f"{stopped.by}: only, but {stopped.status}" + (f": {cue}" if cue else "")
