"""Peers of the matcher that are a few lines of Python: rules in, a judge of items out.

`loop`: every rule is a compiled closure and each is asked, over words stemmed once per item and
kept in a cache.  `ahocorasick`: pyahocorasick finds the rules' words, those of each rule's rarest
clause wake it, and the same closures decide.  Both mean what ours mean; they cut words in the
quickest way there is, which is enough for English.  `re`: a regular expression per term, tried rule
by rule, as most home-made alerters do; it knows no inflection.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property, lru_cache
from itertools import takewhile

import ahocorasick

from streams.item import Item
from streams.language.stem import stem
from streams.rules.ast import And, Form, Near, Node, Or, Term, Word
from streams.rules.book import Rule

LANG = "en"
BREAK = ""
"""Between title and text: no word, so no phrase crosses it."""

Span = tuple[int, int]
Judge = Callable[[Item], list[str]]

_WORDS = re.compile(r"\w+").findall
stemmed = lru_cache(maxsize=200_000)(lambda word: stem(word, LANG))


class Reading:
    """The words of an item, and where their stems stand."""

    def __init__(self, item: Item) -> None:
        self.folded = [*_words(item.title), BREAK, *_words(item.text)]
        self.stems = [stemmed(word) for word in self.folded]
        self.present = frozenset(self.stems)

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Positions of each stem."""
        found: dict[str, list[int]] = defaultdict(list)
        for position, word in enumerate(self.stems):
            found[word].append(position)
        return found


def _words(text: str) -> list[str]:
    return _WORDS(text.lower().replace("'s", ""))


Check = Callable[[Reading], bool]


def loop(rules: Sequence[Rule]) -> Judge:
    """Every rule is asked."""
    checks = [(rule.id, _rule_check(rule)) for rule in rules]

    def judge(item: Item) -> list[str]:
        reading = Reading(item)
        return [name for name, check in checks if check(reading)]

    return judge


def _rule_check(rule: Rule) -> Check:
    wanted = _check(rule.wanted)
    if not rule.none:
        return wanted
    unwanted = [_check(node) for node in rule.none]
    return lambda reading: wanted(reading) and not any(check(reading) for check in unwanted)


def _check(node: Node) -> Check:
    match node:
        case Term(((Word() as word,),)) if word.form is Form.PREFIX:
            return lambda reading: any(each.startswith(word.folded) for each in reading.folded)
        case Term(((Word() as word,),)):
            one = stemmed(word.written)
            return lambda reading: one in reading.present
        case Term():
            return lambda reading: bool(_spans(node, reading))
        case And(of):
            checks = [_check(each) for each in of]
            return lambda reading: all(check(reading) for check in checks)
        case Or(of):
            checks = [_check(each) for each in of]
            return lambda reading: any(check(reading) for check in checks)
        case Near():
            return _near(node)
        case _:
            raise TypeError(f"the workload has no {type(node).__name__}")


def _near(node: Near) -> Check:
    first, second, most = node.first, node.second, node.reach.words

    def check(reading: Reading) -> bool:
        ones = _spans(first, reading)
        others = _spans(second, reading) if ones else []
        return any(_apart(one, other, reading) <= most for one in ones for other in others)

    return check


def _apart(one: Span, other: Span, reading: Reading) -> float:
    """Words from one to the other; without end where they overlap or a break is between them."""
    early, late = sorted((one, other))
    if early[1] >= late[0] or BREAK in reading.folded[early[1] : late[0]]:
        return float("inf")
    return late[0] - early[1]


def _spans(node: Node, reading: Reading) -> list[Span]:
    assert isinstance(node, Term)
    stems = _stems(node)
    if not reading.present.issuperset(stems):
        return []
    length = len(stems)
    starts = reading.places[stems[0]]
    return [(n, n + length - 1) for n in starts if reading.stems[n : n + length] == list(stems)]


@cache
def _stems(term: Term) -> tuple[str, ...]:
    return tuple(stemmed(word.written) for word in term.phrases[0])


