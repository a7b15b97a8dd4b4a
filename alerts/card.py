"""Card: what one message shows.

In: a match and what the memory says.  Out: a `Card`, pure.  Invariant: holds plain text only;
markup is made from it in `blocks`, never found in it; every text is one line.
"""

import re
from dataclasses import dataclass

from alerts.judgement import Judgement, State
from streams.item import Clock, Item
from streams.match import Evidence, Hit, Match, Status

SNIPPET_CHARS = 320
"""Of the text, around the first evidence in it: three lines in Slack."""

SNIPPET_BEFORE_CHARS = 80
"""Of these, before the evidence."""

_SAID = {
    Status.PROSPECTIVE: "may be",
    Status.NEGATED: "negated",
    Status.REVERSED: "reversed",
    Status.OPEN: "kept open",
}
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Span:
    """Code points of a text that made a rule hit."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of the item's text, and what of it is evidence."""

    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the news says of what was matched, if not that it is so.

    `label` is for editors (`negated`), `cue` the outlet's words (`will not impose`); `rules` are
    those it holds for, none where it holds for all.
    """

    label: str
    cue: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The desired state of one message.  `thread` is the message it answers, if any."""

    channel: str
    story: str
    version: str
    title: Snippet
    url: str
    outlet: str
    credit: str
    published: Clock | None
    updated: Clock | None
    seen: Clock | None
    snippet: Snippet | None
    rules: tuple[tuple[str, tuple[str, ...]], ...]
    claims: tuple[Claimed, ...] = ()
    thread: str = ""
    may_repeat: bool = False


def make_card(match: Match, claim: Judgement, *, may_repeat: bool) -> Card:
    """The card for `match` on the claim's channel."""
    item, hits = match.item, match.hits_for(claim.channel)
    evidence = tuple(e for hit in hits for e in hit.evidence)
    title = _one_line(item.title)
    return Card(
        channel=claim.channel,
        story=claim.story,
        version=claim.version,
        title=Snippet(title or "(no headline)", _spans(evidence, "title", 0, len(title))),
        url=item.url,
        outlet=item.outlet,
        credit=item.credit,
        published=item.published,
        updated=item.updated,
        seen=item.seen,
        snippet=_snippet(item, evidence),
        rules=tuple((hit.rule, _words(hit.evidence)) for hit in hits),
        claims=_claims(hits),
        thread=claim.ts if claim.state is State.THREAD else "",
        may_repeat=may_repeat,
    )


def _words(evidence: tuple[Evidence, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_one_line(e.text) for e in evidence))


def _claims(hits: tuple[Hit, ...]) -> tuple[Claimed, ...]:
    """What each rule's claim is, equal ones together; what is simply so needs no word."""
    rules: dict[tuple[str, str], list[str]] = {}
    for hit in hits:
        if label := _SAID.get(hit.status) if hit.status else None:
            cue = hit.cue.words if hit.cue else ""
            rules.setdefault((label, cue), []).append(hit.rule)
    return tuple(
        Claimed(label, cue, () if len(those) == len(hits) else tuple(those))
        for (label, cue), those in rules.items()
    )


def _one_line(text: str) -> str:
    """The text with a space for each white space, so that offsets stay."""
    return _SPACE.sub(" ", text)


def _snippet(item: Item, evidence: tuple[Evidence, ...]) -> Snippet | None:
    """The summary or text around its first evidence; its beginning if there is none in it."""
    for field in ("summary", "text"):
        if any(e.field == field for e in evidence):
            return _around(_one_line(getattr(item, field)), evidence, field)
    field = "summary" if item.summary else "text"
    text = _one_line(getattr(item, field))
    return _around(text, (), field) if text else None


def _around(text: str, evidence: tuple[Evidence, ...], field: str) -> Snippet:
    first = min((e.start for e in evidence if e.field == field), default=0)
    start = _word_start(text, max(0, first - SNIPPET_BEFORE_CHARS))
    end = min(len(text), start + SNIPPET_CHARS)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    spans = tuple(
        Span(s.start + len(before), s.end + len(before))
        for s in _spans(evidence, field, start, end)
    )
    return Snippet(before + text[start:end] + after, spans)


def _word_start(text: str, at: int) -> int:
    """The beginning of the first whole word from `at` on."""
    if not at:
        return 0
    space = text.find(" ", at, at + SNIPPET_BEFORE_CHARS)
    return at if space < 0 else space + 1


def _spans(evidence: tuple[Evidence, ...], field: str, start: int, end: int) -> tuple[Span, ...]:
    """Evidence of `field` within [start, end), from there, in order, without overlaps."""
    spans: list[Span] = []
    for piece in sorted(evidence, key=lambda e: (e.start, -e.end)):
        inside = piece.field == field and start <= piece.start and piece.end <= end
        if inside and (not spans or spans[-1].end + start <= piece.start):
            spans.append(Span(piece.start - start, piece.end - start))
    return tuple(spans)
