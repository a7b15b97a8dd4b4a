"""Rules and items by chance: every operator and option, on so few words that hits are frequent.

In: a `random.Random`, or hypothesis' own, which shrinks what it finds.  Out: rules, items, and the
names of what a rule is made of.  The same seed gives the same rules.
"""

from collections.abc import Callable, Iterator, Sequence
from random import Random

from streams.item import Item
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
    Reach,
    Scope,
    Scoped,
    Term,
    Unit,
    Weighted,
    Where,
    walk,
)
from streams.rules.book import Admits, Rule
from streams.rules.terms import make_term

RULE_WORDS = (
    *("sanction", "sanctions", "sanctioned", "Pakistan", "rate", "hike", "cut", "ban", "no"),
    *("policy rate", "travel ban", "rate cut", "no no", "the rate", "sanctions on Pakistan"),
    *("cease-fire", "ceasefire", "cease fire", "cease-fire deal", "F-16", "state-of-the-art"),
    *("sanction*", "cease*", "pol*", "pol* rate", "travel ban*", "cease-fir*"),
    *("U.S.", "1,000", "1,000-strong", "Türkiye", "制裁", "制裁 巴", "ปาก", "санкции", "Пакистан"),
    *("عقوبات", "باكستان", "Sanktionen", "Sanktion*"),
)
EXACT_WORDS = (
    "WHO",
    "who",
    "US",
    "Bank of England",
    "Pakistan",
    "Rate",
    "ceasefire",
    "F16",
    "制裁",
)
NEWS_WORDS = (
    *("sanction", "sanctions", "Sanctioned", "SANCTIONING", "Pakistan", "Pakistan’s", "Pakistani"),
    *("rate", "rates", "Rate", "hike", "hiking", "hikes", "cut", "cuts", "ban", "bans", "no", "No"),
    *("policy", "policies", "travel", "the", "on", "deal", "cease-fire", "ceasefire", "cease"),
    *("fire", "cease‑fires", "F-16", "F16", "state-of-the-art", "rate-cut", "policy-rate", "U.S."),
    *("US", "us", "WHO", "who", "Bank of England", "bank of England", "1,000", "1000", "Türkiye"),
    *("1,000-strong", "1000strong", "Turkiye", "制裁", "制裁巴", "ปากีสถาน", "санкции", "санкциях"),
    *("Пакистана", "عقوبات", "عُقوبات", "باکستان", "Sanktionen", "Sanktion", "Sanktionsliste"),
    *("a-b-c-d-e-f-g-h-i-j", "3.5%", "!!!", "x"),
)
BREAKS = (*(" ",) * 16, ", ", ". ", "! ", "\n\n", "\n", "-", " – ", "  ", "\u00a0", "/", "…", ".\n")
REGEXES = (
    *("(?i)sanction(s|ed)?", r"S-?400|F-?16", r"rate\s+cut", r"\d,\d{3}", "制裁", "^No", r"ban\b"),
    *(r"cut\W*$", "x*", "[A-Z]{2,}", "!!!", r"the\.", "(a|b|c)-"),
)
OUTLETS = ("Reuters", "AFP", "Dawn News")
FEEDS = ("reuters-world", "afp", "dawn")
LANGS = ("", "en", "en-GB", "de", "ru", "ar", "zh")
WITHIN = (1, 1, 2, 2, 3, 5, 8, 255)
PARTS = tuple(where for where in Where if where is not Where.FIRST)


def rules(chance: Random, count: int) -> list[Rule]:
    """So many rules; each kind of node stands at the top of one in ten."""
    kinds = tuple(_KINDS.values())
    return [_rule(chance, f"r{n:04}", kinds[n % len(kinds)]) for n in range(count)]


def items(chance: Random, count: int) -> list[Item]:
    """So many items, from empty ones to some of several paragraphs."""
    return [_item(chance, f"i{n}") for n in range(count)]


