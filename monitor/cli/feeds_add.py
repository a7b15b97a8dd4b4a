"""`wirewatch feeds add`: one more feed at the end of feeds.yaml."""

import asyncio
import json
import os
import re
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import DeskOption, JsonOption, load
from monitor.cli.shown import one_line
from monitor.exits import ExitCode, Quit
from monitor.feeds.address import hidden_login, login_of, same_origin

if TYPE_CHECKING:
    from monitor.desk.config import Desk
    from monitor.desk.feedlist import NewFeed
    from monitor.feeds.fetching.secrets import Secret
    from monitor.feeds.visiting.adding import Candidate, Found


def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed, or a page that names one.")],
    desk: DeskOption = None,
    name: Annotated[
        str, typer.Option("--id", metavar="ID", help="Its name; without it one after its title.")
    ] = "",
    outlet: Annotated[
        str, typer.Option("--outlet", metavar="NAME", help="How people call the outlet.")
    ] = "",
    private: Annotated[
        bool, typer.Option("--private", help="It lies in one's own network: allow_private.")
    ] = False,
    auth: Annotated[
        str, typer.Option("--auth", metavar="env:NAME", help="Where the secret is that opens it.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Take a feed that was found unasked.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Add a feed to feeds.yaml; of a page the feed it names."""
    from monitor.desk.feedlist import NewFeed, add_feeds, feed_id
    from monitor.feeds.visiting.adding import find_feeds

    found, settings = load(desk)
    address = _address(url)
    _must_be_free(found, address, name)
    contact = settings.text("WIREWATCH_CONTACT")
    secret = _secret(auth)
    answer = asyncio.run(find_feeds(address, private=private, contact=contact, secret=secret))
    chosen = _chosen(found, answer, as_json=as_json, yes=yes)
    taken = {feed.id for feed in found.feeds}
    new = NewFeed(
        id=name or feed_id(outlet or chosen.title, chosen.url, taken),
        url=chosen.url,
        outlet=outlet,
        auth=auth if same_origin(address, chosen.url) else "",
        allow_private=private,
    )
    add_feeds(found, [new])
    if chosen.moved_from:
        typer.echo(one_line(_moved(chosen)), err=True)
    if auth and not new.auth:
        typer.echo("its secret does not go there: auth is left out", err=True)
    typer.echo(_added_json(new, chosen) if as_json else f"{new.id}  {hidden_login(new.url)}")


def _address(url: str) -> str:
    """The address that is meant.

    Raises:
        Quit: it is none.
    """
    from monitor.feeds.address import NoAddress, feed_address

    try:
        return feed_address(url)
    except NoAddress as error:
        raise Quit(ExitCode.USAGE, one_line(str(error))) from error


def _secret(auth: str) -> "Secret | None":
    """The secret that `--auth` names.

    Raises:
        Quit: it names none, or none that can be had.
    """
    from monitor.desk.config import auth_variable
    from monitor.desk.feed_secrets import secret_of

    if not auth:
        return None
    try:
        return secret_of(auth_variable(auth), os.environ)
    except ValueError as error:
        raise Quit(ExitCode.USAGE, f"--auth: {error}") from error


def _chosen(desk: "Desk", answer: "Found", *, as_json: bool, yes: bool) -> "Candidate":
    """The one feed that was found.

    Raises:
        Quit: none or several, one that is listed already, or one that is not wanted.
    """
    if not answer.candidates:
        raise Quit(ExitCode.BAD_NEWS, "\n".join(("no feed there", *map(one_line, answer.failed))))
    if len(answer.candidates) > 1:
        for candidate in answer.candidates:
            typer.echo(_as_json(candidate) if as_json else _shown(candidate))
        raise Quit(ExitCode.USAGE, "several feeds there: name the one that is meant")
    [chosen] = answer.candidates
    if chosen.moved_from or not answer.direct:
        _must_be_free(desk, chosen.url, "")
    if not answer.direct:
        typer.echo(_shown(chosen), err=True)
        if not yes and sys.stdin.isatty() and not typer.confirm("Add it?", err=True):
            raise Quit(ExitCode.BAD_NEWS, "nothing was added")
    return chosen


def _must_be_free(desk: "Desk", url: str, name: str) -> None:
    """Refuses an address that is listed, and an id that cannot be or is taken.

    Raises:
        Quit: naming which.
    """
    from monitor.desk.config import ID_PATTERN, MAX_ID_CHARS
    from monitor.feeds.reading.canonical import canonical

    if name and (not re.match(ID_PATTERN, name) or len(name) > MAX_ID_CHARS):
        raise Quit(
            ExitCode.USAGE,
            f"--id {name}: small letters, digits and hyphens, at most {MAX_ID_CHARS}",
        )
    for feed in desk.feeds:
        if feed.url and canonical(feed.url) == canonical(url):
            shown = hidden_login(url)
            raise Quit(ExitCode.USAGE, f'{shown} is listed already, as "{feed.id}"')
        if feed.id == name:
            there = hidden_login(feed.url) or feed.folder
            raise Quit(ExitCode.USAGE, f'"{name}" is the id of another feed: {there}')


def _moved(chosen: "Candidate") -> str:
    """What is said of an address that was given up for another one."""
    lost = login_of(chosen.moved_from) and not login_of(chosen.url)
    login = "; its user and password do not go there and are left out" if lost else ""
    there = hidden_login(chosen.url)
    return f"{hidden_login(chosen.moved_from)} moved for good: {there} is written{login}"


def _shown(candidate: "Candidate") -> str:
    title = candidate.title or "without a title"
    newest = f", newest: {candidate.newest}" if candidate.newest else ""
    there = hidden_login(candidate.url)
    return one_line(f"{there}  {title}, {candidate.entries} entries{newest}")


def _as_json(candidate: "Candidate") -> str:
    return json.dumps(_hidden(candidate), ensure_ascii=False)


def _added_json(new: "NewFeed", chosen: "Candidate") -> str:
    added: dict[str, object] = {"id": new.id, "outlet": new.outlet, "auth": new.auth}
    private = {"allow_private": new.allow_private}
    return json.dumps(added | private | _hidden(chosen), ensure_ascii=False)


def _hidden(candidate: "Candidate") -> dict[str, object]:
    """A candidate as people and scripts see it."""
    shown = replace(
        candidate,
        url=hidden_login(candidate.url),
        moved_from=hidden_login(candidate.moved_from),
    )
    return asdict(shown)
