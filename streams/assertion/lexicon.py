"""Lexicon: the cues of one language, read once from `cues/<language>.toml`.

In: a file of words.  Out: a `Lexicon`, which answers for one word at a time.  Invariant: cues are
folded and stemmed as the news is, so a cue always finds itself.
"""

import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from streams.language.stem import stem
from streams.text import words

MAX_MEMO_WORDS = 50_000
"""Distinct words of news kept looked up, about 10 MB; emptied when full."""


class Effect(StrEnum):
    """What a cue does to the claim it stands before or after."""

    NEGATE = "negators"
    EXCLUDE = "exclusions"
    REFUSE = "refusals"
    REVERSE = "reversals"
    FUTURE = "futures"
    INFINITIVE = "infinitives"
    WISH = "wishes"
    OPEN = "openings"
    SHIELD = "shields"
    CONDITION = "conditions"
    ALTERNATIVE = "alternatives"
    NONE = "pseudo"


class Cue(NamedTuple):
    """The words after a cue's first one, and what it does."""

    rest: tuple[str, ...]
    effect: Effect
    auxiliary: bool = False
    adjacent: bool = False


class Entry(NamedTuple):
    """All that one word may begin or be; the longest cues first."""

    before: tuple[Cue, ...]
    after: tuple[Cue, ...]
    kinds: frozenset[str]


SECTIONS = ("auxiliary", "before", "after", "next")
KINDS = (
    *("breakers", "prepositions", "followers", "alternatives", "additions", "speech"),
    *("determiners", "modifiers", "pronouns", "passives", "happenings", "participles"),
    *("events", "abbreviations", "neither"),
)
ENDINGS = ("participle_endings", "noun_endings")
_STEMMED = ("speech", "happenings", "events")


class Lexicon(dict[str, Entry]):
    """Entries by folded word, made when first asked for."""

    def __init__(self, lang: str, sections: Mapping[str, Any]) -> None:
        super().__init__()
        self.lang = lang
        self._before: dict[str, list[Cue]] = {}
        self._after: dict[str, list[Cue]] = {}
        self._kinds: dict[str, set[str]] = {}
        for key, effect, phrase, verb in _cues(sections):
            self._add(key, effect, phrase, verb)
        clause = sections.get("clause", {})
        for kind in KINDS:
            for phrase in clause.get(kind, ()):
                key = self._stem(phrase) if kind in _STEMMED else _plain(phrase)
                self._kinds.setdefault(key, set()).add(kind)
        self.participle_endings = tuple(clause.get("participle_endings", ()))
        self.noun_endings = tuple(clause.get("noun_endings", ()))

    def _stem(self, word: str) -> str:
        first = _folded(word)
        return "~" + (stem(first, self.lang) or first)

    def _add(self, section: str, effect: Effect, phrase: str, verb: bool) -> None:
        first, *rest = words(phrase)
        key = self._stem(first) if verb else _plain(first)
        cue = Cue(tuple(rest), effect, section == "auxiliary", section == "next")
        if section in ("auxiliary", "before", "clause"):
            self._before.setdefault(key, []).append(cue)
        if section in ("auxiliary", "after", "next", "clause"):
            self._after.setdefault(key, []).append(cue)

    def __missing__(self, word: str) -> Entry:
        if len(self) >= MAX_MEMO_WORDS:
            self.clear()
        keys = (_plain(word), self._stem(word))
        entry = Entry(
            _longest_first(cue for key in keys for cue in self._before.get(key, ())),
            _longest_first(cue for key in keys for cue in self._after.get(key, ())),
            frozenset(kind for key in keys for kind in self._kinds.get(key, ())),
        )
        self[word] = entry
        return entry


def _plain(word: str) -> str:
    return "=" + _folded(word)


def _folded(word: str) -> str:
    return next(iter(words(word)), word)


def _longest_first(cues: Iterator[Cue]) -> tuple[Cue, ...]:
    return tuple(sorted(cues, key=lambda cue: -len(cue.rest)))


def _cues(sections: Mapping[str, Any]) -> Iterator[tuple[str, Effect, str, bool]]:
    for section in SECTIONS:
        for role, held in sections.get(section, {}).items():
            lists = {"words": held} if section == "auxiliary" else held
            for how, phrases in lists.items():
                yield from ((section, Effect(role), phrase, how == "verbs") for phrase in phrases)
    for phrase in sections.get("clause", {}).get("pseudo", ()):
        yield "clause", Effect.NONE, phrase, False


def parse(name: str, text: str) -> Lexicon:
    """The lexicon a file holds; its language is the name before the first dot.

    Raises:
        ValueError: With file and key, where it is no TOML or has a key or value of no use.
    """
    try:
        sections = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise ValueError(f"{name}: not TOML: {broken}") from None
    for problem in _problems(sections):
        raise ValueError(f"{name}: {problem}")
    return Lexicon(name.partition(".")[0], sections)


def _problems(sections: Mapping[str, Any]) -> Iterator[str]:
    roles = {str(effect) for effect in Effect if effect is not Effect.NONE}
    for section, held in sections.items():
        known = roles if section in SECTIONS else {*KINDS, *ENDINGS, "pseudo"}
        if section not in (*SECTIONS, "clause"):
            yield f"unknown section [{section}]"
            continue
        if not isinstance(held, dict):
            yield f"{section}: a table belongs here"
            continue
        for key, value in held.items():
            path = f"{section}.{key}"
            if key not in known:
                yield f"{path}: unknown key; one of {', '.join(sorted(known))}"
            elif section in ("auxiliary", "clause"):
                yield from _no_words(path, value)
            elif not isinstance(value, dict) or set(value) - {"words", "verbs"}:
                yield f"{path}: holds words and verbs"
            else:
                for how, phrases in value.items():
                    yield from _no_words(f"{path}.{how}", phrases)


def _no_words(path: str, value: object) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: a list of words belongs here"
        return
    for n, phrase in enumerate(value):
        if not isinstance(phrase, str) or not words(phrase):
            yield f"{path}[{n}]: {phrase!r} is no word"


@cache
def languages() -> frozenset[str]:
    """Languages that have a file of cues."""
    return frozenset(
        file.name.removesuffix(".toml")
        for file in (files("streams.assertion") / "cues").iterdir()
        if file.name.endswith(".toml")
    )


@cache
def lexicon(lang: str) -> Lexicon | None:
    """The cues of a language, read at the first call; None where it has no file.

    Raises:
        ValueError: As `parse`.
    """
    if lang not in languages():
        return None
    name = f"{lang}.toml"
    file = files("streams.assertion") / "cues" / name
    return parse(name, file.read_text(encoding="utf-8"))
