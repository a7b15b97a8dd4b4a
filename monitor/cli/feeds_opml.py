"""`wirewatch feeds import` and `feeds export`: lists of feeds as other programs exchange them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import DeskOption, desk_folder
from monitor.cli.shown import one_line
from monitor.exits import ExitCode, Quit

if TYPE_CHECKING:
    from monitor.desk.config import Desk
    from monitor.desk.feedlist import NewFeed
    from monitor.feeds.visiting.opml import BadOutline, Outline


def import_opml(
    file: Annotated[Path, typer.Argument(metavar="FILE.opml", help="An OPML file; - is stdin.")],
    desk: DeskOption = None,
) -> None:
    """Add the feeds of an OPML file to feeds.yaml; those that are listed already stay."""
    from monitor.desk.config import load_desk
    from monitor.desk.feedlist import add_feeds
    from monitor.feeds.visiting.opml import BadOutline

    found = load_desk(desk_folder(desk))
    outlines = _read(file)
    bad = [outline for outline in outlines if isinstance(outline, BadOutline)]
    for outline in bad:
        typer.echo(one_line(f"{file}:{outline.line}: {outline.why}"), err=True)
    new = _new_feeds(found, file, [o for o in outlines if not isinstance(o, BadOutline)])
    if new:
        add_feeds(found, new)
    for feed in new:
        typer.echo(f"{feed.id}  {feed.url}")
    typer.echo(f"{len(new)} of {len(outlines)} feeds added", err=True)
    if bad:
        raise typer.Exit(ExitCode.BAD_NEWS)


def export_opml(desk: DeskOption = None) -> None:
    """Print the feeds of the desk as OPML 2.0."""
    from monitor.desk.config import load_desk
    from monitor.feeds.visiting.opml import write_opml

    found = load_desk(desk_folder(desk))
    for feed in found.feeds:
        if not feed.url:
            typer.echo(f"{feed.id}: a folder has no address, left out", err=True)
    typer.echo(write_opml(found.feeds, title=found.name), nl=False)


def _read(file: Path) -> "list[Outline | BadOutline]":
    """What the file names.

    Raises:
        Quit: it cannot be read, or is no OPML.
    """
    from monitor.feeds.visiting.opml import MAX_OPML_BYTES, NotOpml, read_opml

    try:
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as opened:
            return read_opml(opened.read(MAX_OPML_BYTES + 1))
    except OSError as error:
        raise Quit(ExitCode.USAGE, f"{file}: {error.strerror}") from error
    except NotOpml as error:
        raise Quit(ExitCode.BAD_NEWS, f"{file}: {error}") from error


def _new_feeds(desk: "Desk", file: Path, outlines: "list[Outline]") -> "list[NewFeed]":
    """Those not listed yet, each once; the others are named on stderr."""
    from monitor.desk.feedlist import NewFeed, feed_id
    from monitor.feeds.reading.canonical import canonical

    taken = {feed.id for feed in desk.feeds}
    listed = {canonical(feed.url): feed.id for feed in desk.feeds if feed.url}
    new = []
    for outline in outlines:
        address = canonical(outline.url)
        if address in listed:
            known = f'{outline.url} is listed already, as "{listed[address]}"'
            typer.echo(one_line(f"{file}:{outline.line}: {known}"), err=True)
            continue
        name = feed_id(outline.outlet, outline.url, taken)
        taken.add(name)
        listed[address] = name
        new.append(NewFeed(id=name, url=outline.url, outlet=outline.outlet, folder=outline.folder))
    return new
