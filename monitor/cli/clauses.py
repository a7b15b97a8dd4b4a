"""Clauses as `test` and `explain` print them: lines for a person, values for JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from monitor.cli.shown import one_line
from streams.match import Evidence
from streams.rules.ast import And, Not, Or, Scoped
from streams.rules.explaining.clauses import Clause, Heard
from streams.rules.explaining.explain import Explained
from streams.rules.explaining.reasons import asks, why_not

INDENT = "  "
MAX_PARTS = 20
"""Clauses shown of one group; a rule may have thousands, which --json has."""


def clause_lines(explained: Explained, heard: Heard) -> Iterator[str]:
    """✓ what holds and where, ✗ what fails and why, – what is rightly not there."""
    for condition in explained.conditions:
        why = f"  {condition.why}" if condition.why else ""
        mark = "✓" if condition.held else "✗"
        yield one_line(f"{mark} {condition.key} {condition.asks}{why}")
    for root in (explained.wanted, *explained.none):
        yield from _lines(root, heard, root=True)


def clause_values(clause: Clause, heard: Heard) -> dict[str, Any]:
    """One clause and those below it, for JSON."""
    return {
        "clause": clause.path,
        "asks": asks(clause.node),
        "held": clause.held,
        "unwanted": clause.unwanted,
        "why": "" if clause.held else why_not(clause, heard),
        "evidence": asdict(clause.evidence) if clause.evidence else None,
        "of": [clause_values(each, heard) for each in clause.of],
    }


def span(evidence: Evidence) -> str:
    """`title 4-13 "sanctions"`."""
    return f'{evidence.field} {evidence.start}-{evidence.end} "{evidence.text}"'


def _lines(clause: Clause, heard: Heard, *, root: bool = False) -> Iterator[str]:
    passes_on = isinstance(clause.node, Not | Scoped) or (root and isinstance(clause.node, And))
    if not passes_on:
        yield one_line(_line(clause, heard))
    indent = "" if passes_on else INDENT
    below = _shown_below(clause)
    for each in below[:MAX_PARTS]:
        for line in _lines(each, heard, root=root and passes_on):
            yield indent + line
    if len(below) > MAX_PARTS:
        yield f"{indent}… {len(below) - MAX_PARTS} more"


def _line(clause: Clause, heard: Heard) -> str:
    said = f"{_mark(clause)} {clause.path} {asks(clause.node)}"
    held = [each for each in (clause, *_leaves(clause)) if each.evidence]
    if not clause.held:
        why = "not there" if clause.unwanted else why_not(clause, heard)
        return f"{said}  {why}" if why else said
    if held and held[0].evidence:
        said += f"  {span(held[0].evidence)}"
    return f"{said}  stops it" if clause.unwanted else said


def _mark(clause: Clause) -> str:
    if clause.unwanted:
        return "✗" if clause.held else "–"
    return "✓" if clause.held else "✗"


def _leaves(clause: Clause) -> tuple[Clause, ...]:
    """The words of a choice that is told in one line."""
    return clause.of if isinstance(clause.node, Or) and not _shown_below(clause) else ()


def _shown_below(clause: Clause) -> tuple[Clause, ...]:
    """The parts worth lines: of a choice of words none; its own line says which is there.

    Of very many come first those that tell most: what fails where all must hold, else what holds.
    """
    if isinstance(clause.node, Or) and not any(each.of for each in clause.of):
        return ()
    if len(clause.of) <= MAX_PARTS:
        return clause.of
    telling = not isinstance(clause.node, And)
    return tuple(sorted(clause.of, key=lambda each: each.held is not telling))
