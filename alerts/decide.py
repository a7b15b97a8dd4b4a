"""Decide: a judgement in, the decision with its reason out; pure, every outcome has a reason."""

from alerts.judgement import Judgement, State
from streams.decision import Decision, Effect, Reason
from streams.match import Match

_OUTCOMES = {
    State.POST: (Reason.FIRST, Effect.POST),
    State.THREAD: (Reason.UPDATE, Effect.THREAD),
    State.TOLD: (Reason.ALREADY_TOLD, Effect.NONE),
    State.FOLDED: (Reason.SAME_STORY, Effect.NONE),
    State.BASELINE: (Reason.BASELINE, Effect.NONE),
}


def decide(match: Match, judgement: Judgement, at: str, *, detail: str = "") -> Decision:
    """The decision for a judged match; `judgement.state` must not be `WAIT`."""
    reason, effect = _OUTCOMES[judgement.state]
    return _decision(match, judgement, at, reason, effect, detail)


def undeliverable(match: Match, judgement: Judgement, at: str, *, why: str) -> Decision:
    """The decision for a message the sink refuses for good."""
    return _decision(match, judgement, at, Reason.UNDELIVERABLE, Effect.NONE, why)


def _decision(
    match: Match, judgement: Judgement, at: str, reason: Reason, effect: Effect, detail: str
) -> Decision:
    item, channel = match.item, judgement.channel
    return Decision(
        item=item.id,
        rev=item.rev,
        title=item.title,
        outlet=item.outlet,
        channel=channel,
        rules=tuple(hit.rule for hit in match.hits_for(channel)),
        reason=reason,
        effect=effect,
        at=at,
        story=judgement.story,
        detail=detail,
        book=match.book,
        stopped=tuple(s.rule for s in match.stopped if channel in s.channels),
    )
