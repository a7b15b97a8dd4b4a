"""Admits: whether a rule looks at an item at all, by its language, outlet and tier; pure."""

from streams.item import Item
from streams.rules.book import Admits
from streams.text import words


def admitted(admits: Admits, item: Item, lang: str) -> bool:
    """True if a rule looks at such an item."""
    if admits.langs and lang not in admits.langs:
        return False
    if admits.tiers and item.tier not in admits.tiers:
        return False
    if not admits.outlets and not admits.not_outlets:
        return True
    names = {" ".join(words(item.outlet)), " ".join(words(item.feed))}
    return (not admits.outlets or bool(names & admits.outlets)) and not names & admits.not_outlets
