"""Index: which rules are worth a look for an item that holds certain words.

In: for each rule the groups of ids of which one each must be present.  Out: the rules found by the
ids an item holds.  Two levels: under each id of a rule's cheapest group, and there under each id of
its next cheapest.  Invariant: a rule that hits an item is found; a `sure` one is met only if it
hits, save for what stops it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Group = frozenset[int]
"""Ids of which one must be present."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A rule, by number.

    A `sure` one hits once one id of each of its two groups is present, unless one of `stops` is;
    the others have to be checked.
    """

    rule: int
    sure: bool
    stops: Group = frozenset()


class Found:
    """What the index finds for one item, a rule perhaps more than once.

    Rules that hit, rules that do unless one of some ids is present, and rules to be checked.
    """

    __slots__ = ("check", "sure", "unless")

    def __init__(self, check: Iterable[int]) -> None:
        self.sure: list[int] = []
        self.unless: list[tuple[int, Group]] = []
        self.check: list[int] = [*check]

    def settled(self, present: set[int]) -> tuple[set[int], set[int], set[int]]:
        """The rules that hit, that were stopped, and that are to be checked."""
        hit, stopped, disjoint = set(self.sure), set[int](), present.isdisjoint
        for number, stops in self.unless:
            (hit if disjoint(stops) else stopped).add(number)
        return hit, stopped, set(self.check)

    def unsettled(self) -> tuple[set[int], set[int], set[int]]:
        """As `settled`, where the ids were only a guess: all are to be checked."""
        return set(), set(), {*self.sure, *(number for number, _ in self.unless), *self.check}


Leaf = tuple[Sequence[int], Sequence[tuple[int, Group]], Sequence[int]]
"""Rules met at one place, as `Found` has them."""

Node = tuple[Leaf | None, Group, dict[int, Leaf]]
"""Rules met by one id alone; the second ids, and the rules met by each of them as well."""


class Index:
    """Two levels of ids, built once.

    `postings` are the rules, each with the groups of which one id must be present; `costs` says of
    each id how often its rules would be looked at in vain.
    """

    def __init__(
        self,
        postings: Iterable[tuple[Posting, Iterable[Group]]],
        costs: Sequence[float],
    ) -> None:
        price = costs.__getitem__
        alone: dict[int, list[Posting]] = {}
        pairs: dict[int, dict[int, list[Posting]]] = {}
        always: list[int] = []
        for posting, groups in postings:
            ordered = sorted(set(groups), key=lambda group: sum(map(price, group)))
            if not ordered:
                always.append(posting.rule)
                continue
            second = next((g for g in ordered[1:] if not g <= ordered[0]), None)
            for one in ordered[0]:
                if second is None:
                    alone.setdefault(one, []).append(posting)
                for other in second or ():
                    pairs.setdefault(one, {}).setdefault(other, []).append(posting)
        self._always = tuple(always)
        self._nodes = {one: _node(alone.get(one), pairs.get(one)) for one in {*alone, *pairs}}
        self._keys = frozenset(self._nodes)

    def find(self, present: set[int]) -> Found:
        """The rules that these ids lead to."""
        found = Found(self._always)
        nodes, disjoint = self._nodes, present.isdisjoint
        leaves: list[Leaf] = []
        for one in present & self._keys:
            leaf, seconds, pairs = nodes[one]
            if leaf:
                leaves.append(leaf)
            if not disjoint(seconds):
                leaves += map(pairs.__getitem__, seconds & present)
        for sure, unless, check in leaves:
            if sure:
                found.sure += sure
            if unless:
                found.unless += unless
            if check:
                found.check += check
        return found


def _node(alone: list[Posting] | None, pairs: dict[int, list[Posting]] | None) -> Node:
    by_second = {other: _leaf(postings) for other, postings in (pairs or {}).items()}
    return _leaf(alone) if alone else None, frozenset(by_second), by_second


def _leaf(postings: Sequence[Posting]) -> Leaf:
    if len(postings) == 1 and postings[0].sure and not postings[0].stops:
        return (postings[0].rule,), (), ()
    sure = tuple(p.rule for p in postings if p.sure and not p.stops)
    unless = tuple((p.rule, p.stops) for p in postings if p.sure and p.stops)
    return sure, unless, tuple(p.rule for p in postings if not p.sure)
