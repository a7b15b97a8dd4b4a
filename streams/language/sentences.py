"""Sentences and paragraphs: where they begin in a text; pure.

In: a text.  Out: code points, ascending, 0 first.  Invariants: a paragraph's beginning is a
sentence's; time grows with the text's length and nothing else.

A full stop ends no sentence inside a number, after an initial or a title (`Mr.`, `Gen.`), or
where a small letter follows.  After what may end one (`U.S.`, `p.m.`, `Inc.`, `Jan.`) the next word
decides: `The` begins a sentence, `Senate` does not.
"""

import re

_OPENING = r"[\"'“‘«„(\[¿¡「『]*+"
_CLOSING = r"[\"'”’»)\]」』》]*+"
_BREAK = re.compile(
    rf"(?<![.!?…])(?P<stop>[.!?…]++){_CLOSING}\s++(?P<start>){_OPENING}(?P<next>\w*+)"
    rf"|(?:[।॥۔؟։።။៕。！？｡]++|．(?!\d)){_CLOSING}\s*+"
)
_PARAGRAPH = re.compile("[\n\r\x0b\x0c\x85\u2028\u2029]\\s*+")
_WORD_BEFORE = re.compile(r"[^\s।॥۔؟!?…。！？\"'“”‘’«»()\[\],;:/–—-]+$")

_INITIAL_CHARS = 2
"""At most, between the stops of `U.S.`, `p.m.`, `Ph.D.`; more is `example.com`."""

_BEFORE_CHARS = 24
"""Looked back for an abbreviation; none is longer."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES = _words(
    "Mr Mrs Ms Mx Dr Drs Prof Gen Lt Col Maj Capt Cmdr Sgt Cpl Pvt Adm Brig Sen Rep Reps Sens "
    "Gov Pres Rev Hon Amb Supt Insp Det Mt Ft vs nos Nos pp Vol approx est eg ie cf viz Hr "
    "Hrn Fr Nr bzw ca vgl Mme Mlle MM Sr Sra Srta Dra Sig डॉ डा श्री г гг им ул"
)
"""A name, a number or the rest of the sentence follows, whatever its capitals."""

_MAY_END = _words(
    "Inc Ltd Co Corp Bros Jr Esq am pm Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon "
    "Tue Tues Wed Thu Thur Thurs Fri Sat Sun St etc Ave Blvd Rd Dept Univ"
)
_BEGINS = _words(
    "The A An He She It They We I You But And In On At This That These Those There His Her "
    "Its Their Our As After Before When While If For From To By With However Meanwhile Police "
    "Officials Also Now Then Earlier Later Last Some Many One Two Both Most No Not What Who "
    "Why How Yet So"
)
"""Words that have a capital where a sentence begins, and hardly in names."""


def sentence_starts(text: str) -> tuple[int, ...]:
    """Code points at which a sentence begins, 0 first; a paragraph's beginning is one."""
    starts = {_start(found) for found in _BREAK.finditer(text) if _ends(text, found)}
    return tuple(sorted({0, *paragraph_starts(text), *starts} - ({len(text)} if text else set())))


def paragraph_starts(text: str) -> tuple[int, ...]:
    """Code points at which a paragraph begins, 0 first."""
    starts = {found.end() for found in _PARAGRAPH.finditer(text)}
    return tuple(sorted({0, *starts} - ({len(text)} if text else set())))


def _start(found: re.Match[str]) -> int:
    return found.start("start") if found["stop"] else found.end()


def _ends(text: str, found: re.Match[str]) -> bool:
    """True if the stop ends a sentence."""
    if not found["stop"]:
        return True
    after = found["next"]
    if after[:1].islower():
        return False
    if found["stop"] != ".":
        return True
    at = found.start()
    before = _WORD_BEFORE.search(text[max(0, at - _BEFORE_CHARS) : at])
    return not before or _word_ends(before.group(), after)


def _word_ends(before: str, after: str) -> bool:
    """True if a full stop between these two words ends a sentence."""
    word = before.capitalize() if before.isupper() and len(before) > 1 else before
    if word == "No":
        return not after[:1].isdigit()
    if word in _TITLES:
        return False
    parts, one = word.split("."), len(word) == 1 and word.isalpha()
    initial = len(parts) > 1 and all(p.isalpha() and len(p) <= _INITIAL_CHARS for p in parts)
    return after in _BEGINS if initial or one or word in _MAY_END else True
