"""Compiling: a rule's AST in, its probes and what the index needs of it out; pure.

Invariant: every id that a probe asks for is in the vocabulary before the first item is read.
"""

from collections.abc import Iterable, Sequence
from typing import cast

from streams.rules.ast import (
    BODY,
    And,
    AtLeast,
    Near,
    Node,
    Not,
    NotNear,
    Or,
    Pattern,
    Scope,
    Scoped,
    Term,
    Weighted,
    children,
)
from streams.rules.book import EVERYTHING, Rule
from streams.rules.matching.index import Group, Posting
from streams.rules.matching.probe import (
    AllProbe,
    AnyPlaced,
    AnyProbe,
    DistinctProbe,
    FreeProbe,
    MentionsProbe,
    NearProbe,
    NotProbe,
    PatternProbe,
    Placed,
    Probe,
    TermProbe,
    WeightsProbe,
)
from streams.rules.matching.seen import ZONES
from streams.rules.matching.vocabulary import BODY_ZONE, Vocabulary

Scopes = tuple[Scope, ...]
Groups = list[Group]


class Compiler:
    """Turns nodes into ids, groups and probes over one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def posting(self, number: int, rule: Rule) -> tuple[Posting, Sequence[Group]]:
        """How the index holds a rule: the groups it needs, and whether they alone prove it."""
        groups = self._required(rule.wanted, BODY)
        for node in rule.none:
            self._learn(node, BODY)
        plain = rule.admits is EVERYTHING or rule.admits == EVERYTHING
        sure = plain and _is_plain(rule.wanted) and len(set(groups)) <= 2
        sure = sure and all(_is_choice(node) for node in rule.none)
        stops = frozenset(n for node in rule.none for n in self._ids(node)) if sure else frozenset()
        return Posting(rule=number, sure=sure, stops=stops), groups

    def _ids(self, choice: Node) -> frozenset[int]:
        """The ids of a word, or of alternatives."""
        if isinstance(choice, Term):
            return self.term_ids(choice, BODY)
        return frozenset(n for child in children(choice) for n in self._ids(child))

    def _term(self, term: Term, clause: str, scopes: Scopes) -> TermProbe:
        found = [self._vocabulary.term(term, zone) for zone in _zones(scopes)]
        ids = tuple({number for numbers, _ in found for number in numbers})
        words = tuple({ids for _, written in found for ids in written})
        return TermProbe(ids, words, clause, () if _is_everywhere(scopes) else scopes)

    def term_ids(self, term: Term, scopes: Scopes) -> frozenset[int]:
        """A term's ids, in each zone that the scopes touch."""
        if scopes is BODY:
            return frozenset(self._vocabulary.term(term, BODY_ZONE)[0])
        return frozenset(n for z in _zones(scopes) for n in self._vocabulary.term(term, z)[0])

    def _learn(self, node: Node, scopes: Scopes) -> None:
        """Gives every word below `node` its number."""
        if isinstance(node, Term):
            self.term_ids(node, scopes)
        inner = node.scopes if isinstance(node, Scoped) else scopes
        for child in children(node):
            self._learn(child, inner)

    # ---- what must be present

    def _required(self, node: Node, scopes: Scopes) -> Groups:
        """Groups of ids of which one each is present whenever `node` holds; learns all words."""
        match node:
            case Term():
                return [self.term_ids(node, scopes)]
            case Pattern():
                return []
            case Not(of):
                self._learn(of, scopes)
                return []
            case Scoped(inner, of):
                return self._required(of, inner)
            case NotNear(first, second, _):
                self._learn(second, scopes)
                return self._required(first, scopes)
            case And(of):
                return [group for each in of for group in self._required(each, scopes)]
            case Near(first, second, _):
                return self._required(first, scopes) + self._required(second, scopes)
            case Or(of) | AtLeast(of=of):
                return self._one_of([self._required(each, scopes) for each in of])
            case Weighted(of=weighted):
                each = [(self._required(entry, scopes), weight) for entry, weight in weighted]
                return self._one_of([groups for groups, weight in each if weight > 0])

    def _one_of(self, choices: Sequence[Groups]) -> Groups:
        """One group for alternatives: the cheapest of each, if each has one."""
        if not choices or not all(choices):
            return []
        return [frozenset().union(*(min(groups, key=self.cost) for groups in choices))]

    def cost(self, group: Group) -> float:
        """How often the words of a group occur, roughly."""
        return sum(map(self._vocabulary.cost, group))

    # ---- probes

    def probe(self, node: Node, scopes: Scopes = BODY) -> Probe:
        """What asks an item for `node`."""
        match node:
            case And(of):
                return AllProbe(self._probes(of, scopes))
            case Not(of):
                return NotProbe(self.probe(of, scopes))
            case Scoped(inner, of):
                return self.probe(of, inner)
            case Pattern(regex, clause):
                return PatternProbe(regex, clause, scopes)
            case Or(of):
                probes = self._probes(of, scopes)
                if all(isinstance(probe, Placed) for probe in probes):
                    return AnyPlaced(cast("tuple[Placed, ...]", probes))
                return AnyProbe(probes)
            case AtLeast(count, of, distinct):
                if distinct:
                    return DistinctProbe(count, self._probes(of, scopes))
                return MentionsProbe(count, tuple(self._placed(each, scopes) for each in of))
            case Weighted(threshold, weighted):
                entries = tuple((self.probe(each, scopes), weight) for each, weight in weighted)
                return WeightsProbe(threshold, entries)
            case Term() | Near() | NotNear():
                return self._placed(node, scopes)

    def _probes(self, nodes: Iterable[Node], scopes: Scopes) -> tuple[Probe, ...]:
        return tuple(self.probe(node, scopes) for node in nodes)

    def _placed(self, node: Node, scopes: Scopes) -> Placed:
        match node:
            case Term(_, _, clause):
                return self._term(node, clause, scopes)
            case Or(of):
                return AnyPlaced(tuple(self._placed(each, scopes) for each in of))
            case Near(first, second, reach):
                return NearProbe(self._placed(first, scopes), self._placed(second, scopes), reach)
            case NotNear(first, second, reach):
                return FreeProbe(self._placed(first, scopes), self._placed(second, scopes), reach)
            case _:
                raise TypeError(f"{type(node).__name__} has no places")


def _zones(scopes: Scopes) -> Iterable[str]:
    return dict.fromkeys(ZONES.get(scope.where, BODY_ZONE) for scope in scopes)


def _is_everywhere(scopes: Scopes) -> bool:
    """True if a term of these scopes' zones may stand anywhere in them."""
    wheres = {scope.where for scope in scopes}
    body = {scope.where for scope in BODY}
    return body <= wheres or wheres <= ZONES.keys()


def _is_choice(node: Node) -> bool:
    """True for a term, or alternatives that are terms."""
    if isinstance(node, Or):
        return all(map(_is_choice, node.of))
    return isinstance(node, Term)


def _is_plain(node: Node) -> bool:
    """True for terms and alternatives that must all be there."""
    if isinstance(node, And):
        return all(map(_is_plain, node.of))
    return _is_choice(node)
