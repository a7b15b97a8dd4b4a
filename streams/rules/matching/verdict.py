"""Verdict: what follows from a rule that holds: a hit with its claim's status, or a stop; pure.

In: a rule, the evidence that it holds, the item and its language.  Out: a `Hit` or a `Stopped`.
Invariants: the status is that of the first evidence in the title, else in summary, else in text;
each piece of evidence stays exactly `field[start:end]`; a match fits into a Kafka message.
"""

from collections.abc import Iterable
from dataclasses import replace

from streams.assertion.claim import claim
from streams.item import Item
from streams.match import Evidence, Hit, Status, Stopped, Verdict
from streams.rules.book import PLAIN, Negation, Rule

MAX_PIECE_CHARS = 200
"""Of one piece of evidence: a term has no more, and nobody reads more of what a pattern found."""

MAX_EVIDENCE_BYTES = 200_000
"""Of all evidence on one match: beside the longest item it stays under Kafka's 1 MB."""

PIECE_OVERHEAD_BYTES = 120
"""Of one piece beside its words: the names in JSON, the offsets, a clause path as people write."""

_CLAIMING = ("title", "summary", "text")


def hit_or_stopped(
    rule: Rule, evidence: tuple[Evidence, ...], item: Item, lang: str
) -> Hit | Stopped:
    """What `rule`, which holds by `evidence` and by none of its `none`, says of the item."""
    pieces = tuple(map(_bounded, evidence))
    status, cue = _said(evidence, item, lang)
    if (rule.negation is Negation.EXCLUDE and status is Status.NEGATED) or (
        rule.negation is Negation.ONLY and status is not Status.NEGATED
    ):
        return Stopped(
            rule=rule.id,
            channels=rule.channels,
            evidence=pieces,
            by="negation",
            status=status,
            cue=cue,
        )
    return Hit(
        rule=rule.id,
        channels=rule.channels,
        evidence=pieces,
        version=rule.version,
        status=status,
        cue=cue,
        policy=None if rule.policy == PLAIN else rule.policy,
    )


def stopped_by_none(rule: Rule, evidence: tuple[Evidence, ...]) -> Stopped:
    """What a rule says of an item that its `none` stops; `evidence` is of what stopped it."""
    return Stopped(rule=rule.id, channels=rule.channels, evidence=tuple(map(_bounded, evidence)))


def _said(evidence: tuple[Evidence, ...], item: Item, lang: str) -> tuple[Status, Evidence | None]:
    """The claim's status and its cue; what only tags or an address say is taken as said."""
    first = next((e for name in _CLAIMING for e in evidence if e.field == name), None)
    if first is None:
        return Status.ASSERTED, None
    text = getattr(item, first.field)
    said = claim(text, first.start, first.end, lang)
    if said.start >= said.end:
        return said.status, None
    cue = Evidence(
        clause=first.clause,
        field=first.field,
        start=said.start,
        end=said.end,
        text=text[said.start : said.end],
    )
    return said.status, _bounded(cue)


def _bounded(piece: Evidence) -> Evidence:
    if len(piece.text) <= MAX_PIECE_CHARS:
        return piece
    text = piece.text[:MAX_PIECE_CHARS]
    return replace(piece, text=text, end=piece.start + MAX_PIECE_CHARS)


def fitted(verdict: Verdict) -> Verdict:
    """The verdict with as many first pieces of each rule's evidence as a match has room for."""
    judged: tuple[Hit | Stopped, ...] = (*verdict.hits, *verdict.stopped)
    most = max((len(each.evidence) for each in judged), default=0)
    while most and _bytes(verdict.hits) + _bytes(verdict.stopped) > MAX_EVIDENCE_BYTES:
        most //= 2
        verdict = Verdict(
            hits=tuple(replace(h, evidence=h.evidence[:most]) for h in verdict.hits),
            stopped=tuple(replace(s, evidence=s.evidence[:most]) for s in verdict.stopped),
        )
    return verdict


def _bytes(judged: Iterable[Hit | Stopped]) -> int:
    """An upper bound for what the evidence takes as JSON, in UTF-8."""
    return sum(
        PIECE_OVERHEAD_BYTES + len(piece.clause) + 4 * len(piece.text)
        for each in judged
        for piece in (*each.evidence, *([each.cue] if each.cue else []))
    )