def features(rule: Rule) -> frozenset[str]:
    """What the rule is made of, in the words of docs/rules.md."""
    found = {name for node in walk(rule.wanted) for name in _named(node)}
    for node in rule.none:
        found |= {"none", *(name for each in walk(node) for name in _named(each))}
    filters = {
        "lang": rule.admits.langs,
        "outlets": rule.admits.outlets,
        "not_outlets": rule.admits.not_outlets,
        "tier": rule.admits.tiers,
    }
    return frozenset(found | {name for name, given in filters.items() if given})


Make = Callable[[Random, int], Node]


def _rule(chance: Random, name: str, kind: Make) -> Rule:
    wanted = kind(chance, 2)
    if chance.random() < 0.2:
        wanted = Scoped(_scopes(chance), wanted)
    none = tuple(_node(chance, 1) for _ in range(chance.choice((0, 0, 0, 1, 2))))
    return Rule(id=name, wanted=wanted, none=none, admits=_admits(chance))


def _admits(chance: Random) -> Admits:
    def some(values: Sequence[str]) -> frozenset[str]:
        most = len(values) if chance.random() < 0.1 else 0
        return frozenset(chance.sample(values, chance.randint(1, most))) if most else frozenset()

    outlets = ("reuters", "afp", "dawn news", "reuters world", "dawn")
    return Admits(
        langs=some(("en", "de", "ru", "ar", "zh")),
        outlets=some(outlets),
        not_outlets=some(outlets),
        tiers=frozenset({1, 2} if chance.random() < 0.5 else {0})
        if chance.random() < 0.1
        else frozenset(),
    )


def _node(chance: Random, depth: int) -> Node:
    if depth <= 0:
        return chance.choice((_term, _term, _term, _term, _pattern))(chance, 0)
    return chance.choice(tuple(_KINDS.values()))(chance, depth)


def _several(chance: Random, make: Make, depth: int, most: int = 3) -> tuple[Node, ...]:
    return tuple(make(chance, depth) for _ in range(chance.randint(1, most)))


def _term(chance: Random, depth: int) -> Node:
    exact = chance.random() < 0.15
    return make_term(chance.choice(EXACT_WORDS if exact else RULE_WORDS), "all[0]", exact=exact)


def _pattern(chance: Random, depth: int) -> Node:
    return Pattern(chance.choice(REGEXES), "regex")


def _and(chance: Random, depth: int) -> Node:
    return And(_several(chance, _node, depth - 1))


def _or(chance: Random, depth: int) -> Node:
    return Or(_several(chance, _node, depth - 1))


def _not(chance: Random, depth: int) -> Node:
    join = And if chance.random() < 0.5 else Or
    return join((_node(chance, depth - 1), Not(_node(chance, depth - 1))))


def _scoped(chance: Random, depth: int) -> Node:
    return Scoped(_scopes(chance), _node(chance, depth - 1))


def _placed(chance: Random, depth: int) -> Node:
    """A word, or what else may stand in `near`."""
    if depth <= 0 or chance.random() < 0.4:
        return _term(chance, 0)
    return chance.choice((_placed_or, _placed_or, _near, _not_near))(chance, depth - 1)


def _placed_or(chance: Random, depth: int) -> Node:
    return Or(_several(chance, _placed, depth, most=4))


def _near(chance: Random, depth: int) -> Node:
    reach = _reach(chance)
    if chance.random() < 0.3:  # three or four words
        chain = Near(_some(chance), _some(chance), reach)
        for _ in range(chance.choice((1, 1, 2))):
            chain = Near(chain, _some(chance), reach)
        return chain
    return Near(_placed(chance, depth), _placed(chance, depth), reach)


def _some(chance: Random) -> Node:
    return Or(tuple(_term(chance, 0) for _ in range(chance.randint(1, 5))))


def _not_near(chance: Random, depth: int) -> Node:
    return NotNear(_placed(chance, depth), _placed(chance, depth), _reach(chance))


def _at_least(chance: Random, depth: int) -> Node:
    of = _several(chance, _placed, depth - 1, most=5)
    distinct = chance.random() < 0.4
    return AtLeast(chance.randint(1, len(of) if distinct else 4), of, distinct)


