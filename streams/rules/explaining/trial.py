"""Trial: a rule's own tests, run against the matcher; pure.

In: a matcher and its book's cases.  Out: a `Tried` a case: what was wanted, what came, and why.
Invariant: the matcher judges, as in the stream; nothing here says what a rule means.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from streams.item import Item, cut
from streams.match import Hit
from streams.rules.book import Case, Rule
from streams.rules.explaining.clauses import Heard
from streams.rules.explaining.explain import Explained, explain
from streams.rules.matching.matcher import Matcher
from streams.rules.matching.reading import read

_PARTS = {"body": "text"}
"""A case's `text` is the title; so what the item calls text is called body there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One case, and what became of it; `got` and `wanted` differ where it failed."""

    rule: Rule
    case: Case
    hit: Hit | None
    item: Item

    @property
    def wanted(self) -> str:
        """`hit`, `miss`, or a hit with its status: `hit, negated`."""
        return _said(self.case.hit, self.case.status)

    @property
    def got(self) -> str:
        """What came, in the same words; a status only where one was wanted."""
        if self.hit is None or not self.case.status:
            return _said(self.hit is not None, "")
        return _said(True, self.hit.status or "no status")

    @property
    def passed(self) -> bool:
        """True if the rule says what its author expected."""
        return self.wanted == self.got


def case_item(case: Case) -> Item:
    """The item a case speaks of: its text is the title, its other parts as named."""
    parts: dict[str, Any] = {_PARTS.get(name, name): value for name, value in case.parts}
    return cut(replace(Item(id=case.where or "case", title=case.text), **parts))


def try_rule(matcher: Matcher, rule: Rule) -> Iterator[Tried]:
    """Every case of a rule of the matcher's book, in the order written."""
    for case in rule.tests:
        item = case_item(case)
        hit = next((each for each in matcher.match(item).hits if each.rule == rule.id), None)
        yield Tried(rule=rule, case=case, hit=hit, item=item)


def explain_case(matcher: Matcher, tried: Tried) -> tuple[Explained, Heard]:
    """Every clause of the rule for the case's item, and the item as heard."""
    heard = Heard(read(tried.item))
    return explain(tried.rule, tried.item, heard, matcher.match(tried.item)), heard


def _said(hit: bool, status: str) -> str:
    if not hit:
        return "miss"
    return f"hit, {status}" if status else "hit"
