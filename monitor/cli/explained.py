"""Explained: what `wirewatch explain` says of one item, as lines for a person or for a program.

In: a matcher, the rules asked about, an item.  Out: lines, and whether the expected rule hit.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import typer

from monitor.cli.bar import tracked
from monitor.cli.clauses import INDENT, clause_lines, clause_values, span
from monitor.cli.shown import one_line
from monitor.exits import ExitCode, Quit
from streams.item import Item
from streams.rules.book import Book, Rule
from streams.rules.explaining.clauses import Heard
from streams.rules.explaining.explain import Explained, Outcome, explain_all, nearest_first
from streams.rules.matching.matcher import Matcher
from streams.rules.matching.reading import read
from streams.suggestion import suggestion

MAX_MISSES = 5
"""Nearest misses shown without --all: more is not read."""


def chosen(book: Book, only: Sequence[str], expect: str) -> Sequence[Rule]:
    """The rules to explain: all, or those named.

    Raises:
        Quit: one of them is not in the book.
    """
    ids = [rule.id for rule in book.rules]
    for name in (*only, *([expect] if expect else ())):
        if name not in ids:
            raise Quit(ExitCode.USAGE, f'no rule "{name}"{suggestion(name, ids)}')
    wanted = {*only, expect}
    return [rule for rule in book.rules if not only or rule.id in wanted]


def explained(matcher: Matcher, rules: Sequence[Rule], item: Item) -> tuple[list[Explained], Heard]:
    """What the rules make of the item, hits first, and the item as heard."""
    heard = Heard(read(item))
    each = explain_all(rules, item, heard, matcher.match(item))
    return nearest_first(tracked(each, len(rules), "explaining")), heard


def shown(explained: Sequence[Explained], expect: str, *, every: bool) -> Sequence[Explained]:
    """Every rule that hits or was stopped, the nearest misses, and the one expected."""
    if every:
        return explained
    told = [each for each in explained if each.outcome is not Outcome.MISS]
    missed = [each for each in explained if each.outcome is Outcome.MISS]
    near = [each for each in missed if each.holding][:MAX_MISSES]
    others = [each for each in missed if each.rule.id == expect and each.rule.id not in _ids(near)]
    return [*told, *near, *others]


def _ids(explained: Iterable[Explained]) -> set[str]:
    return {each.rule.id for each in explained}


def output(
    item: Item,
    explained: Sequence[Explained],
    shown: Sequence[Explained],
    heard: Heard,
    *,
    as_json: bool,
) -> Iterator[str]:
    """The rules to be shown, and a count of all."""
    if as_json:
        yield from (json.dumps(_value(item, each, heard), ensure_ascii=False) for each in shown)
        yield json.dumps({"summary": {"id": item.id, **_counted(explained, len(shown))}})
        return
    yield one_line(item.title or item.summary or item.id)
    for each in shown:
        yield ""
        yield from _paragraph(each, heard)
    yield ""
    yield _rest(explained, len(shown))


def _paragraph(explained: Explained, heard: Heard) -> Iterator[str]:
    mark = "✓" if explained.outcome is Outcome.HIT else "✗"
    yield one_line(f"{mark} {explained.rule.id}: {_verdict(explained)}")
    for line in clause_lines(explained, heard):
        yield INDENT + line


def _verdict(explained: Explained) -> str:
    if explained.outcome is Outcome.MISS:
        return f"miss, {explained.failing} of {explained.asked} fail"
    status = f", {explained.status}" if explained.status else ""
    return f"{explained.outcome}{status}" + (f"  {span(explained.cue)}" if explained.cue else "")


def _value(item: Item, explained: Explained, heard: Heard) -> dict[str, Any]:
    roots = (explained.wanted, *explained.none)
    return {
        "id": item.id,
        "title": item.title,
        "rule": explained.rule.id,
        "outcome": explained.outcome,
        "status": explained.status,
        "cue": asdict(explained.cue) if explained.cue else None,
        "failing": explained.failing,
        "conditions": [asdict(each) for each in explained.conditions],
        "clauses": [clause_values(root, heard) for root in roots],
    }


def _counted(explained: Sequence[Explained], shown: int) -> dict[str, int]:
    count = dict.fromkeys((outcome.value for outcome in Outcome), 0)
    for each in explained:
        count[each.outcome] += 1
    return {"rules": len(explained), **count, "left_out": len(explained) - shown}


def _rest(explained: Sequence[Explained], shown: int) -> str:
    count = _counted(explained, shown)
    said = f"{count['hit']} of {count['rules']} rules hit"
    left = f"; {count['left_out']} more miss, shown by --all" if count["left_out"] else ""
    return said + left


def disappoints(explained: Sequence[Explained], expect: str) -> bool:
    """True, and said on stderr, where the expected rule does not hit."""
    for each in explained:
        if each.rule.id == expect and each.outcome is not Outcome.HIT:
            typer.echo(f"{expect} was expected to hit: {each.outcome}", err=True)
            return True
    return False
