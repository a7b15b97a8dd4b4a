"""`wirewatch feeds`: the desk's list of feeds, and feeds as the stream would carry them."""

import json
import sys
from contextlib import closing
from typing import Annotated, Any

import typer

from monitor.cli.feeds_add import add
from monitor.cli.feeds_check import check
from monitor.cli.feeds_opml import export_opml, import_opml
from monitor.cli.options import JsonOption
from monitor.cli.shown import one_line
from monitor.exits import ExitCode

app = typer.Typer(help="Look at feeds, and at the desk's list of them.", no_args_is_help=True)


@app.callback()
def feeds() -> None:
    """Look at feeds, and at the desk's list of them."""


@app.command("read")
def read(
    sources: Annotated[
        list[str], typer.Argument(metavar="PATH|URL…", help="Files, folders, URLs; - is stdin.")
    ],
    as_json: JsonOption = False,
    private: Annotated[
        bool, typer.Option("--private", help="Names and redirects may lead to private addresses.")
    ] = False,
) -> None:
    """Read feeds as items: one line per entry, dropped ones with their reason."""
    from monitor.feeds.visiting.offline import Unreadable, read_sources

    plain = sys.stdout.isatty() and not as_json
    unreadable = 0
    with closing(read_sources(sources, private=private)) as lines:
        for line in lines:
            if isinstance(line, Unreadable):
                unreadable += 1
                typer.echo(one_line(str(line)), err=True)
            else:
                typer.echo(_shown(line) if plain else json.dumps(line, ensure_ascii=False))
    if unreadable:
        raise typer.Exit(ExitCode.BAD_NEWS)


def _shown(line: dict[str, Any]) -> str:
    dropped = f"  [dropped: {line['dropped']}]" if "dropped" in line else ""
    outlet = f"  {line['outlet']}" if line["outlet"] else ""
    return one_line(f"{_when(line)}  {line['title']}{outlet}{dropped}")


def _when(line: dict[str, Any]) -> str:
    """When it was published, in UTC, as wide as a minute is written."""
    clock = line["published"] or line["updated"]
    return (clock["at"].replace("T", " ")[:16] if clock else "undated").ljust(16)


app.command("check")(check)
app.command("add")(add)
app.command("import")(import_opml)
app.command("export")(export_opml)
