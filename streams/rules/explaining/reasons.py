"""Reasons: what a clause asks, and why it did not hold, in words for an analyst; pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

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
    Phrase,
    Reach,
    Scope,
    Scoped,
    Term,
    Unit,
    Weighted,
    Where,
    Word,
    children,
)
from streams.rules.explaining.clauses import Clause, Heard
from streams.rules.matching.oracle import Place, places
from streams.rules.matching.patterns import found_in
from streams.rules.matching.reading import Passage

MAX_NAMED = 6
"""Words named in one reason; a list may have thousands."""

MAX_PAIRED = 300
"""Occurrences of each side looked at for the nearest pair: enough to say how far it is."""

EVERYWHERE = tuple(Scope(where) for where in Where if where not in {Where.FIRST, Where.LEAD})


def asks(node: Node) -> str:
    """What a node asks: `sanction*`, `one of Pakistan, Islamabad`, `within 8 words`."""
    match node:
        case Term():
            return _term(node)
        case Pattern(regex):
            return f"/{regex}/"
        case And():
            return "all of"
        case Or(of):
            return f"one of {_named(of)}"
        case Not():
            return "none of"
        case Near(reach=reach):
            return _reach(reach)
        case NotNear(reach=reach):
            return f"not {_reach(reach)}"
        case AtLeast(count, distinct=distinct):
            return f"{count} {'different' if distinct else 'mentions'} or more"
        case Weighted(threshold):
            return f"{threshold:g} or more"
        case Scoped(scopes):
            return f"in {scopes_named(scopes)}"


def why_not(clause: Clause, heard: Heard) -> str:
    """Why the clause did not hold; empty for one that only passes on what is below it."""
    match clause.node:
        case Term() | Pattern():
            return _absent(clause.node, clause, heard)
        case Or(of):
            return f"no {_named(of)}"
        case AtLeast():
            return _counted(clause.node, clause, heard)
        case Weighted(threshold, of):
            held = (w for (_, w), each in zip(of, clause.of, strict=True) if each.held)
            return f"{sum(held):g} of {threshold:g}"
        case Near() | NotNear():
            return _apart(clause.node, clause, heard)
        case Not():
            return "it is there"
        case And() | Scoped():
            return ""


def scopes_named(scopes: Iterable[Scope]) -> str:
    """`title, first 50`."""
    return ", ".join(f"first {s.words}" if s.where is Where.FIRST else s.where for s in scopes)


def _term(term: Term) -> str:
    exact = any(word.form is Form.EXACT for phrase in term.phrases for word in phrase)
    return f"={term.written}" if exact else term.written


def _named(nodes: Iterable[Node]) -> str:
    """The words below, once each and in the order written, the first few by name."""
    names = list(dict.fromkeys(asks(leaf) for node in nodes for leaf in _wanted(node)))
    rest = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _wanted(node: Node) -> Iterator[Term | Pattern]:
    """The words below a node that are not below a NOT of it."""
    if isinstance(node, Term | Pattern):
        yield node
    for each in () if isinstance(node, Not) else children(node):
        yield from _wanted(each)


def _reach(reach: Reach) -> str:
    order = " in this order" if reach.ordered else ""
    if reach.unit is Unit.WORDS:
        return f"within {reach.words} words{order}"
    return f"in one {reach.unit}{order}"


def _absent(node: Term | Pattern, clause: Clause, heard: Heard) -> str:
    elsewhere = _elsewhere(node, heard)
    if elsewhere:
        return f"in {', '.join(elsewhere)}, but {scopes_named(clause.scopes)} wanted"
    if isinstance(node, Pattern):
        return "not found"
    return _partly(node.phrases[0], heard) or "not there"


def _elsewhere(node: Term | Pattern, heard: Heard) -> list[str]:
    """The fields, or tags, in which it stands out of its scope."""
    passages: Iterable[Passage]
    if isinstance(node, Pattern):
        passages = (passage for passage, _, _ in found_in(node, heard.reading, EVERYWHERE))
    elif not heard.may_hold(node):
        return []
    else:
        found = sorted({p.passage for p in places(node, heard.reading, EVERYWHERE)})
        passages = (heard.reading.passages[number] for number in found)
    return list(dict.fromkeys(passage.field for passage in passages))


def _partly(phrase: Phrase, heard: Heard) -> str:
    """What of a phrase is there, or of a word that must stand as written."""
    missing = [word for word in phrase if not heard.has(word)]
    if not missing:
        return "its words are there, but not one after the other"
    folded = [word for word in missing if word.form is Form.EXACT and heard.has(_loose(word))]
    if folded == missing:
        return f"{_listed(folded)} as written wanted, with these capitals"
    return f"no {_listed(missing)}" if len(missing) < len(phrase) else ""


def _loose(word: Word) -> Word:
    return Word(word.written, word.folded)


def _listed(words: Iterable[Word]) -> str:
    return ", ".join(word.written for word in words)


def _counted(node: AtLeast, clause: Clause, heard: Heard) -> str:
    if node.distinct:
        return f"{sum(each.held for each in clause.of)} of {node.count}"
    mentions = {
        place
        for each in clause.of
        if each.held
        for place in places(each.node, heard.reading, clause.scopes)
    }
    return f"{len(mentions)} of {node.count} mentions"


def _apart(node: Near | NotNear, clause: Clause, heard: Heard) -> str:
    missing = [each for each in clause.of if not each.held]
    if isinstance(node, NotNear):
        other = _named([node.second])
        if not clause.of[0].held:
            return f"no {_named([node.first])}"
        return f"every {_named([node.first])} has {other} near it, {_reach(node.reach)}"
    if missing:
        return "; ".join(_missing(each, heard) for each in missing)
    first, second = (places(each.node, heard.reading, clause.scopes) for each in clause.of)
    return _nearest_pair(first, second, node.reach)


def _missing(clause: Clause, heard: Heard) -> str:
    if isinstance(clause.node, Near | NotNear):
        return why_not(clause, heard)
    return f"no {_named([clause.node])}"


def _nearest_pair(first: set[Place], second: set[Place], reach: Reach) -> str:
    gaps = list(_gaps(_few(first), _few(second)))
    forward = [gap for gap in gaps if gap > 0] if reach.ordered else gaps
    if not gaps:
        return "never in one field"
    if not forward:
        return "only in the other order"
    if reach.unit is not Unit.WORDS:
        return f"never in one {reach.unit}{' in this order' if reach.ordered else ''}"
    least = min(map(abs, forward))
    return f"nearest pair is {least} words apart, within {reach.words} wanted"


def _few(found: set[Place]) -> Sequence[Place]:
    return tuple(islice(sorted(found, key=lambda p: (p.passage, p.first, p.last)), MAX_PAIRED))


def _gaps(ones: Sequence[Place], others: Sequence[Place]) -> Iterable[int]:
    """Words from each one to each other in its field; below 0 where the other comes first."""
    for one in ones:
        for other in others:
            if one.passage != other.passage:
                continue
            if other.first > one.last:
                yield other.first - one.last
            elif one.first > other.last:
                yield other.last - one.first
