"""Scope: which cues of a sentence reach the words that matched; pure.

In: a `Sentence` and a `Lexicon`.  Out: the cues that bear on the matched words, outermost first.
Invariant: every word of the sentence is looked at a bounded number of times.
"""

from typing import NamedTuple

from streams.assertion.lexicon import Cue, Effect, Lexicon
from streams.assertion.sentence import Gap, Sentence, first_word, last_word

MAX_WORDS_BEFORE = 14
"""A cue further away than this rules something else (news sentences, counted by hand)."""
MAX_WORDS_AFTER = 9
MAX_ASIDE_WORDS = 5
"""Words between two commas that a clause goes on behind: will not, for now, impose."""
MAX_SPEAKER_WORDS = 3
MAX_WORDS_BEFORE_INFINITIVE = 5
"""`US to impose` is a headline's future; far inside a clause `to` is only a purpose."""
MAX_WORDS_TO_VERB = 4


class Found(NamedTuple):
    """A cue, or a plain word (`cue` None), at words `first` to `last` of the sentence."""

    first: int
    last: int
    cue: Cue | None


def chain(sentence: Sentence, lexicon: Lexicon) -> list[Found]:
    """The cues that bear on the matched words, outermost first."""
    reader = _Reader(sentence, lexicon)
    if reader.is_name():
        return reader.of_name()
    return reader.of_event()


