"""`wirewatch check`: is the book in order, and is it what was meant?"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.bar import tracked
from monitor.cli.options import DeskOption, JsonOption, desk_folder
from monitor.cli.shown import one_line
from monitor.exits import ExitCode, Quit

if TYPE_CHECKING:
    from streams.rules.lint.finding import Finding
    from streams.rules.lint.report import Line
    from streams.rules.load import BookFiles


class Format(StrEnum):
    """For whom lines are written."""

    TEXT = "text"
    GITHUB = "github"


def check(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="A rule file or folder; without it the desk's rules.", show_default=False
        ),
    ] = None,
    desk: DeskOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings end in exit 1 too.")] = False,
    form: Annotated[
        Format, typer.Option("--format", help="text, or github: annotations of its workflows.")
    ] = Format.TEXT,
    as_json: JsonOption = False,
) -> None:
    """Check rules: every problem and doubt at once, as file:line:col."""
    from streams.rules.lint.finding import Severity

    if as_json and form is Format.GITHUB:
        raise Quit(ExitCode.USAGE, "--json and --format github exclude each other")
    lines, summary = _examined(path, desk)
    for line in lines:
        typer.echo(line.as_json() if as_json else one_line(_written(line, form)))
    typer.echo(summary, err=True)
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    if any(line.severity in bad for line in lines):
        raise typer.Exit(ExitCode.BAD_NEWS)


def _written(line: "Line", form: Format) -> str:
    return line.as_github() if form is Format.GITHUB else line.as_text()


def _examined(path: Path | None, desk: Path | None) -> "tuple[list[Line], str]":
    """What there is to say, in file order, and the summary of it."""
    from monitor.desk.config import load_desk
    from streams.rules.lint.report import error, summary
    from streams.rules.load import load_files, rule_files
    from streams.yaml12 import Invalid

    default_to: tuple[str, ...] = ()
    of_desk = path is None
    if path is None:
        found = load_desk(desk_folder(desk))
        path, default_to = found.rules, found.to
    if not path.exists():
        raise Quit(ExitCode.USAGE, f"{path} is not there")
    try:
        files = load_files(path, default_to=default_to, must_tell=of_desk)
    except Invalid as invalid:
        lines = [error(p.file, p.line, p.column, p.message) for p in invalid.problems]
        return lines, summary(lines, rules=0, files=0)
    lines = _linted(files)
    return lines, summary(lines, rules=len(files.book.rules), files=len(rule_files(path)))


def _linted(files: "BookFiles") -> "list[Line]":
    from streams.rules.heap import unwatched
    from streams.rules.lint.look import Sources, look
    from streams.rules.model import LISTS

    sources = Sources(
        rules={name: document.value[name] for name, document in files.rules.items()},
        lists={name: document.value[LISTS][name] for name, document in files.lists.items()},
    )
    total = len(files.book.rules)
    with unwatched():
        found = list(look(files.book, sources, lambda rules: tracked(rules, total, "checking")))
    return sorted({_placed(finding, files) for finding in found})


def _placed(finding: "Finding", files: "BookFiles") -> "Line":
    from streams.rules.lint.place import place_of
    from streams.rules.lint.report import line
    from streams.rules.model import LISTS

    name = finding.list_name
    document = files.lists[name] if name else files.rules[finding.rule]
    start = (LISTS, name) if name else (finding.rule,)
    written = document.value
    for step in start:
        written = written[step]
    steps = place_of(written, finding.clause)
    at = document.problem((*start, *steps), finding.message, key=not steps)
    return line(finding, at.file, at.line, at.column)
