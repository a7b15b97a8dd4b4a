"""`wirewatch test`: do the rules do what their own tests say?"""

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import DeskOption, JsonOption, book_at
from monitor.exits import ExitCode


def try_rules(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="A rule file or folder; without it the desk's rules.", show_default=False
        ),
    ] = None,
    desk: DeskOption = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Also: clauses that no test has or turns on.")
    ] = False,
    junit_file: Annotated[
        Path | None,
        typer.Option("--junit", metavar="FILE", help="Also: results as JUnit XML."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the tests inside the rules: every headline they must hit or miss."""
    from monitor.cli import tested
    from streams.rules.matching.matcher import Matcher

    book = book_at(path, desk)
    matcher = Matcher(book)
    cases = tested.run(matcher)
    if junit_file is not None:
        tested.write_junit(junit_file, cases, matcher)
    failed = [each for each in cases if not each.tried.passed]
    for line in tested.output(cases if as_json else failed, matcher, as_json=as_json):
        typer.echo(line)
    unproved = tested.coverage(matcher, as_json=as_json) if coverage else None
    tested.summary(book, len(cases), len(failed), unproved, as_json=as_json)
    if failed:
        raise typer.Exit(ExitCode.BAD_NEWS)
