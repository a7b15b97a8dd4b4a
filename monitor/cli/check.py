"""`wirewatch check`: is the book in order?"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import DeskOption, JsonOption, desk_folder
from monitor.exits import ExitCode, Quit


def check(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="A rule file or folder.  [default: the desk's rules]", show_default=False
        ),
    ] = None,
    desk: DeskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check rules: every problem at once, as file:line:col."""
    from monitor.desk.config import load_desk
    from streams.rules.load import load_book, rule_files
    from streams.yaml12 import Invalid

    default_to: tuple[str, ...] = ()
    of_desk = path is None
    if path is None:
        found = load_desk(desk_folder(desk))
        path, default_to = found.rules, found.to
    if not path.exists():
        raise Quit(ExitCode.USAGE, f"{path} is not there")
    try:
        book = load_book(path, default_to=default_to, must_tell=of_desk)
    except Invalid as error:
        for problem in error.problems:
            typer.echo(json.dumps(asdict(problem)) if as_json else str(problem))
        typer.echo(f"{len(error.problems)} problems", err=True)
        raise typer.Exit(ExitCode.BAD_NEWS) from error
    files = len(rule_files(path))
    typer.echo(f"{len(book.rules)} rules in {files} files are in order", err=True)