def automaton(rules: Sequence[Rule]) -> Judge:
    """Rules are asked whose rarest clause has a word in the item."""
    needles = ahocorasick.Automaton()
    woken: dict[str, list[tuple[str, Check]]] = defaultdict(list)
    wanting = _anchors(rules)
    for rule, anchor in wanting:
        for needle in anchor:
            woken[needle].append((rule.id, _rule_check(rule)))
    for needle in woken:
        needles.add_word(f" {needle}", needle)
    needles.make_automaton()

    def judge(item: Item) -> list[str]:
        reading = Reading(item)
        found = {needle for _, needle in needles.iter(" " + " ".join(reading.folded))}
        asked = {name: check for needle in found for name, check in woken[needle]}
        return [name for name, check in asked.items() if check(reading)]

    return judge


def _anchors(rules: Sequence[Rule]) -> list[tuple[Rule, frozenset[str]]]:
    """Each rule's clause whose words the fewest rules have: a stand-in for the rarest."""
    clauses = [(rule, list(_clauses(rule.wanted))) for rule in rules]
    known: dict[str, int] = defaultdict(int)
    for _, groups in clauses:
        for needle in {needle for group in groups for needle in group}:
            known[needle] += 1
    return [
        (rule, min(groups, key=lambda group: sum(known[needle] for needle in group)))
        for rule, groups in clauses
    ]


def _clauses(node: Node) -> Iterable[frozenset[str]]:
    """Groups of needles; one of each group is in every item that the node hits."""
    match node:
        case Term((phrase,)):
            yield from (frozenset([_needle(word)]) for word in phrase)
        case And(of):
            for each in of:
                yield from _clauses(each)
        case Or(of):
            yield frozenset().union(*(next(iter(_clauses(each))) for each in of))
        case Near(first, second):
            yield from _clauses(first)
            yield from _clauses(second)


def _needle(word: Word) -> str:
    """How every inflection of the word begins: company, companies; make, making."""
    if word.form is Form.PREFIX:
        return word.folded
    stem_of = stemmed(word.written)
    pairs = zip(word.folded, stem_of, strict=False)
    same = sum(takewhile(bool, (one == other for one, other in pairs)))
    return word.folded[: same - word.folded[:same].endswith(("e", "i", "y"))]


def expressions(rules: Sequence[Rule]) -> Judge:
    """`re` per term."""
    checks = [(rule.id, _rule_search(rule)) for rule in rules]

    def judge(item: Item) -> list[str]:
        text = f"{item.title}\n{item.text}"
        return [name for name, check in checks if check(text)]

    return judge


def _rule_search(rule: Rule) -> Callable[[str], object]:
    wanted, unwanted = _search(rule.wanted), [_search(node) for node in rule.none]
    return lambda text: wanted(text) and not any(search(text) for search in unwanted)


def _search(node: Node) -> Callable[[str], object]:
    match node:
        case Term():
            return _compiled(rf"\b{_pattern(node)}")
        case Near(first, second, reach):
            one, other = _pattern(first), _pattern(second)
            between = rf"\W+(?:\w+\W+){{0,{reach.words - 1}}}?"
            return _compiled(rf"\b(?:{one}{between}{other}|{other}{between}{one})")
        case And(of):
            searches = [_search(each) for each in of]
            return lambda text: all(search(text) for search in searches)
        case Or(of):
            searches = [_search(each) for each in of]
            return lambda text: any(search(text) for search in searches)
        case _:
            raise TypeError(f"the workload has no {type(node).__name__}")


def _pattern(node: Node) -> str:
    assert isinstance(node, Term)
    (phrase,) = node.phrases
    text = r"\W+".join(word.folded for word in phrase)
    return text if phrase[-1].form is Form.PREFIX else rf"{text}\b"


@cache
def _compiled(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.IGNORECASE).search


PEERS: dict[str, Callable[[Sequence[Rule]], Judge]] = {
    "loop": loop,
    "ahocorasick": automaton,
    "re": expressions,
}
