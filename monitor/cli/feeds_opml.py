"""`wirewatch feeds import` and `feeds export`: lists of feeds as other programs exchange them."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import DeskOption, JsonOption, desk_folder
from monitor.cli.shown import one_line
from monitor.exits import ExitCode, Quit
from monitor.feeds.address import hidden_login, login_of

if TYPE_CHECKING:
    from monitor.desk.importing import Judged
    from monitor.feeds.visiting.opml import BadOutline, Outline


def import_opml(
    file: Annotated[Path, typer.Argument(metavar="FILE.opml", help="An OPML file; - is stdin.")],
    desk: DeskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add the feeds of an OPML file to feeds.yaml; those that are listed already stay."""
    from monitor.desk.config import load_desk
    from monitor.desk.feedlist import add_feeds
    from monitor.desk.importing import Fate, new_feeds

    found = load_desk(desk_folder(desk))
    judged = new_feeds(found.feeds, _read(file))
    new = [each.new for each in judged if each.new]
    if new:
        add_feeds(found, new)
    for each in judged:
        if as_json:
            typer.echo(json.dumps(_as_json(each), ensure_ascii=False))
        elif each.new:
            typer.echo(f"{each.id}  {hidden_login(each.new.url)}")
        else:
            typer.echo(one_line(f"{file}:{each.line}: {each.why}"), err=True)
    counted = f"{len(new)} of {len(judged)} feeds added" if judged else f"{file} names no feeds"
    typer.echo(counted, err=True)
    if any(each.fate is Fate.REFUSED for each in judged):
        raise typer.Exit(ExitCode.BAD_NEWS)


def _as_json(judged: "Judged") -> dict[str, object]:
    new = judged.new
    return {
        "line": judged.line,
        "fate": judged.fate,
        "id": judged.id,
        "url": hidden_login(new.url) if new else "",
        "outlet": new.outlet if new else "",
        "folder": new.folder if new else "",
        "why": judged.why,
    }


def export_opml(desk: DeskOption = None) -> None:
    """Print the feeds of the desk as OPML 2.0."""
    from monitor.desk.config import load_desk
    from monitor.feeds.visiting.opml import write_opml

    found = load_desk(desk_folder(desk))
    for feed in found.feeds:
        if not feed.url:
            typer.echo(f"{feed.id}: a folder has no address, left out", err=True)
        elif login_of(feed.url):
            typer.echo(f"{feed.id}: mind that a user and password stand in its address", err=True)
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
