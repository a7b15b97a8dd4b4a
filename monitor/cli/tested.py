"""Tested: what `wirewatch test` says of rules' own tests, for a person, a program, a build server.

In: a matcher of the rules.  Out: cases with their times, lines, a JUnit file, a summary.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer

from monitor.cli.bar import tracked
from monitor.cli.clauses import INDENT, clause_lines, clause_values
from monitor.cli.shown import one_line
from monitor.exits import ExitCode, Quit
from monitor.junit import JUnitCase, junit
from streams.rules.book import Book, Rule
from streams.rules.explaining.coverage import Uncovered, uncovered
from streams.rules.explaining.trial import Tried, explain_case, try_rule
from streams.rules.lint.report import counted
from streams.rules.matching.matcher import Matcher


@dataclass(frozen=True, slots=True)
class Timed:
    """A case that was tried, and how long that took."""

    tried: Tried
    time_s: float


def run(matcher: Matcher) -> list[Timed]:
    """Every case of every rule of the matcher's book, behind a bar."""
    count = sum(len(rule.tests) for rule in matcher.book.rules)
    return list(tracked(_tried(matcher), count, "testing"))


def output(cases: Iterable[Timed], matcher: Matcher, *, as_json: bool) -> Iterator[str]:
    """Cases as lines."""
    for each in cases:
        if as_json:
            yield json.dumps(_value(each, matcher), ensure_ascii=False)
        else:
            yield from _lines(each.tried, matcher)


def _tried(matcher: Matcher) -> Iterator[Timed]:
    for rule in matcher.book.rules:
        start = time.perf_counter()
        for tried in try_rule(matcher, rule):
            now = time.perf_counter()
            yield Timed(tried, now - start)
            start = time.perf_counter()


def _lines(tried: Tried, matcher: Matcher) -> Iterator[str]:
    """What was expected and what came, then every clause."""
    case = tried.case
    said = f'expected {tried.wanted}, got {tried.got}: "{case.text}"'
    yield one_line(f"{case.where}: {tried.rule.id}: {said}")
    if case.why:
        yield one_line(f"{INDENT}{INDENT}why: {case.why}")
    for line in clause_lines(*explain_case(matcher, tried)):
        yield f"{INDENT}{INDENT}{line}"


def _value(each: Timed, matcher: Matcher) -> dict[str, Any]:
    tried = each.tried
    line: dict[str, Any] = {
        **_place(tried.case.where),
        "rule": tried.rule.id,
        "text": tried.case.text,
        "expected": tried.wanted,
        "got": tried.got,
        "passed": tried.passed,
        "why": tried.case.why,
        "time_s": round(each.time_s, 6),
        "evidence": [asdict(piece) for piece in tried.hit.evidence] if tried.hit else [],
    }
    if not tried.passed:
        explained, heard = explain_case(matcher, tried)
        roots = (explained.wanted, *explained.none)
        line["conditions"] = [asdict(each) for each in explained.conditions]
        line["clauses"] = [clause_values(root, heard) for root in roots]
    return line


def coverage(matcher: Matcher, *, as_json: bool) -> int:
    """Prints what the tests do not prove; how much that is."""
    count = 0
    rules = matcher.book.rules
    for rule in tracked(rules, len(rules), "coverage", prints=True):
        for each in uncovered([explain_case(matcher, tried) for tried in try_rule(matcher, rule)]):
            count += 1
            typer.echo(_uncovered(rule, each, as_json=as_json))
    return count


def _uncovered(rule: Rule, each: Uncovered, *, as_json: bool) -> str:
    says = "decides no test" if each.tested else "no test has it"
    if not as_json:
        return one_line(f"{rule.where}: {rule.id}: {each.path} {each.asks}: {says}")
    line = {**_place(rule.where), "rule": rule.id, "clause": each.path, "asks": each.asks}
    return json.dumps({"uncovered": {**line, "says": says}}, ensure_ascii=False)


def summary(book: Book, cases: int, failed: int, unproved: int | None, *, as_json: bool) -> None:
    """How it went: on stderr for a person, as the last object for a program."""
    without = sum(not rule.tests for rule in book.rules)
    if as_json:
        told = {"rules": len(book.rules), "without_tests": without, "cases": cases}
        told |= {"passed": cases - failed, "failed": failed}
        told |= {} if unproved is None else {"uncovered": unproved}
        typer.echo(json.dumps({"summary": told}))
        return
    tested = counted(len(book.rules) - without, "rule")
    said = f"{counted(cases, 'test')} of {tested}: {failed or 'none'} failed"
    said += f"; without tests: {counted(without, 'rule')}" if without else ""
    said += "" if unproved is None else f"; not proved: {counted(unproved, 'clause')}"
    typer.echo(said, err=True)


def write_junit(file: Path, cases: Sequence[Timed], matcher: Matcher) -> None:
    """Writes the cases as JUnit XML, a suite for each rule file.

    Raises:
        Quit: the file cannot be written.
    """
    suites: dict[str, list[JUnitCase]] = {}
    for each in cases:
        suite = _place(each.tried.case.where)["file"]
        suites.setdefault(str(suite), []).append(_junit_case(each, matcher))
    try:
        file.write_bytes(junit(suites))
    except OSError as error:
        raise Quit(ExitCode.USAGE, f"{file} cannot be written: {error.strerror}") from error


def _junit_case(each: Timed, matcher: Matcher) -> JUnitCase:
    tried, place = each.tried, _place(each.tried.case.where)
    lines = [] if tried.passed else list(_lines(tried, matcher))
    return JUnitCase(
        classname=tried.rule.id,
        name=tried.case.text,
        time_s=each.time_s,
        failure=f"expected {tried.wanted}, got {tried.got}" if lines else "",
        detail="\n".join(lines),
        line=int(place["line"]),
    )


def _place(where: str) -> dict[str, str | int]:
    """`file:line:col` in its parts."""
    parts = where.rsplit(":", 2)
    with suppress(ValueError):
        file, line, column = parts
        return {"file": file, "line": int(line), "column": int(column)}
    return {"file": where, "line": 0, "column": 0}
