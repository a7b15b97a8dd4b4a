"""Claim: the status of what a rule matched, and the words that give it; pure."""

from dataclasses import dataclass
from functools import lru_cache

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
_ASKED = "asked"  # somebody wants it undone: may lift, wants to end
_FINAL = {_EXCLUDED: Status.NEGATED, _KEPT: Status.ASSERTED, _ASKED: Status.PROSPECTIVE}
_STATES = (*Status, _EXCLUDED, _KEPT, _ASKED)
_A, _P, _N, _R, _O = (str(status) for status in Status)
_NEGATION = (_N, _N, _KEPT, _KEPT, _N, _O, _R, _KEPT)
_FUTURE = (_P, _P, _N, _R, _O, _EXCLUDED, _KEPT, _ASKED)
_WISH = (_P, _P, _N, _ASKED, _O, _EXCLUDED, _KEPT, _ASKED)
_TURNS = {
    Effect.NEGATE: _NEGATION,
    Effect.ALTERNATIVE: _NEGATION,
    Effect.EXCLUDE: (_EXCLUDED, _EXCLUDED, _KEPT, _KEPT, _N, _O, _R, _KEPT),
    Effect.REFUSE: (_N, _N, _KEPT, _O, _N, _O, _R, _O),
    Effect.REVERSE: (_R, _R, _KEPT, _KEPT, _N, _KEPT, _R, _KEPT),
    Effect.FUTURE: _FUTURE,
    Effect.INFINITIVE: _FUTURE,
    Effect.WISH: _WISH,
    Effect.CONDITION: _WISH,
    Effect.OPEN: (_O,) * len(_STATES),
}
"""What an outer cue makes of what the inner ones say: asserted, prospective, negated, reversed,
open, excluded, kept, asked, in this order."""
_TURN = {e: dict(zip(_STATES, turn, strict=True)) for e, turn in _TURNS.items()}


CLAIMS_KEPT = 64
"""Of the spans asked for last: rules that hit one item match the same words of it."""


@lru_cache(maxsize=CLAIMS_KEPT)
def claim(text: str, start: int, end: int, lang: str) -> Claim:
    """What `text` says of the words in [start, end).  Languages without cues assert everything."""
    cues = lexicon(lang)
    sentence = around(text, start, end, cues) if cues is not None else None
    if cues is None or sentence is None:
        return Claim(Status.ASSERTED)
    found = chain(sentence, cues)
    if not found:
        return Claim(Status.ASSERTED)
    state, decisive = _A, len(found) - 1
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
