"""`wirewatch feeds add`: one more feed at the end of feeds.yaml."""

import asyncio
import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import DeskOption, load
from monitor.cli.shown import one_line
from monitor.exits import ExitCode, Quit

if TYPE_CHECKING:
    from monitor.desk.config import Desk
    from monitor.feeds.visiting.adding import Candidate


def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed, or a page that names one.")],
    desk: DeskOption = None,
    name: Annotated[
        str, typer.Option("--id", metavar="ID", help="Its name.  [default: after its title]")
    ] = "",
    outlet: Annotated[
        str, typer.Option("--outlet", metavar="NAME", help="How people call the outlet.")
    ] = "",
    private: Annotated[
        bool, typer.Option("--private", help="It lies in one's own network: allow_private.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take a feed that was found unasked.")] = False,
) -> None:
    """Add a feed to feeds.yaml; of a page the feed it names."""
    from monitor.desk.feedlist import NewFeed, add_feeds, feed_id
    from monitor.feeds.visiting.adding import find_feeds

    found, settings = load(desk)
    contact = settings.text("WIREWATCH_CONTACT")
    _must_be_free(found, url, name)
    answer = asyncio.run(find_feeds(url, private=private, contact=contact))
    if not answer.candidates:
        raise Quit(ExitCode.BAD_NEWS, "\n".join(("no feed there", *map(one_line, answer.failed))))
    if len(answer.candidates) > 1:
        for candidate in answer.candidates:
            typer.echo(_shown(candidate))
        raise Quit(ExitCode.USAGE, "several feeds there: name the one that is meant")
    [chosen] = answer.candidates
    if not answer.direct:
        _must_be_free(found, chosen.url, "")
        typer.echo(_shown(chosen), err=True)
        if not yes and sys.stdin.isatty() and not typer.confirm("Add it?", err=True):
            raise Quit(ExitCode.BAD_NEWS, "nothing was added")
    taken = {feed.id for feed in found.feeds}
    new = NewFeed(
        id=name or feed_id(outlet or chosen.title, chosen.url, taken),
        url=chosen.url,
        outlet=outlet,
        allow_private=private,
    )
    add_feeds(found, [new])
    typer.echo(f"{new.id}  {new.url}")


def _must_be_free(desk: "Desk", url: str, name: str) -> None:
    """Refuses an address that is none or is listed, and an id that cannot be or is taken.

    Raises:
        Quit: naming which.
    """
    from monitor.desk.config import ID_PATTERN, MAX_ID_CHARS
    from monitor.feeds.reading.canonical import canonical, web_url

    if not web_url(url):
        raise Quit(ExitCode.USAGE, f'"{url}" is no http or https address')
    if name and (not re.match(ID_PATTERN, name) or len(name) > MAX_ID_CHARS):
        raise Quit(
            ExitCode.USAGE,
            f"--id {name}: small letters, digits and hyphens, at most {MAX_ID_CHARS}",
        )
    for feed in desk.feeds:
        if feed.url and canonical(feed.url) == canonical(url):
            raise Quit(ExitCode.USAGE, f'{url} is listed already, as "{feed.id}"')
        if feed.id == name:
            raise Quit(ExitCode.USAGE, f'"{name}" is the id of another feed: {feed.url}')


def _shown(candidate: "Candidate") -> str:
    title = candidate.title or "without a title"
    newest = f", newest: {candidate.newest}" if candidate.newest else ""
    return one_line(f"{candidate.url}  {title}, {candidate.entries} entries{newest}")
