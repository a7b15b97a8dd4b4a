"""Matcher: a compiled book; an item in, the rules that hit it with their evidence out."""

from streams.item import Item
from streams.match import Hit, Stopped, Verdict
from streams.rules.book import Book
from streams.rules.matching.evidence import evidence
from streams.rules.matching.oracle import judge
from streams.rules.matching.reading import read
from streams.rules.matching.verdict import hit_or_stopped, stopped_by_none


class Matcher:
    """One book, compiled.  Building it is the slow part; `match` keeps no state."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def hits(self, item: Item) -> frozenset[str]:
        """The ids of the rules that hit `item`, without evidence."""
        return frozenset(rule.id for rule in self.book.rules if judge(rule, item))

    def match(self, item: Item) -> Verdict:
        """What the book says of `item`; pure."""
        reading = read(item)
        hits: list[Hit] = []
        stopped: list[Stopped] = []
        for rule in self.book.rules:
            judged = judge(rule, item)
            if judged:
                pieces = evidence((rule.wanted,), reading)
                said = hit_or_stopped(rule, pieces, item, reading.lang)
                hits += [said] if isinstance(said, Hit) else []
                stopped += [said] if isinstance(said, Stopped) else []
            elif judged is None:
                stopped.append(stopped_by_none(rule, evidence(rule.none, reading)))
        return Verdict(hits=tuple(hits), stopped=tuple(stopped))
