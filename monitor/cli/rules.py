"""`wirewatch rules`: the desk's rules on `wire.rules`, from where every match worker takes them."""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from monitor.cli.options import DeskOption, JsonOption, data_folder, load
from monitor.exits import ExitCode, Quit

if TYPE_CHECKING:
    from monitor.desk.config import Desk
    from monitor.desk.settings import Settings
    from monitor.program.comparison import Comparison
    from streams.broker.connection import Connection
    from streams.rules.published import Difference, Edition

app = typer.Typer(help="Push rules to the match workers, see who has which.", no_args_is_help=True)

_MARKS = {"added": "+", "changed": "~", "moved": "~", "removed": "-"}

Line = tuple[str, dict[str, object]]
"""For a person, and for a script."""


@app.callback()
def rules() -> None:
    """Push rules to the match workers, see who has which."""


@app.command("push")
def push(desk: DeskOption = None, as_json: JsonOption = False) -> None:
    """Put the desk's rules on wire.rules: only what differs is written, then every worker swaps."""
    found, settings, connection = _ready(desk)
    edition = _edition(found)
    differed = asyncio.run(_pushed(connection, edition, settings))
    for each in differed:
        if each.how != "moved":
            _show(_difference(each), as_json=as_json)
    count, book = len(edition.book.rules), edition.book.hash[:8]
    said = "pushed" if differed else "there already"
    typer.echo(f"{count} rules (book {book}) on wire.rules: {said}", err=True)


@app.command("diff")
def diff(desk: DeskOption = None, as_json: JsonOption = False) -> None:
    """Show what differs between files, wire.rules and match workers; exit 1 if anything does."""
    found, settings, connection = _ready(desk)
    compared = asyncio.run(_compared(connection, _edition(found), settings, found.name))
    for line in _lines(compared):
        _show(line, as_json=as_json)
    if not settings.text("REDIS_URL"):
        typer.echo("REDIS_URL is not set: the workers were not asked", err=True)
    elif not compared.workers:
        typer.echo("no match worker has announced itself", err=True)
    if not compared.equal:
        raise typer.Exit(ExitCode.BAD_NEWS)


def _ready(desk: DeskOption) -> "tuple[Desk, Settings, Connection]":
    from monitor.program.connect import connection
    from monitor.program.logs import set_up_logs

    found, settings = load(desk)
    set_up_logs(settings)
    if not settings.text("KAFKA_BOOTSTRAP_SERVERS"):
        message = "an embedded broker lives and ends with `wirewatch run`, which pushes by itself"
        raise Quit(ExitCode.USAGE, f"set KAFKA_BOOTSTRAP_SERVERS: {message}")
    return found, settings, connection(settings, data_folder(found, settings))


def _edition(found: "Desk") -> "Edition":
    from monitor.program.reload import load_edition
    from streams.yaml12 import Invalid

    try:
        return load_edition(found.rules, found.to).edition
    except Invalid as error:
        raise Quit(ExitCode.BAD_NEWS, str(error)) from error


async def _pushed(
    connection: "Connection", edition: "Edition", settings: "Settings"
) -> "tuple[Difference, ...]":
    from monitor.program.connect import not_let_in
    from monitor.program.publishing import Disturbed, push, pusher
    from monitor.program.reach import until_reachable
    from streams.broker.admin import TopicRefused
    from streams.entry import NotLetIn
    from streams.records import Stop
    from streams.topics import TooLarge

    deadline = time.monotonic() + settings.number("WIREWATCH_WAIT_S")
    try:
        return await until_reachable(
            "Kafka", lambda: push(connection, edition, by=pusher()), deadline, Stop()
        )
    except NotLetIn as error:
        raise not_let_in("Kafka", error) from error
    except TopicRefused as error:
        raise Quit(ExitCode.UNREACHABLE, f"Kafka refuses wire.rules: {error}") from error
    except TooLarge as error:
        raise Quit(ExitCode.BAD_NEWS, f"this Kafka takes smaller records only: {error}") from error
    except Disturbed as error:
        raise Quit(ExitCode.BAD_NEWS, f"{error}: push again once it is done") from error


async def _compared(
    connection: "Connection", edition: "Edition", settings: "Settings", desk: str
) -> "Comparison":
    from alerts.client import RedisUnreachable
    from monitor.program.comparison import compare
    from monitor.program.connect import memory, not_let_in
    from streams.broker.connection import BrokerUnreachable
    from streams.broker.knock import knock
    from streams.entry import NotLetIn

    try:
        await knock(connection)
        return await compare(connection, edition, memory(settings), desk)
    except NotLetIn as error:
        raise not_let_in("Kafka", error) from error
    except BrokerUnreachable as error:
        raise Quit(ExitCode.UNREACHABLE, f"Kafka cannot be reached: {error}") from error
    except RedisUnreachable as error:
        raise Quit(ExitCode.UNREACHABLE, f"Redis cannot be reached: {error}") from error


def _lines(compared: "Comparison") -> Iterator[Line]:
    yield from map(_difference, compared.differences)
    book = compared.edition.book
    yield (
        f"files       {book.hash[:8]}  {len(book.rules)} rules",
        {"place": "files", "book": book.hash, "rules": len(book.rules)},
    )
    yield _topic(compared)
    for name, worker in compared.workers.items():
        since = datetime.fromtimestamp(worker.since, UTC).isoformat(timespec="seconds")
        ready = "" if worker.ready else ", not ready"
        yield (
            f"worker      {worker.book[:8] or 'no book '}  since {since}, {name}{ready}",
            {
                "place": "worker",
                "book": worker.book or None,
                "worker": name,
                "since": since,
                "ready": worker.ready,
            },
        )


def _topic(compared: "Comparison") -> Line:
    said, trouble = compared.manifest, compared.trouble
    fields: dict[str, object] = {"place": "topic", "book": said.hash if said else None}
    if said is not None:
        fields |= {"rules": said.rules, "at": said.at, "by": said.by}
    fields |= {"trouble": trouble or None}
    told = f"{said.rules} rules, pushed {said.at} by {said.by}" if said else ""
    book = said.hash[:8] if said else "no book "
    return f"wire.rules  {book}  {'; '.join(filter(None, (told, trouble)))}", fields


def _difference(each: "Difference") -> Line:
    fields = {"how": str(each.how), "what": each.what, "name": each.name}
    return f"{_MARKS[each.how]} {each.what} {each.name}", dict(fields)


def _show(line: Line, *, as_json: bool) -> None:
    text, fields = line
    typer.echo(json.dumps(fields, ensure_ascii=False) if as_json else text)
