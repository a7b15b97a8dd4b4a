"""The clauses of rules in a word or two, and what is said of them."""

from streams.item import Item
from streams.rules.ast import And, Node, Or, Reach, Scope, Term, Unit, Where
from streams.rules.book import Book, Case, Rule
from streams.rules.explaining.clauses import Clause, Heard, walk_clauses
from streams.rules.explaining.explain import Explained, explain
from streams.rules.matching.matcher import Matcher
from streams.rules.matching.reading import read
from streams.rules.terms import make_term

FIVE = Reach(Unit.WORDS, 5)
TITLE = (Scope(Where.TITLE),)


def word(written: str, clause: str = "all[0]") -> Term:
    return make_term(written, clause)


def exact(written: str) -> Term:
    return make_term(written, "exact[0]", exact=True)


def one_of(*written: str, clause: str = "any") -> Or:
    return Or(tuple(word(w, f"{clause}[{n}]") for n, w in enumerate(written)))


def listed(*written: str, clause: str = "all[1]") -> Or:
    """As an `@list` is read: every word stands in the clause of the list."""
    return Or(tuple(word(w, clause) for w in written))


def every(*of: Node) -> And:
    return And(of)


def cases(*told: tuple[str, bool]) -> tuple[Case, ...]:
    return tuple(
        Case(text=text, hit=hit, where=f"r.yaml:{n}:5") for n, (text, hit) in enumerate(told, 1)
    )


def told(rule: Rule, item: Item) -> tuple[Explained, Heard]:
    heard = Heard(read(item))
    return explain(rule, item, heard, Matcher(Book((rule,))).match(item)), heard


def pieces(clause: Clause) -> list:
    return [each.evidence for each in walk_clauses(clause) if each.evidence]
