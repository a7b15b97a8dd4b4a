"""Look: everything there is to tell about a book; the book and what was written in, findings out.

A word that comes from an `"@list"` is looked at once, in its list.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streams.rules.ast import Term, walk
from streams.rules.book import Book, Rule
from streams.rules.lint.alternatives import alternatives
from streams.rules.lint.anchors import anchors, broad
from streams.rules.lint.between import between
from streams.rules.lint.covering import ENGLISH, Langs
from streams.rules.lint.finding import Code, Finding
from streams.rules.lint.lists import unused, words_of_lists
from streams.rules.lint.operators import operators
from streams.rules.lint.place import place_of
from streams.rules.lint.spelling import look_alikes, wrong_script
from streams.rules.lint.unreachable import unreachable

_POLICIES = ("max_age", "origins", "priority", "updates", "hours")
_ABOUT_LISTED = {Code.COVERED, Code.DUPLICATE, Code.SAME_STEM, Code.LOOK_ALIKE, Code.BROAD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What was written: the rules' values by id, broken ones too, and the lists' words by name."""

    rules: Mapping[Any, Any]
    lists: Mapping[str, Sequence[Any]]


def _as_they_are(rules: Iterable[Rule]) -> Iterable[Rule]:
    return rules


def look(
    book: Book, sources: Sources, steps: Callable[[Iterable[Rule]], Iterable[Rule]] = _as_they_are
) -> Iterator[Finding]:
    """Every finding; `steps` may count the rules as they are looked at."""
    listed = frozenset(w for words in sources.lists.values() for w in words if isinstance(w, str))
    yield from unused(sources.lists, sources.rules.values())
    of_lists = tuple(words_of_lists(sources.lists))
    yield from of_lists
    told = {finding.message for finding in of_lists}
    for rule in steps(book.rules):
        found = _of_rule(rule, sources.rules.get(rule.id, {}), listed)
        yield from (f for f in found if f.message not in told or not f.clause.endswith("query"))
    yield from between(book.rules, languages)


def languages(rule: Rule) -> Langs:
    """The languages a rule's words are compared in: its own, else English."""
    return tuple(sorted(rule.admits.langs)) or (ENGLISH,)


def _from_list(term: Term, written: Any, listed: frozenset[str]) -> bool:
    """True if the rule names a list where the term stands."""
    if term.written not in listed:
        return False
    place = place_of(written, term.clause)
    named = written
    for step in place:
        named = named[step]
    last = str(place[-1]) if place else ""
    text = named if isinstance(named, str) else ""
    return (
        text.startswith("@")
        or last.startswith("@")
        or (place == ("query",) and term.written not in text)
    )


def _of_rule(rule: Rule, written: Any, listed: frozenset[str]) -> Iterator[Finding]:
    langs = languages(rule)
    nodes = (rule.wanted, *rule.none)
    terms = tuple(e for node in nodes for e in walk(node) if isinstance(e, Term))
    own = tuple(term for term in terms if not _from_list(term, written, listed))
    yield from anchors(rule)
    yield from unreachable(rule, langs)
    yield from broad(rule.id, own)
    of_own = {term.clause for term in own}
    yield from (f for f in alternatives(rule.id, nodes, langs) if f.clause in of_own)
    for term in own:
        yield from look_alikes(rule.id, term)
        yield from operators(rule.id, term)
    if rule.admits.langs:
        for term in own:
            yield from wrong_script(rule.id, term, rule.admits.langs)
    yield from _not_enforced(rule, written)


def _not_enforced(rule: Rule, written: Any) -> Iterator[Finding]:
    for key in _POLICIES:
        if isinstance(written, dict) and key in written:
            says = f"{key}: is not enforced yet: it travels with the match, nothing obeys it"
            yield Finding(code=Code.NOT_ENFORCED, message=says, rule=rule.id, clause=key)
