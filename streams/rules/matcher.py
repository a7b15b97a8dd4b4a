"""Matcher: a compiled book; an item in, the rules that hit it with their evidence out.

One pass finds which terms of the whole book occur; an index on one required clause per rule then
names the few rules worth evaluating.  Invariant: says exactly what `oracle` says.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from streams.item import Item
from streams.match import Evidence, Hit, Stopped, Verdict
from streams.rules.book import Book, Group, Node, Rule, Term, terms
from streams.text import Token, tokenise

FIELDS = ("title", "summary", "text")
"""Where rules look, in the order evidence is preferred."""

MAX_EVIDENCE = 16
"""Pieces per rule and item: more than anybody reads, and a match must fit into Kafka's 1 MB."""

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a term was first found."""

    field: str
    start: int
    end: int


Found = Mapping[Words, _Place]


class Matcher:
    """One book, compiled.  Building it is the slow part; `match` keeps no state."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._phrases: dict[str, set[Words]] = defaultdict(set)
        self._by_anchor: dict[Words, list[int]] = defaultdict(list)
        for number, rule in enumerate(book.rules):
            for term in terms(rule.clauses):
                self._phrases[term.words[0]].add(term.words)
            for anchor in _anchors(rule.clauses):
                self._by_anchor[anchor].append(number)

    def match(self, item: Item) -> Verdict:
        """What the book says of `item`; pure."""
        found = self._find(item)
        numbers = {n for words in found for n in self._by_anchor.get(words, ())}
        hits: list[Hit] = []
        stopped: list[Stopped] = []
        for rule in (self.book.rules[n] for n in sorted(numbers)):
            if not _positive(rule.clauses, found):
                continue
            by = [n for n in rule.clauses.none if _holds(n, found)]
            if by:
                stopped.append(_stopped(rule, by, found, item))
            else:
                hits.append(_hit(rule, found, item))
        return Verdict(hits=tuple(hits), stopped=tuple(stopped))

    def _find(self, item: Item) -> dict[Words, _Place]:
        """The book's terms that occur in the item, each with its first place."""
        found: dict[Words, _Place] = {}
        for field in FIELDS:
            tokens = tokenise(getattr(item, field))
            for n, token in enumerate(tokens):
                for words in self._phrases.get(token.word, ()):
                    if words not in found and _stands_at(words, tokens, n):
                        end = tokens[n + len(words) - 1].end
                        found[words] = _Place(field, token.start, end)
        return found


def _stands_at(words: Words, tokens: list[Token], n: int) -> bool:
    if len(words) == 1:
        return True
    return tuple(t.word for t in tokens[n : n + len(words)]) == words


def _anchors(group: Group) -> frozenset[Words]:
    """Terms of which at least one occurs whenever `group` holds; the fewest that do."""
    choices = [_node_anchors(node) for node in group.all]
    if group.any:
        choices.append(frozenset().union(*map(_node_anchors, group.any)))
    return min(choices, key=_cost)


def _node_anchors(node: Node) -> frozenset[Words]:
    return frozenset([node.words]) if isinstance(node, Term) else _anchors(node)


def _cost(anchors: Iterable[Words]) -> float:
    """Few, long and many-worded terms are rare; a rough guess that only steers speed."""
    return sum(1 / (sum(map(len, words)) + 5 * len(words)) for words in anchors)


def _holds(node: Node, found: Found) -> bool:
    if isinstance(node, Term):
        return node.words in found
    return _positive(node, found) and not any(_holds(n, found) for n in node.none)


def _positive(group: Group, found: Found) -> bool:
    return all(_holds(n, found) for n in group.all) and (
        not group.any or any(_holds(n, found) for n in group.any)
    )


def _hit(rule: Rule, found: Found, item: Item) -> Hit:
    nodes = (*rule.clauses.all, *rule.clauses.any)
    return Hit(rule=rule.id, channels=rule.channels, evidence=_evidence(nodes, found, item))


def _stopped(rule: Rule, by: Iterable[Node], found: Found, item: Item) -> Stopped:
    return Stopped(rule=rule.id, channels=rule.channels, evidence=_evidence(by, found, item))


def _evidence(nodes: Iterable[Node], found: Found, item: Item) -> tuple[Evidence, ...]:
    """One piece per term that occurs, title first."""
    pieces = {}
    for term in _occurring(nodes, found):
        place = found[term.words]
        text = getattr(item, place.field)[place.start : place.end]
        pieces[term.clause, place] = Evidence(
            clause=term.clause, field=place.field, start=place.start, end=place.end, text=text
        )
    ordered = sorted(pieces.values(), key=lambda e: (FIELDS.index(e.field), e.start, e.clause))
    return tuple(ordered[:MAX_EVIDENCE])


def _occurring(nodes: Iterable[Node], found: Found) -> Iterator[Term]:
    """The terms that made these nodes hold; what a nested `none` looked for is no evidence."""
    for node in nodes:
        if isinstance(node, Term):
            if node.words in found:
                yield node
        elif _holds(node, found):
            yield from _occurring((*node.all, *node.any), found)
