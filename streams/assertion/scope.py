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
        self.gaps = list(sentence.gaps)

    def kinds(self, n: int) -> frozenset[str]:
        return self.lexicon[self.words[n]].kinds

    def is_name(self) -> bool:
        """Capitals make a name, unless the words are known to be a thing that happens."""
        s = self.s
        start, end = s.tokens[s.first].start, s.tokens[s.last].end
        capital = s.text[start:end][:1].isupper()
        return capital and not any("events" in self.kinds(n) for n in range(s.first, s.last + 1))

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
        if not following or self.kinds(n + 1) & {"determiners", "modifiers"}:
            return True
        if following[0].isdigit() or self.gaps[n + 1] is Gap.JOINED:
            return True
        start = first_word(self.gaps, n, Gap.PART)
        if n - start > MAX_WORDS_BEFORE_INFINITIVE:
            return True
        token = self.s.tokens[n + 1]
        if self.s.text[token.start].isupper() and n + 1 != self.s.first:
            return True
        endings = self.lexicon.noun_endings
        return n + 1 == self.s.first and bool(endings) and following.endswith(endings)

    # --- before the matched words

    def before(self, *, name: bool) -> list[Found]:
        """Cues to the left, outermost first."""
        s = self.s
        low = max(first_word(self.gaps, s.first, Gap.PART), s.first - MAX_WORDS_BEFORE)
        units = self.found(low, s.first - 1)
        cues: list[Found] = []
        particles = False
        k = len(units) - 1
        while k >= 0:
            unit = units[k]
            if self.gaps[unit.last] is Gap.COMMA and not self.listed(unit.last + 1):
                k = self.aside(units, k)
                if k < 0:
                    break
                unit = units[k]
            if self.ends(unit, name or self.governed(cues)):
                break
            if unit.cue is None:
                particles = particles or self.joins_verbs(unit)
            elif unit.cue.effect is not Effect.NONE and (not particles or self.particle(unit)):
                cues.append(unit)
                if unit.cue.effect in (Effect.CONDITION, Effect.ALTERNATIVE):
                    break
            k -= 1
        return cues[::-1]

    def governed(self, cues: list[Found]) -> bool:
        """Whether the nearest verb is an infinitive: it leans on what stands before a preposition.

        Denying a request by the regulator to block the deal.
        """
        n = cues[-1].first - 1 if cues else -1
        return n >= 0 and any(
            cue.effect is Effect.INFINITIVE for cue in self.lexicon[self.words[n]].before
        )

    def ends(self, unit: Found, over: bool) -> bool:
        """Whether nothing from this word leftwards bears on the matched words.

        A preposition ends it unless a cue reaches `over` it.
        """
        if unit.cue is not None:
            return unit.cue.effect is Effect.SHIELD
        kinds = self.kinds(unit.first)
        if "additions" in kinds:
            return not self.listed(unit.last + 1)
        return bool(kinds & {"breakers", "speech"}) or ("prepositions" in kinds and not over)

    def joins_verbs(self, unit: Found) -> bool:
        """Whether verbs, not nouns, are joined here: not impose or threaten."""
        return "alternatives" in self.kinds(unit.first) and not self.listed(unit.last + 1)

    def particle(self, unit: Found) -> bool:
        """Whether a cue reaches over `or` to the second verb: will not, neither."""
        cue = unit.cue
        return cue is not None and (cue.auxiliary or "neither" in self.kinds(unit.first))

    def aside(self, units: list[Found], k: int) -> int:
        """The auxiliary before a short aside that ends at unit k (will not, for now,), or -1."""
        for j in range(k - 1, max(-1, k - 1 - MAX_ASIDE_WORDS), -1):
            if self.gaps[units[j].last] is Gap.COMMA:
                cue = units[j].cue
                return j if cue is not None and cue.auxiliary else -1
        return -1

    def listed(self, n: int) -> bool:
        """Whether the matched words, from word n on, are one more noun of a list."""
        s = self.s
        if any("modifiers" not in self.kinds(m) for m in range(n, s.first)):
            return False
        if self.gaps[s.last] is not Gap.NONE or s.last + 1 >= len(self.words):
            return True
        return bool(self.kinds(s.last + 1) & {"followers", "breakers", "additions", "alternatives"})

    # --- after an event

    def of_event(self) -> list[Found]:
        left = self.before(name=False)
        if not left and self.belongs():
            return []
        right, active = self.after()
        if active and left and self.direct(left[-1]):
            return []
        if left and right and left[0].cue is not None:
            starts = left[0].first == first_word(self.gaps, left[0].first, Gap.COMMA)
            if starts and left[0].cue.effect is Effect.REVERSE:
                return right + left
        return left + right

    def belongs(self) -> bool:
        """Whether the words only tell more of another noun: terms of the deal."""
        n = self.s.first - 1
        while n >= 0 and self.kinds(n) & {"modifiers", "determiners"}:
            n -= 1
        return n > 0 and self.gaps[n] is Gap.NONE and "followers" in self.kinds(n)

    def direct(self, unit: Found) -> bool:
        """Whether only modifiers stand between a cue and the matched words."""
        return all("modifiers" in self.kinds(n) for n in range(unit.last + 1, self.s.first))

    def after(self) -> tuple[list[Found], bool]:
        """Cues to the right of an event, and whether it is the doer of another verb there."""
        s = self.s
        high = min(last_word(self.gaps, s.last, Gap.PART), s.last + MAX_WORDS_AFTER)
        units = self.found(s.last + 1, high, after=True)
        pending: list[Found] = []
        inner: list[Found] = []
        for k, unit in enumerate(units):
            if self.gaps[unit.first - 1] is Gap.COMMA and not self.resumes(units, k):
                break
            cue = unit.cue
            if cue is not None and cue.adjacent:
                inner.append(unit)
            elif cue is not None and cue.auxiliary:
                pending.append(unit)
            elif cue is not None and cue.effect is not Effect.NONE:
                doer = self.takes_object(unit)
                return (inner, True) if doer else ([*pending, unit, *inner], False)
            elif self.parts(unit):
                break
            elif pending and "passives" not in self.kinds(unit.first):
                done = self.done(unit)
                return ([*pending, *inner], False) if done else (inner, True)
        return inner, bool(pending)

    def parts(self, unit: Found) -> bool:
        """Whether another clause, or another subject, begins with this word."""
        kinds = self.kinds(unit.first)
        if kinds & {"additions", "alternatives"}:
            return unit.first != self.s.last + 1
        return bool(kinds & {"breakers", "speech"})

    def done(self, unit: Found) -> bool:
        """Whether a verb says that an event happens or is done, not what it does."""
        kinds = self.kinds(unit.first)
        endings = self.lexicon.participle_endings
        return bool(kinds & {"participles", "happenings"}) or (
            bool(endings) and self.words[unit.first].endswith(endings)
        )

    def takes_object(self, unit: Found) -> bool:
        n = unit.last + 1
        return (
            self.gaps[unit.last] is Gap.NONE
            and n < len(self.words)
            and ("determiners" in self.kinds(n))
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
            if unit.cue is not None:
                if unit.cue.effect is Effect.SHIELD:
                    return []
                if unit.cue.effect is Effect.NONE:
                    break
                cues.append(unit)
                since = 0
            elif "speech" in self.kinds(unit.first):
                if not self.of_itself(units, k + 1):
                    break
            elif since >= (1 if cues else MAX_WORDS_TO_VERB) or (k and self.leaves(unit)):
                break
            else:
                since += 1
        return cues

    def leaves(self, unit: Found) -> bool:
        """Whether this word leads away from a subject's verb."""
        return bool(self.kinds(unit.first) & {"breakers", "prepositions", "additions"})

    def of_itself(self, units: list[Found], k: int) -> bool:
        """Whether a speaker goes on about itself: says it will not, says will not."""
        if k >= len(units):
            return False
        cue = units[k].cue
        return (cue is not None and cue.auxiliary) or "pronouns" in self.kinds(units[k].first)
