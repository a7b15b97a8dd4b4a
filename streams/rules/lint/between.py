"""Between: rules that say what another says already; a book in, findings out; pure.

In: all rules.  Out: one finding per rule that another makes idle.  Invariant: whenever the rule
hits, so does the other, and both tell the same channel; in the language the finding names.

Near linear: a rule is compared only with those that hold its rarest words (an index), and no more
than MOST_PAIRS pairs are; what was not looked at is said.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from streams.rules.ast import (
    And,
    AtLeast,
    Form,
    Near,
    Node,
    Not,
    NotNear,
    Or,
    Pattern,
    Scoped,
    Term,
    Weighted,
    Word,
    walk,
)
from streams.rules.book import Negation, Rule
from streams.rules.lint.alternatives import language_named
from streams.rules.lint.covering import ENGLISH, Langs, stemmed
from streams.rules.lint.entailing import Asked, Search, entails
from streams.rules.lint.finding import Code, Finding

MOST_PAIRS = 30_000
"""Pairs of rules compared; some 20 µs each."""

FEW = 4
"""So few candidates are compared without a second look into the index."""

SIZES_A_PAIR = 100
"""So many candidates put together cost as much as one comparison."""

FAR = "\U0010ffff"
"""Behind every word that begins so."""


@dataclass(slots=True)
class _Index:
    """Which rules hold a word in what they want; numbers of rules."""

    holds: dict[str, set[int]] = field(default_factory=dict)
    folded: list[str] = field(default_factory=list)

    def add(self, number: int, rule: Rule) -> None:
        for node in walk(rule.wanted):
            for key in _keys_of(node):
                self.holds.setdefault(key, set()).add(number)

    def ready(self) -> None:
        self.folded = sorted(key for key in self.holds if key.startswith("f:"))

    def beginning(self, prefix: str) -> Iterator[str]:
        """Keys of words that begin so."""
        start = bisect_left(self.folded, f"f:{prefix}")
        end = bisect_left(self.folded, f"f:{prefix}{FAR}", lo=start)
        yield from self.folded[start:end]


def _keys_of(node: Node) -> Iterator[str]:
    match node:
        case Term(phrases):
            for phrase in phrases:
                for word in phrase:
                    yield f"f:{word.folded}"
                    if word.form is not Form.PREFIX:
                        yield f"s:{_root(word)}"
        case Pattern(regex):
            yield f"r:{regex}"


def _root(word: Word) -> str:
    return stemmed(word.written, ENGLISH) or word.folded


def _needs(node: Node) -> Iterator[tuple[Node, ...]]:
    """Clauses that must all hold; of each, the leaves of which one stands in what entails it."""
    match node:
        case And(of):
            for each in of:
                yield from _needs(each)
        case Scoped(of=of):
            yield from _needs(of)
        case Near(first, second):
            yield from _needs(first)
            yield from _needs(second)
        case NotNear(first, _):
            yield from _needs(first)
        case Not():
            return
        case Or() | AtLeast() | Weighted():
            yield tuple(e for e in walk(node) if isinstance(e, Term | Pattern))
        case _:
            yield (node,)


def _posted(leaf: Node, index: _Index) -> list[set[int]]:
    """Rules that hold the leaf's rarest word, in parts."""
    match leaf:
        case Term(phrases):
            return [part for phrase in phrases for part in _rarest(phrase, index)]
        case Pattern(regex):
            return [index.holds.get(f"r:{regex}", set())]
        case _:
            return []


def _rarest(phrase: Sequence[Word], index: _Index) -> list[set[int]]:
    return min((_of_word(word, index) for word in phrase), key=_size)


def _of_word(word: Word, index: _Index) -> list[set[int]]:
    if word.form is Form.PREFIX:
        return [index.holds[key] for key in index.beginning(word.folded)]
    return [index.holds.get(f"s:{_root(word)}", set())]


def _size(parts: list[set[int]]) -> int:
    return sum(map(len, parts))


def between(
    rules: Sequence[Rule], langs_of: Callable[[Rule], Langs], pairs: int = MOST_PAIRS
) -> Iterator[Finding]:
    """Findings about rules that are equal to another or hit only where another does."""
    single: list[Rule] = []
    first: dict[object, Rule] = {}
    for rule in rules:
        key = hash((rule.wanted, rule.none, rule.admits)), rule.channels
        other = first.setdefault(key, rule)
        if other is not rule and same_asked(rule, other):
            yield _equal(rule, other, "")
        else:
            single.append(rule)
    yield from _subsumed(single, langs_of, pairs)