def _weighted(chance: Random, depth: int) -> Node:
    weights = (0.1, 0.2, 0.7, 1, 1, 2, 3, 5)
    of = [(_placed(chance, depth - 1), chance.choice(weights)) for _ in range(4)]
    if chance.random() < 0.6:
        of[-1] = (of[-1][0], -chance.choice(weights))
    return Weighted(chance.choice((0.3, 0.9, 1, 2, 3, 4)), tuple(of))


_KINDS: dict[str, Make] = {
    "term": _term,
    "regex": _pattern,
    "all": _and,
    "any": _or,
    "not": _not,
    "near": _near,
    "not_near": _not_near,
    "at_least": _at_least,
    "weights": _weighted,
    "in": _scoped,
}


def _reach(chance: Random) -> Reach:
    ordered = chance.random() < 0.4
    unit = chance.choice((Unit.WORDS, Unit.WORDS, Unit.WORDS, Unit.SENTENCE, Unit.PARAGRAPH))
    return Reach(unit, chance.choice(WITHIN) if unit is Unit.WORDS else 0, ordered)


def _scopes(chance: Random) -> tuple[Scope, ...]:
    return tuple(_scope(chance) for _ in range(chance.choice((1, 1, 2, 3))))


def _scope(chance: Random) -> Scope:
    if chance.random() < 0.2:
        return Scope(Where.FIRST, chance.choice((1, 3, 8, 20)))
    return Scope(chance.choice(PARTS))


def _named(node: Node) -> Iterator[str]:
    match node:
        case Term(phrases):
            yield "phrase" if len(phrases[-1]) > 1 else "word"
            if len(phrases) > 1:
                yield "hyphenated"
            yield from {word.form.value for phrase in phrases for word in phrase}
            if any(
                word.form is Form.INFLECTED and not word.folded.isascii() for word in phrases[0]
            ):
                yield "other scripts"
        case Near(first, second, reach) | NotNear(first, second, reach):
            name = "near" if isinstance(node, Near) else "not_near"
            yield name
            yield f"{name} {reach.unit.value}"
            if reach.ordered:
                yield f"{name} ordered"
            if any(isinstance(each, Near | NotNear) for at in (first, second) for each in walk(at)):
                yield "nested near"
        case AtLeast(distinct=distinct):
            yield "at_least distinct" if distinct else "at_least"
        case Weighted(of=of):
            yield "weights"
            if any(weight < 0 for _, weight in of):
                yield "weights below 0"
        case Scoped(scopes):
            yield from {f"in {scope.where.value}" for scope in scopes}
        case Pattern() | And() | Or() | Not():
            names = {Pattern: "regex", And: "all", Or: "any", Not: "not"}
            yield names[type(node)]


def _item(chance: Random, name: str) -> Item:
    return Item(
        id=name,
        feed=chance.choice(FEEDS),
        outlet=chance.choice(OUTLETS),
        credit=_text(chance, 0, 2),
        url=f"https://example.org/{'-'.join(chance.choices(NEWS_WORDS, k=3))}".replace(" ", "-"),
        title=_text(chance, 0, 10),
        summary=_text(chance, 0, 14) if chance.random() < 0.7 else "",
        text=_long(chance),
        lang=chance.choice(LANGS),
        tags=tuple(_text(chance, 0, 3) for _ in range(chance.choice((0, 1, 3)))),
        tier=chance.choice((0, 1, 2, 3)),
    )


def _long(chance: Random) -> str:
    kind = chance.random()
    if kind < 0.3:
        return ""
    if kind < 0.35:  # a paragraph longer than a lead
        return _text(chance, 65, 90, (" ",)) + "\n" + _text(chance, 3, 9)
    return chance.choice(("", "", "\n\n", " ")) + _text(chance, 5, 40)


def _text(chance: Random, least: int, most: int, breaks: Sequence[str] = BREAKS) -> str:
    few = chance.sample(NEWS_WORDS, chance.choice((4, 8, 20)))
    count = chance.randint(least, most)
    return "".join(chance.choice(few) + chance.choice(breaks) for _ in range(count))
