"""`wirewatch rules`: the desk's rules on `wire.rules`, from where every match worker takes them."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from monitor.cli.options import DeskOption, JsonOption, data_folder, load
from monitor.cli.shown import one_line
from monitor.exits import ExitCode, Quit

if TYPE_CHECKING:
    from alerts.connection import RedisConnection
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
    from monitor.program.process import run_once

    found, settings, connection = _ready(desk)
    run_once(_push(connection, _edition(found), settings, as_json=as_json))


@app.command("diff")
def diff(desk: DeskOption = None, as_json: JsonOption = False) -> None:
    """Show what differs between files, wire.rules and match workers; exit 1 if anything does."""
    from monitor.program.process import run_once

    found, settings, connection = _ready(desk)
    redis = _redis(settings, data_folder(found, settings))
    run_once(_diff(connection, _edition(found), redis, found.name, as_json=as_json))


def _ready(desk: DeskOption) -> "tuple[Desk, Settings, Connection]":
    from monitor.program.connect import beside
    from monitor.program.logs import set_up_logs

    found, settings = load(desk)
    set_up_logs(settings)
    return found, settings, beside(settings, data_folder(found, settings))


def _edition(found: "Desk") -> "Edition":
    from monitor.program.reload import load_edition
    from streams.yaml12 import Invalid

    try:
        return load_edition(found.rules, found.to).edition
    except Invalid as error:
        raise Quit(ExitCode.BAD_NEWS, str(error)) from error


def _redis(settings: "Settings", data: Path) -> "RedisConnection":
    """Where the workers announce themselves; no address where that is not known."""
    from alerts.connection import RedisConnection
    from monitor.embedded.running import find_running
    from monitor.program.connect import memory

    if settings.text("REDIS_URL"):
        return memory(settings)
    running = find_running(data)
    at = running.memory if running else ""
    return RedisConnection(url=f"redis://{at}/0" if at else "")


async def _push(
    connection: "Connection", edition: "Edition", settings: "Settings", *, as_json: bool
) -> ExitCode:
    from monitor.program.connect import not_let_in
    from monitor.program.publishing import Disturbed, push, pusher
    from monitor.program.reach import until_reachable
    from streams.broker.admin import TopicRefused
    from streams.entry import NotLetIn
    from streams.records import Stop
    from streams.topics import TooLarge

    deadline = time.monotonic() + settings.number("WIREWATCH_WAIT_S")
    try:
        differed = await until_reachable(
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
    for each in differed:
        if each.how != "moved":
            _show(_difference(each), as_json=as_json)
    book = f"{_rules(len(edition.book.rules))} (book {edition.book.hash[:8]})"
    typer.echo(f"{book} {'pushed to' if differed else 'already on'} wire.rules", err=True)
    return ExitCode.FINE


async def _diff(
    connection: "Connection",
    edition: "Edition",
    redis: "RedisConnection",
    desk: str,
    *,
    as_json: bool,
) -> ExitCode:
    from alerts.client import RedisUnreachable
    from monitor.program.comparison import compare
    from monitor.program.connect import not_let_in
    from streams.broker.connection import BrokerUnreachable
    from streams.broker.knock import knock
    from streams.entry import NotLetIn

    try:
        await knock(connection)
        compared = await compare(connection, edition, redis, desk)
    except NotLetIn as error:
        raise not_let_in("Kafka", error) from error
    except BrokerUnreachable as error:
        raise Quit(ExitCode.UNREACHABLE, f"Kafka cannot be reached: {error}") from error
    except RedisUnreachable as error:
        raise Quit(ExitCode.UNREACHABLE, f"Redis cannot be reached: {error}") from error
    for line in _lines(compared):
        _show(line, as_json=as_json)
    if not redis.url:
        typer.echo("REDIS_URL is not set: the workers were not asked", err=True)
    elif not compared.workers:
        typer.echo("no match worker has announced itself", err=True)
    return ExitCode.FINE if compared.equal else ExitCode.BAD_NEWS


def _lines(compared: "Comparison") -> Iterator[Line]:
    yield from map(_difference, compared.differences)
    book = compared.edition.book
    yield (
        f"files       {book.hash[:8]}  {_rules(len(book.rules))}",
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
    told = f"{_rules(said.rules)}, pushed {said.at} by {said.by}" if said else ""
    book = said.hash[:8] if said else "no book "
    return f"wire.rules  {book}  {'; '.join(filter(None, (told, trouble)))}", fields


def _rules(count: int) -> str:
    return "1 rule" if count == 1 else f"{count} rules"


def _difference(each: "Difference") -> Line:
    fields = {"how": str(each.how), "what": each.what, "name": each.name}
    return f"{_MARKS[each.how]} {each.what} {each.name}", dict(fields)


def _show(line: Line, *, as_json: bool) -> None:
    text, fields = line
    typer.echo(json.dumps(fields, ensure_ascii=False) if as_json else one_line(text))
