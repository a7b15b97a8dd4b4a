"""Claim: the status of what a rule matched, and the words that give it; pure."""

from dataclasses import dataclass

from streams.assertion.lexicon import Effect, Lexicon, lexicon
from streams.assertion.scope import Found, chain
from streams.assertion.sentence import Gap, Sentence, around
from streams.match import Status


@dataclass(frozen=True, slots=True)
class Claim:
    """A status, and the span of its cue in the text (code points); both 0 where there is none."""

    status: Status
    start: int = 0
    end: int = 0


_EXCLUDED = "excluded"  # negated so that a negation keeps it open: won't rule out
_KEPT = "kept"  # negated twice: will not lift
_FINAL = {_EXCLUDED: Status.NEGATED, _KEPT: Status.ASSERTED}
A, P, N, R, O = (  # noqa: E741 - one letter a status keeps the table below readable
    str(Status.ASSERTED),
    str(Status.PROSPECTIVE),
    str(Status.NEGATED),
    str(Status.REVERSED),
    str(Status.OPEN),
)
_STATES = (A, P, N, _EXCLUDED, R, _KEPT, O)
_NEGATION = (N, N, _KEPT, O, _KEPT, R, N)
_FUTURE = (P, P, N, _EXCLUDED, R, _KEPT, O)
_WISH = (P, P, N, _EXCLUDED, P, _KEPT, O)
_TURNS = {
    Effect.NEGATE: _NEGATION,
    Effect.ALTERNATIVE: _NEGATION,
    Effect.EXCLUDE: (_EXCLUDED, _EXCLUDED, _KEPT, O, _KEPT, R, N),
    Effect.REFUSE: (N, N, _KEPT, O, O, R, N),
    Effect.REVERSE: (R, R, _KEPT, O, _KEPT, R, N),
    Effect.FUTURE: _FUTURE,
    Effect.INFINITIVE: _FUTURE,
    Effect.WISH: _WISH,
    Effect.CONDITION: _WISH,
    Effect.OPEN: (O,) * len(_STATES),
}
"""What an outer cue makes of what the inner ones say, in the order of `_STATES`."""
_TURN = {e: dict(zip(_STATES, turn, strict=True)) for e, turn in _TURNS.items()}


def claim(text: str, start: int, end: int, lang: str) -> Claim:
    """What `text` says of the words in [start, end).  Languages without cues assert everything."""
    cues = lexicon(lang)
    sentence = around(text, start, end, cues) if cues is not None else None
    if cues is None or sentence is None:
        return Claim(Status.ASSERTED)
    found = chain(sentence, cues)
    if not found:
        return Claim(Status.ASSERTED)
    state, decisive = A, len(found) - 1
    for n in range(len(found) - 1, -1, -1):
        cue = found[n].cue
        turned = _TURN[cue.effect][state] if cue is not None else state
        if turned != state:
            state, decisive = turned, n
    status = _FINAL.get(state) or Status(state)
    return Claim(status, *_span(sentence, cues, found, decisive))


def _span(sentence: Sentence, cues: Lexicon, found: list[Found], n: int) -> tuple[int, int]:
    """The run of cues around the decisive one, with the verb that an auxiliary leans on."""
    first = last = n
    while first > 0 and found[first - 1].last + 1 == found[first].first:
        first -= 1
    while last + 1 < len(found) and found[last].last + 1 == found[last + 1].first:
        last += 1
    end, cue = found[last].last, found[last].cue
    if cue is not None and cue.auxiliary:
        end = _verb(sentence, cues, end)
    low, tokens = sentence.offset, sentence.tokens
    return tokens[found[first].first].start + low, tokens[end].end + low


def _verb(sentence: Sentence, cues: Lexicon, end: int) -> int:
    """The last word of an auxiliary's verb: be and imposed."""
    n = end + 1
    while n < len(sentence.tokens) and sentence.gaps[n - 1] is Gap.NONE:
        kinds = cues[sentence.tokens[n].word].kinds
        if sentence.first <= n <= sentence.last or kinds & {"determiners", "followers", "breakers"}:
            break
        end = n
        if "passives" not in kinds:
            break
        n += 1
    return end
