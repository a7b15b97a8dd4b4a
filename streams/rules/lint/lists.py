"""Lists: shared word lists that nobody uses, or with words that add nothing; pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from streams.rules.lint.alternatives import idle_beside, idle_finding
from streams.rules.lint.covering import ENGLISH
from streams.rules.lint.finding import Code, Finding
from streams.rules.lint.frequent import is_broad
from streams.rules.lint.operators import operators
from streams.rules.lint.spelling import look_alikes
from streams.rules.terms import make_term

_NAMED = re.compile(r"@([\w-]+)")

Lists = Mapping[str, Sequence[Any]]


def unused(lists: Lists, rules: Iterable[Any]) -> Iterator[Finding]:
    """Findings about lists that no rule names."""
    used = {name for rule in rules for text in _texts(rule) for name in _mentioned(text)}
    for name in lists:
        if name not in used:
            says = f'no rule uses the list "{name}": leave it out, or name it as "@{name}"'
            yield Finding(code=Code.UNUSED_LIST, message=says, list_name=name)


def _mentioned(text: str) -> Iterator[str]:
    if "@" in text:
        yield text[1:]
        yield from _NAMED.findall(text)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a rule as written, keys included."""
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                yield from _texts(key)
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)


def words_of_lists(lists: Lists) -> Iterator[Finding]:
    """Findings about the words of each list."""
    for name, words in lists.items():
        texts = [(n, word) for n, word in enumerate(words) if isinstance(word, str)]
        terms = [term for n, word in texts if (term := make_term(word, f"[{n}]")).phrases[0]]
        for beside in idle_beside(terms, (ENGLISH,)):
            code, message = idle_finding(beside, (ENGLISH,))
            yield Finding(code=code, message=message, list_name=name, clause=beside.idle.clause)
        for term in terms:
            for found in (*look_alikes("", term), *operators("", term)):
                yield Finding(
                    code=found.code, message=found.message, list_name=name, clause=term.clause
                )
            if is_broad(term):
                says = f'"{term.written}" begins very many words: write more letters'
                yield Finding(code=Code.BROAD, message=says, list_name=name, clause=term.clause)
