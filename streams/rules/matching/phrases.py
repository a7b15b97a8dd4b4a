"""Phrases: which phrases of the book an item holds: each is looked for once, for all rules.

In: an item as seen.  Out: what of the book may be in it, for the index to begin with.  A phrase is
looked for only where the two of its words that fewest rules ask for are both there.
"""

from streams.rules.matching.seen import Packed, Seen
from streams.rules.matching.vocabulary import Vocabulary


class Phrases:
    """The phrases of one vocabulary, by their two rarest words."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        table: dict[int, dict[int, list[Packed]]] = {}
        for ids, number in vocabulary.phrases.items():
            rarest, second = sorted(ids, key=vocabulary.cost)[:2]
            phrases = table.setdefault(rarest, {}).setdefault(second, [])
            phrases.append(Packed(number, ids))
        self._table = {one: (frozenset(others), others) for one, others in table.items()}
        self._keys = frozenset(table)
        self._vocabulary = vocabulary

    def leads(self, seen: Seen) -> set[int]:
        """What the index is asked with: classes and phrases.

        In English exactly those in the item, and then `seen.present` knows the phrases, too; else
        more than those, so that what they lead to has to be checked.
        """
        if seen.in_classes:
            likely = self._likely(seen.present)
            if likely:
                seen.present.update(seen.stand(likely))
            return seen.present
        classes = self._vocabulary.classes
        present = {classes[number] for number in seen.present if number >= 0}
        return present.union(phrase.number for phrase in self._likely(present))

    def _likely(self, present: set[int]) -> list[Packed]:
        """The phrases whose two rarest words are there."""
        likely: list[Packed] = []
        for one in present & self._keys:
            seconds, others = self._table[one]
            if not present.isdisjoint(seconds):
                for other in seconds & present:
                    likely += others[other]
        return likely
