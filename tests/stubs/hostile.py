"""Rules and items made to be slow: each with the answer it must give all the same."""

from collections.abc import Iterator
from dataclasses import dataclass

from streams.item import MAX_ITEM_CHARS, Item, cut
from streams.rules.ast import AtLeast, Near, Node, NotNear, Or, Pattern, Reach, Term, Unit
from streams.rules.terms import make_term


@dataclass(frozen=True, slots=True)
class Hostile:
    """A rule's wish, an item, and whether it hits."""

    name: str
    wanted: Node
    item: Item
    hits: bool


def term(written: str) -> Term:
    return make_term(written, "all[0]")


def hostile(size: int) -> Iterator[Hostile]:
    """Every case, its item of about `size` words or characters; cut as any item is."""
    for name, wanted, text, hits in (*_regexes(size), *_crowds(size), *_floods(size)):
        yield Hostile(name, wanted, cut(Item(id="i", title="t", text=text, lang="en")), hits)
    tags = tuple(f"tag{n}" for n in range(size))
    yield Hostile("thousands of tags", term("t"), cut(Item(id="i", title="t", tags=tags)), True)


Case = tuple[str, Node, str, bool]


def _regexes(size: int) -> Iterator[Case]:
    text = "a" * min(size * 5, MAX_ITEM_CHARS - 1) + "!"
    for regex in ("(a+)+$", "(a|aa)+$", "(.*a){20}b", "[ab]*a[ab]{12}x", "(?:a?){50}a{50}b"):
        yield f"regex {regex}", Pattern(regex, "regex"), text, False
    words = "|".join(f"word{n}" for n in range(3_000))
    yield "regex of 3,000 alternatives", Pattern(f"(?i){words}", "regex"), "word " * size, False


def _crowds(size: int) -> Iterator[Case]:
    both, apart = "alpha beta " * (size // 2), "alpha " * (size // 2) + "x x beta " * (size // 4)
    a, b, c = term("alpha"), term("beta"), term("gamma")
    one, same = Reach(Unit.WORDS, 1), Reach(Unit.SENTENCE)
    yield "near in a crowd", Near(a, b, one), both, True
    yield "near that just misses", Near(a, b, one), apart, False
    yield "nested near in a crowd", Near(Near(a, b, same), c, same), both, False
    yield "near in one long sentence", Near(a, c, same), both + "gamma", True
    yield "not near in a crowd", NotNear(a, b, Reach(Unit.WORDS, 255)), both, False
    yield "hyphens", Near(a, b, one), "alpha-beta " * (size // 4), True
    no = term(" ".join(["no"] * 50))
    yield "a phrase of one word", no, "no " * size, True
    yield "a phrase that never ends", term("no " * 50 + "yes"), "no " * size, False
    yield "mentions of a phrase", AtLeast(100, (no,)), "no " * size, size >= 5_000
    yield "mentions in a crowd", AtLeast(100, (a, b)), both, size >= 100
    many = Or(tuple(term(f"word{n}") for n in range(10_000)))
    yield "10,000 terms", many, "alpha beta word9999", True


def _floods(size: int) -> Iterator[Case]:
    flood, t = "\u0301\u0316" * (size // 4), term("omega")
    yield "one word", term("aaa*"), "a" * MAX_ITEM_CHARS, True
    yield "combining marks", t, f"e{flood} omega", True
    yield "bidi", t, "\u202e\u2066\u200f" * size + " omega \u202c", True
    yield "lone surrogates", t, "\ud800\udfff omega \udc00", True
    yield "regex on surrogates", Pattern("omega", "regex"), "\ud800\udfff omega \udc00", True
    yield "NUL", t, "\0" * size + " omega", True
    yield "points", t, "." * size + " omega", True
    yield "spaces", t, " " * size + "omega", True
    yield "1,1,1,1", t, "1," * size + " omega", True
    yield "initials", t, "a." * size + " omega", True
    yield "1 MB", term("alpha"), "alpha " * 170_000, True
