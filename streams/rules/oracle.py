"""The oracle: what a rule means, said slowly and obviously.

In: a rule and an item.  Out: True, False, or None for "stopped by none".  No index, no compiling;
the matcher must never differ from it.
"""

from streams.item import Item
from streams.rules.book import Group, Node, Rule, Term
from streams.text import words


def judge(rule: Rule, item: Item) -> bool | None:
    """True: hits.  None: would hit, but its `none` stops it.  False: does not concern it."""
    clauses = rule.clauses
    if not _holds(Group(all=clauses.all, any=clauses.any), item):
        return False
    return None if any(_holds(node, item) for node in clauses.none) else True


def _holds(node: Node, item: Item) -> bool:
    if isinstance(node, Term):
        return any(_contains(words(text), node.words) for text in _fields(item))
    every = all(_holds(child, item) for child in node.all)
    some = any(_holds(child, item) for child in node.any) if node.any else True
    stopped = any(_holds(child, item) for child in node.none)
    return every and some and not stopped


def _fields(item: Item) -> tuple[str, ...]:
    return item.title, item.summary, item.text


def _contains(text: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return any(text[n : n + len(phrase)] == phrase for n in range(len(text)))