def same_asked(rule: Rule, other: Rule) -> bool:
    """True if the rules ask the same and tell the same."""
    asked = (rule.wanted, rule.none, rule.admits, rule.negation)
    same = asked == (other.wanted, other.none, other.admits, other.negation)
    return same and _tells_the_same(rule, other)


def _tells_the_same(rule: Rule, other: Rule) -> bool:
    return set(rule.channels) == set(other.channels) and rule.policy == other.policy


def _subsumed(
    rules: list[Rule], langs_of: Callable[[Rule], Langs], pairs: int
) -> Iterator[Finding]:
    index = _Index()
    for number, rule in enumerate(rules):
        index.add(number, rule)
    index.ready()
    told: set[int] = set()
    sought = sorted((_sought(rule, n, index) for n, rule in enumerate(rules)), key=_cheapness)
    for each in sought:
        wide = rules[each.number]
        pairs -= each.size // SIZES_A_PAIR
        if pairs <= 0:
            break
        others = each.candidates() - {each.number} - told if each.number not in told else ()
        for other in sorted(others):
            if pairs > 0 and _may(rules[other], wide):
                pairs -= 1
                yield from _compared(rules[other], wide, langs_of(rules[other]), told, other)
    if pairs <= 0:
        says = "too many rules share their words to compare all: some may be idle"
        yield Finding(code=Code.NOT_SEARCHED, message=says, rule=wide.id)


def _compared(
    narrow: Rule, wide: Rule, langs: Langs, told: set[int], number: int
) -> Iterator[Finding]:
    if not hits_within(narrow, wide, langs):
        return
    told.add(number)
    tongue = "" if hits_within(narrow, wide, ()) else language_named(langs)
    back = _may(wide, narrow) and hits_within(wide, narrow, langs)
    yield _equal(narrow, wide, tongue) if back else _within(narrow, wide, tongue)


@dataclass(frozen=True, slots=True)
class _Sought:
    """A rule, and the rules that hold a word of each of its clauses, in parts, fewest first."""

    number: int
    size: int
    clauses: list[list[set[int]]]

    def candidates(self) -> set[int]:
        """Rules that may hit only where this one does."""
        if not self.clauses:
            return set()
        found = set[int]().union(*self.clauses[0])
        for clause in self.clauses[1:]:
            if len(found) <= FEW:
                break
            found &= set[int]().union(*clause)
        return found


def _cheapness(sought: _Sought) -> tuple[int, int]:
    return sought.size, sought.number


def _sought(rule: Rule, number: int, index: _Index) -> _Sought:
    clauses = [[p for leaf in need for p in _posted(leaf, index)] for need in _needs(rule.wanted)]
    clauses.sort(key=_size)
    return _Sought(number, _size(clauses[0]) if clauses else 0, clauses)


def _may(narrow: Rule, wide: Rule) -> bool:
    """True if all but the words allows that the wide one hits whenever the narrow one does."""
    mine, yours = narrow.admits, wide.admits
    return (
        _tells_the_same(narrow, wide)
        and wide.negation in {Negation.FLAG, narrow.negation}
        and (wide.negation is Negation.FLAG or narrow.wanted == wide.wanted)
        and _at_most(mine.langs, yours.langs)
        and _at_most(mine.outlets, yours.outlets)
        and _at_most(mine.tiers, yours.tiers)
        and yours.not_outlets <= mine.not_outlets
    )


def _at_most(mine: frozenset[str] | frozenset[int], yours: frozenset[str] | frozenset[int]) -> bool:
    return not yours or (bool(mine) and mine <= yours)


def hits_within(narrow: Rule, wide: Rule, langs: Langs) -> bool:
    """True if the wide rule's words let it hit whenever the narrow one's do."""
    search = Search(langs)
    return entails(Asked(narrow.wanted), Asked(wide.wanted), search) and all(
        any(entails(Asked(stop), Asked(own), search) for own in narrow.none) for stop in wide.none
    )


def _equal(rule: Rule, other: Rule, tongue: str) -> Finding:
    says = f'asks the same as rule "{other.id}" ({other.where}){tongue}: leave one out'
    return Finding(code=Code.EQUAL, message=says, rule=rule.id)


def _within(rule: Rule, other: Rule, tongue: str) -> Finding:
    says = f'rule "{other.id}" ({other.where}) hits whenever this one does{tongue}'
    return Finding(code=Code.SUBSUMED, message=f"{says}: leave one out", rule=rule.id)
