"""Matcher: a compiled book; an item in, the rules that hit it with their evidence out.

One pass marks which of the book's words an item holds, phrases among them are made sure of, and an
index of two levels names the few rules left to be asked.  Invariant: says exactly what `oracle`
says.
"""

from collections.abc import Iterable

from streams.item import Item
from streams.match import Evidence, Hit, Stopped, Verdict
from streams.rules.book import Book
from streams.rules.matching.admits import admitted
from streams.rules.matching.compiling import Compiler
from streams.rules.matching.index import Index
from streams.rules.matching.phrases import Phrases
from streams.rules.matching.probe import Probe
from streams.rules.matching.reading import fields
from streams.rules.matching.seen import Seen
from streams.rules.matching.verdict import hit_or_stopped, stopped_by_none
from streams.rules.matching.vocabulary import Vocabulary

MAX_EVIDENCE = 16
"""Pieces per rule and item: more than anybody reads, and a match must fit into Kafka's 1 MB."""

Judged = tuple[set[int], set[int], Seen]
"""The rules that hit and those that something stopped, by number; and the item as it was seen."""

Probes = tuple[Probe, tuple[Probe, ...]]
"""What asks for a rule's wanted, and for each of its none."""


class Matcher:
    """One book, compiled.  Building it is the slow part; judging one item leaves only memos.

    `like` is a matcher in force: what it has learned of the languages in the news is made ready
    here before the first item comes.
    """

    def __init__(self, book: Book, like: "Matcher | None" = None) -> None:
        self.book = book
        self._ids = [rule.id for rule in book.rules]
        self._vocabulary = Vocabulary()
        self._compiler = Compiler(self._vocabulary)
        postings = [self._compiler.posting(n, rule) for n, rule in enumerate(book.rules)]
        self._index = Index(postings, self._vocabulary.costs())
        self._phrases = Phrases(self._vocabulary)
        self._probes: list[Probes | None] = [None] * len(book.rules)
        self._vocabulary.prepare(like.languages if like else ("en",))

    @property
    def languages(self) -> frozenset[str]:
        """The languages of the news so far."""
        return self._vocabulary.languages

    def hits(self, item: Item) -> frozenset[str]:
        """The ids of the rules that hit `item`, without evidence."""
        hit, _, _ = self._judge(item)
        return frozenset(map(self._ids.__getitem__, hit))

    def match(self, item: Item) -> Verdict:
        """What the book says of `item`."""
        hit, stopped, seen = self._judge(item)
        said = [self._hit(number, seen) for number in sorted(hit)]
        stops = [each for each in said if isinstance(each, Stopped)]
        stops += (self._stopped(number, seen) for number in stopped)
        return Verdict(
            hits=tuple(each for each in said if isinstance(each, Hit)),
            stopped=tuple(sorted(stops, key=lambda each: each.rule)),
        )

    def _judge(self, item: Item) -> Judged:
        self._vocabulary.tidy()
        seen = Seen(item, self._vocabulary)
        found = self._index.find(self._phrases.leads(seen))
        hit, stopped, check = found.settled(seen.present) if seen.in_classes else found.unsettled()
        for number in check:
            said = self._check(number, seen)
            if said is not False:
                (hit if said else stopped).add(number)
        return hit, stopped, seen

    def _check(self, number: int, seen: Seen) -> bool | None:
        """True: hits.  None: would, but its `none` stops it.  False: does not."""
        if not admitted(self.book.rules[number].admits, seen.item, seen.lang):
            return False
        wanted, none = self._probes_of(number)
        if not wanted.holds(seen):
            return False
        return None if any(probe.holds(seen) for probe in none) else True

    def _probes_of(self, number: int) -> Probes:
        """A rule's probes, made when they are first needed."""
        probes = self._probes[number]
        if probes is None:
            rule, probe = self.book.rules[number], self._compiler.probe
            probes = self._probes[number] = probe(rule.wanted), tuple(map(probe, rule.none))
        return probes

    def _hit(self, number: int, seen: Seen) -> Hit | Stopped:
        wanted, _ = self._probes_of(number)
        pieces = _evidence([wanted], seen)
        return hit_or_stopped(self.book.rules[number], pieces, seen.item, seen.lang)

    def _stopped(self, number: int, seen: Seen) -> Stopped:
        _, none = self._probes_of(number)
        by = [probe for probe in none if probe.holds(seen)]
        return stopped_by_none(self.book.rules[number], _evidence(by, seen))


def _evidence(probes: Iterable[Probe], seen: Seen) -> tuple[Evidence, ...]:
    """One piece per term that occurs: title first, then in the order the rule names them."""
    pieces = dict.fromkeys(piece for probe in probes for piece in probe.evidence(seen))
    rank = {name: number for number, (name, _, _) in enumerate(fields(seen.item))}
    return tuple(sorted(pieces, key=lambda piece: rank[piece.field]))[:MAX_EVIDENCE]
