"""`wirewatch init`: writes a desk folder."""

import re
from pathlib import Path
from typing import Annotated

import typer

from monitor.exits import ExitCode, Quit


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write.")],
) -> None:
    """Write a desk: desk.yaml, feeds.yaml, rules with tests, a schema for editors."""
    from monitor.desk.write import write_desk

    if (folder / "desk.yaml").exists():
        raise Quit(ExitCode.USAGE, f"{folder} is a desk already; nothing was written")
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    try:
        written = write_desk(folder, name=name[:60])
    except OSError as error:
        raise Quit(ExitCode.USAGE, f"{folder} cannot be written: {error.strerror}") from error
    for path in written:
        typer.echo(path)
    of_desk = f"--desk {folder}"
    typer.echo(
        f"\nPut your feeds into {folder / 'feeds.yaml'} (wirewatch feeds add URL {of_desk} does), "
        f"then: wirewatch run {of_desk}",
        err=True,
    )