class _Reader:
    """One sentence being read."""

    def __init__(self, sentence: Sentence, lexicon: Lexicon) -> None:
        self.s = sentence
        self.lexicon = lexicon
        self.words = [token.word for token in sentence.tokens]
        self.gaps = sentence.gaps

    def kinds(self, n: int) -> frozenset[str]:
        return self.lexicon[self.words[n]].kinds

    def is_name(self) -> bool:
        """Capitals make a name, unless the words are known to be a thing that happens."""
        s = self.s
        start, end = s.tokens[s.first].start, s.tokens[s.last].end
        capital = s.text[start:end][:1].isupper()
        return capital and not any(
            "events" in self.kinds(n) for n in range(s.first, s.last + 1)
        )

    def found(self, low: int, high: int, *, after: bool = False) -> list[Found]:
        """Words low to high as cues, the longest first, and plain words."""
        out = []
        n = low
        while n <= high:
            entry = self.lexicon[self.words[n]]
            cue = None
            for candidate in entry.after if after else entry.before:
                end = n + len(candidate.rest)
                if end <= high and tuple(self.words[n + 1 : end + 1]) == candidate.rest:
                    cue = candidate
                    break
            last = n + len(cue.rest) if cue else n
            if cue and self.spoilt(n, last, cue):
                cue, last = None, n
            out.append(Found(n, last, cue))
            n = last + 1
        return out

    def spoilt(self, first: int, last: int, cue: Cue) -> bool:
        """Whether what looks like a cue is part of another word, or numbers something."""
        if cue.adjacent and first != self.s.last + 1:
            return True
        if first == last and (
            (first and self.gaps[first - 1] is Gap.JOINED)
            or (self.gaps[first] is Gap.JOINED and first + 1 != self.s.first)
        ):
            return True
        following = self.words[last + 1] if last + 1 < len(self.words) else ""
        if cue.effect is Effect.NEGATE and following[:1].isdigit():
            return True
        return cue.effect is Effect.INFINITIVE and self.no_verb(first, following)

    def no_verb(self, n: int, following: str) -> bool:
        """Whether an infinitive's particle is only a preposition here."""
        if not following or "determiners" in self.kinds(n + 1):
            return True
        start = first_word(self.gaps, n, Gap.PART)
        if n - start > MAX_WORDS_BEFORE_INFINITIVE:
            return True
        token = self.s.tokens[n + 1]
        if self.s.text[token.start].isupper() and n + 1 != self.s.first:
            return True
        return n + 1 == self.s.first and following.endswith(self.lexicon.noun_endings or ("\0",))

    # --- before the matched words

    def before(self, *, name: bool) -> list[Found]:
        """Cues to the left, outermost first."""
        s = self.s
        low = max(first_word(self.gaps, s.first, Gap.PART), s.first - MAX_WORDS_BEFORE - 4)
        units = self.found(low, s.first - 1)
        cues: list[Found] = []
        particles = False
        k = len(units) - 1
        while k >= 0 and s.first - units[k].last <= MAX_WORDS_BEFORE:
            unit = units[k]
            kinds = self.kinds(unit.first) if unit.cue is None else frozenset()
            if self.gaps[unit.last] is Gap.COMMA:
                aside = self.aside(units, k)
                if aside is not None:
                    k = aside
                    continue
                if not self.listed(unit.last + 1):
                    break
            if unit.cue is not None:
                if unit.cue.effect is Effect.SHIELD:
                    break
                if unit.cue.effect is not Effect.NONE and (not particles or self.particle(unit)):
                    cues.append(unit)
                if unit.cue.effect in (Effect.CONDITION, Effect.ALTERNATIVE):
                    break
            elif "breakers" in kinds or "speech" in kinds:
                break
            elif "prepositions" in kinds and not name:
                break
            elif kinds & {"additions", "alternatives"}:
                if not self.listed(unit.last + 1):
                    if "additions" in kinds:
                        break
                    particles = True
            k -= 1
        return cues[::-1]

    def particle(self, unit: Found) -> bool:
        cue = unit.cue
        return cue is not None and (cue.auxiliary or self.words[unit.first] in ("neither", "weder"))

    def aside(self, units: list[Found], k: int) -> int | None:
        """The unit before a short aside that ends at unit k, when a clause goes on over it."""
        for j in range(k - 1, max(-1, k - 1 - MAX_ASIDE_WORDS), -1):
            if self.gaps[units[j].last] is Gap.COMMA:
                cue = units[j].cue
                # gap behind j opens the aside
                return self._open(units, j) if cue is not None and cue.auxiliary else None
        return None

    def _open(self, units: list[Found], j: int) -> int:
        self.gaps[units[j].last] = Gap.NONE
        return j

    def listed(self, n: int) -> bool:
        """Whether the matched words, from word n on, are one more noun of a list."""
        s = self.s
        if any("modifiers" not in self.kinds(m) for m in range(n, s.first)):
            return False
        if self.gaps[s.last] is not Gap.NONE or s.last + 1 >= len(self.words):
            return True
        return bool(
            self.kinds(s.last + 1) & {"followers", "breakers", "additions", "alternatives"}
        )

    # --- after an event

    def of_event(self) -> list[Found]:
        left = self.before(name=False)
        right, active = self.after()
        if active and left and self.direct(left[-1]):
            return []
        if left and right and left[0].cue is not None:
            starts = left[0].first == first_word(self.gaps, left[0].first, Gap.COMMA)
            if starts and left[0].cue.effect is Effect.REVERSE:
                return right + left
        return left + right

    def direct(self, unit: Found) -> bool:
        """Whether only modifiers stand between a cue and the matched words."""
        return all("modifiers" in self.kinds(n) for n in range(unit.last + 1, self.s.first))

    def after(self) -> tuple[list[Found], bool]:
        """Cues to the right of an event, and whether it is the doer of another verb there."""
        s = self.s
        high = min(last_word(self.gaps, s.last, Gap.PART), s.last + MAX_WORDS_AFTER + 3)
        units = self.found(s.last + 1, high, after=True)
        pending: list[Found] = []
        for k, unit in enumerate(units):
            if unit.first - s.last > MAX_WORDS_AFTER:
                break
            if self.gaps[unit.first - 1] is Gap.COMMA and not self.resumes(units, k):
                break
            kinds = self.kinds(unit.first) if unit.cue is None else frozenset()
            if unit.cue is not None and unit.cue.effect is not Effect.NONE:
                if not unit.cue.auxiliary:
                    return (pending + [unit], False) if not self.takes_object(unit) else ([], True)
                pending.append(unit)
            elif kinds & {"additions", "alternatives"}:
                if unit.first != s.last + 1:
                    break
            elif "breakers" in kinds or "speech" in kinds:
                break
            elif pending and "passives" not in kinds:
                return self.verb(pending, unit)
        return [], bool(pending)

    def verb(self, pending: list[Found], unit: Found) -> tuple[list[Found], bool]:
        """What auxiliaries say of an event depends on whether it is done, or does."""
        word, kinds = self.words[unit.first], self.kinds(unit.first)
        passive = "participles" in kinds or word.endswith(self.lexicon.participle_endings or ("\0",))
        if passive or "happenings" in kinds:
            return pending, False
        return [], True

    def takes_object(self, unit: Found) -> bool:
        n = unit.last + 1
        return self.gaps[unit.last] is Gap.NONE and n < len(self.words) and (
            "determiners" in self.kinds(n)
        )

    def resumes(self, units: list[Found], k: int) -> bool:
        """Whether a comma before unit k opens or ends an aside after which the clause goes on."""
        for j in range(k, min(len(units) - 1, k + MAX_ASIDE_WORDS)):
            if self.gaps[units[j].last] is Gap.COMMA:
                following = units[j + 1].cue
                if following is not None and following.auxiliary:
                    self.gaps[units[j].last] = Gap.NONE
                    return True
                return False
        return False

    # --- names

    def of_name(self) -> list[Found]:
        s = self.s
        left = self.before(name=True)
        speaker = self.spoken()
        if speaker is not None:
            return speaker
        high = min(last_word(self.gaps, s.last, Gap.COMMA), s.last + MAX_WORDS_AFTER)
        return left + self.predicate(s.last + 1, high)

    def spoken(self) -> list[Found] | None:
        """For a name that only says: the cues of what it says of itself."""
        s = self.s
        low = first_word(self.gaps, s.first, Gap.PART)
        high = last_word(self.gaps, s.last, Gap.PART)
        if high - low >= MAX_SPEAKER_WORDS:
            return None
        if low and self.gaps[low - 1] is Gap.PART:
            start = first_word(self.gaps, low - 1, Gap.PART)
            return self.subjectless(start, low - 1)
        if high + 1 < len(self.words) and self.gaps[high] is Gap.PART:
            return self.subjectless(high + 1, last_word(self.gaps, high + 1, Gap.PART))
        return None

    def subjectless(self, low: int, high: int) -> list[Found]:
        units = self.found(low, min(high, low + MAX_WORDS_AFTER))
        if not units or units[0].cue is None:
            return []
        return self.predicate(low, min(high, low + MAX_WORDS_AFTER))

    def predicate(self, low: int, high: int) -> list[Found]:
        """Cues of the verbs that follow a subject."""
        cues: list[Found] = []
        since = 0
        units = self.found(low, high)
        for k, unit in enumerate(units):
            kinds = self.kinds(unit.first) if unit.cue is None else frozenset()
            if unit.cue is not None:
                if unit.cue.effect is Effect.SHIELD:
                    return []
                if unit.cue.effect is Effect.NONE:
                    break
                cues.append(unit)
                since = 0
            elif "speech" in kinds:
                if not self.of_itself(units, k + 1):
                    break
            elif "breakers" in kinds or ("prepositions" in kinds and k):
                break
            elif "additions" in kinds and k:
                break
            elif since >= (1 if cues else MAX_WORDS_TO_VERB):
                break
            else:
                since += 1
        return cues

    def of_itself(self, units: list[Found], k: int) -> bool:
        """Whether a speaker goes on about itself: says it will not, says will not."""
        if k >= len(units):
            return False
        cue = units[k].cue
        return (cue is not None and cue.auxiliary) or "pronouns" in self.kinds(units[k].first)
