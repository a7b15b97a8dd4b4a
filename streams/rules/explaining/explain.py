"""Explain: one item through every clause of every rule; pure.

In: rules, an item, and what the matcher said of it.  Out: an `Explained` a rule, hits first, then
the nearest misses.  Invariant: the outcome is the matcher's own; the clauses say why.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from streams.item import Item
from streams.match import Evidence, Hit, Status, Stopped, Verdict
from streams.rules.ast import And, Scoped
from streams.rules.book import Admits, Negation, Rule
from streams.rules.explaining.clauses import Clause, Heard, walk_clauses, weigh
from streams.rules.matching.admits import admitted


class Outcome(StrEnum):
    """What a rule makes of an item."""

    HIT = "hit"
    STOPPED = "stopped"
    MISS = "miss"


@dataclass(frozen=True, slots=True)
class Condition:
    """What a rule asks of the item itself (`lang`, `outlets`, `negation`); `why` where it fails."""

    key: str
    asks: str
    held: bool
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One rule and one item: the outcome, and every clause with what became of it."""

    rule: Rule
    outcome: Outcome
    conditions: tuple[Condition, ...]
    wanted: Clause
    none: tuple[Clause, ...]
    status: Status | None = None
    cue: Evidence | None = None

    @property
    def failing(self) -> int:
        """Requirements that do not hold: what must change for a hit."""
        unmet = sum(not each.held for each in required(self.wanted))
        unfit = sum(not each.held for each in self.conditions)
        return unmet + unfit + sum(each.held for each in self.none)

    @property
    def asked(self) -> int:
        """Requirements in all."""
        return len(self.conditions) + len(required(self.wanted)) + len(self.none)

    @property
    def holding(self) -> int:
        """Requirements of which at least a word is there."""
        return sum(any(map(_is_there, walk_clauses(each))) for each in required(self.wanted))


def explain(rule: Rule, item: Item, heard: Heard, verdict: Verdict) -> Explained:
    """Every clause of `rule` for the item that `heard` has read."""
    hit = next((each for each in verdict.hits if each.rule == rule.id), None)
    stopped = next((each for each in verdict.stopped if each.rule == rule.id), None)
    return _explain(rule, item, heard, hit or stopped)


def explain_all(
    rules: Iterable[Rule], item: Item, heard: Heard, verdict: Verdict
) -> Iterator[Explained]:
    """Every rule in turn; see `explain`."""
    told: dict[str, Hit | Stopped] = {each.rule: each for each in verdict.stopped}
    told |= {each.rule: each for each in verdict.hits}
    for rule in rules:
        yield _explain(rule, item, heard, told.get(rule.id))


def nearest_first(explained: Iterable[Explained]) -> list[Explained]:
    """Hits, then what was stopped, then misses: fewest failing requirements first."""
    rank = {Outcome.HIT: 0, Outcome.STOPPED: 1, Outcome.MISS: 2}
    return sorted(explained, key=lambda e: (rank[e.outcome], e.failing, -e.holding, e.rule.id))


def required(clause: Clause) -> tuple[Clause, ...]:
    """The clauses that must each hold for this one to hold."""
    if isinstance(clause.node, And | Scoped):
        return tuple(each for part in clause.of for each in required(part))
    return (clause,)


def _explain(rule: Rule, item: Item, heard: Heard, told: Hit | Stopped | None) -> Explained:
    wanted = weigh(rule.wanted, heard)
    none = tuple(weigh(node, heard, unwanted=True) for node in rule.none)
    conditions = tuple(_conditions(rule.admits, item, heard.reading.lang))
    admits = wanted.held and all(each.held for each in conditions)
    words_hold = admits and not any(each.held for each in none)
    if rule.negation is not Negation.FLAG and words_hold:
        conditions += (_of_the_claim(rule.negation, isinstance(told, Hit)),)
    outcome = Outcome.MISS if told is None else Outcome.STOPPED
    hit = told if isinstance(told, Hit) else None
    return Explained(
        rule=rule,
        outcome=Outcome.HIT if hit else outcome,
        conditions=conditions,
        wanted=wanted,
        none=none,
        status=hit.status if hit else None,
        cue=hit.cue if hit else None,
    )


def _conditions(admits: Admits, item: Item, lang: str) -> Iterator[Condition]:
    """The parts of `admits` that ask anything, one by one."""
    source = " / ".join(filter(None, (item.outlet, item.feed))) or "unnamed"
    parts: Sequence[tuple[str, Iterable[object], Admits, str]] = (
        ("lang", admits.langs, Admits(langs=admits.langs), f"the item is {lang or 'unknown'}"),
        ("outlets", admits.outlets, Admits(outlets=admits.outlets), f"the outlet is {source}"),
        (
            "not_outlets",
            admits.not_outlets,
            Admits(not_outlets=admits.not_outlets),
            f"the outlet is {source}",
        ),
        ("tier", admits.tiers, Admits(tiers=admits.tiers), f"the item's tier is {item.tier}"),
    )
    for key, asked, part, said in parts:
        if asked:
            held = admitted(part, item, lang)
            wanted = ", ".join(sorted(map(str, asked)))
            yield Condition(key, wanted, held, "" if held else said)


def _of_the_claim(negation: Negation, held: bool) -> Condition:
    """Only the matcher knows the claim's status, and only where the words hold."""
    said = "the claim is negated" if negation is Negation.EXCLUDE else "the claim is not negated"
    return Condition("negation", negation.value, held, "" if held else said)


def _is_there(clause: Clause) -> bool:
    return clause.evidence is not None and not clause.unwanted
