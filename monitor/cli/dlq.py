"""`wirewatch dlq`: the records that could not be read or delivered, and what to do with them."""

import json
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.options import DeskOption, JsonOption, data_folder, load
from monitor.cli.shown import as_text, one_line, printable
from monitor.exits import ExitCode, Quit

if TYPE_CHECKING:
    from monitor.deadletters import Content, DeadLetters, Done
    from streams.broker.connection import Connection
    from streams.letters import Letter

app = typer.Typer(help="Look at dead letters, put them back, drop them.", no_args_is_help=True)

LEAST_PATIENCE_S = 5.0
"""For one answer of a broker that is there, however short `WIREWATCH_WAIT_S` is."""

TopicOption = Annotated[
    str, typer.Option("--topic", help="Only of this topic: wire.items.", metavar="TOPIC")
]
NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="As `dlq ls` names them: wire.items-3@41."),
]
AllOption = Annotated[bool, typer.Option("--all", help="All that nobody has dealt with yet.")]
AgainOption = Annotated[
    bool, typer.Option("--again", help="Also what was replayed or dropped before; by name only.")
]


@app.command("ls")
def ls(
    topic: TopicOption = "",
    every: Annotated[
        bool, typer.Option("--all", help="Also those that were replayed or dropped.")
    ] = False,
    desk: DeskOption = None,
    as_json: JsonOption = False,
) -> None:
    """List dead letters, oldest first."""

    async def listed(letters: "DeadLetters") -> ExitCode:
        shown = [letter for letter in await letters.all(topic) if every or letter.open]
        for letter in shown:
            typer.echo(json.dumps(_fields(letter)) if as_json else _line(letter))
        _say_if_none(shown)
        return ExitCode.FINE

    _with_letters(desk, listed)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `dlq ls` names it.")],
    desk: DeskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show everything of one letter: where it came from, why, its key and bytes."""

    async def shown(letters: "DeadLetters") -> ExitCode:
        [letter] = _named(await letters.all(), [name])
        content = await letters.content(letter)
        typer.echo(json.dumps(_whole(letter, content)) if as_json else _page(letter, content))
        return ExitCode.FINE

    _with_letters(desk, shown)


@app.command("replay")
def replay(
    names: NamesArgument = None,
    all_open: AllOption = False,
    topic: TopicOption = "",
    again: AgainOption = False,
    desk: DeskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put records back on the topic they came from, with their own key and bytes."""
    _one_of(names, topic, all_open=all_open)

    async def replayed(letters: "DeadLetters") -> ExitCode:
        chosen = _chosen(await letters.all(topic), names, again=again)
        _say_if_none(chosen)
        return await _tell(letters.replay(chosen), "replayed", as_json=as_json)

    _with_letters(desk, replayed)


@app.command("drop")
def drop(
    because: Annotated[str, typer.Option("--because", help="The reason; it is kept.")],
    names: NamesArgument = None,
    all_open: AllOption = False,
    topic: TopicOption = "",
    desk: DeskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Mark letters as done with; nothing is deleted."""
    _one_of(names, topic, all_open=all_open)
    if not because.strip():
        raise Quit(ExitCode.USAGE, "--because needs a reason")

    async def dropped(letters: "DeadLetters") -> ExitCode:
        chosen = _chosen(await letters.all(topic), names)
        _say_if_none(chosen)
        return await _tell(letters.drop(chosen, because.strip()), "dropped", as_json=as_json)

    _with_letters(desk, dropped)


def _with_letters(
    desk: Path | None, work: "Callable[[DeadLetters], Coroutine[Any, Any, ExitCode]]"
) -> None:
    """Does `work` on the installation's letters, and ends the process."""
    from monitor.program.connect import beside
    from monitor.program.logs import set_up_logs
    from monitor.program.process import run_once

    found, settings = load(desk)
    set_up_logs(settings)
    connection = beside(settings, data_folder(found, settings))
    run_once(_work(connection, settings.number("WIREWATCH_WAIT_S"), work))


async def _work(
    connection: "Connection",
    wait_s: float,
    work: "Callable[[DeadLetters], Coroutine[Any, Any, ExitCode]]",
) -> ExitCode:
    from monitor.deadletters import DeadLetters
    from monitor.program.connect import not_let_in
    from monitor.program.reach import until_reachable
    from streams.broker.knock import knock
    from streams.broker.producer import Publisher
    from streams.entry import NotLetIn
    from streams.records import Stop

    publisher, deadline = Publisher(connection), time.monotonic() + wait_s
    try:
        await until_reachable("Kafka", lambda: knock(connection), deadline, Stop())
        return await work(DeadLetters(connection, publisher, max(wait_s, LEAST_PATIENCE_S)))
    except NotLetIn as error:
        raise not_let_in("Kafka", error) from error
    except ConnectionError as error:
        raise Quit(ExitCode.UNREACHABLE, f"Kafka cannot be reached: {error}") from error
    finally:
        await publisher.close()


def _say_if_none(letters: "Sequence[Letter]") -> None:
    if not letters:
        typer.echo("no dead letters", err=True)


def _one_of(names: Sequence[str] | None, topic: str, *, all_open: bool) -> None:
    if bool(names) == all_open:
        raise Quit(ExitCode.USAGE, "name letters, or say --all")
    if names and topic:
        raise Quit(ExitCode.USAGE, "--topic goes with --all")


def _chosen(
    letters: "Sequence[Letter]", names: Sequence[str] | None, *, again: bool = False
) -> "list[Letter]":
    """The letters meant.

    Raises:
        Quit: one is not there, or was dealt with before.
    """
    if not names:
        return [letter for letter in letters if letter.open]
    chosen = _named(letters, names)
    done = [f"{x.name} was {x.state} at {x.marked}" for x in chosen if not x.open]
    if done and not again:
        raise Quit(ExitCode.BAD_NEWS, one_line("; ".join(done)))
    return chosen


def _named(letters: "Sequence[Letter]", names: Sequence[str]) -> "list[Letter]":
    by_name = {letter.name: letter for letter in letters}
    missing = [name for name in names if name not in by_name]
    if missing:
        raise Quit(ExitCode.BAD_NEWS, f"no dead letter is called {', '.join(missing)}")
    return [by_name[name] for name in dict.fromkeys(names)]


async def _tell(outcomes: "AsyncIterator[Done]", done: str, *, as_json: bool) -> ExitCode:
    """Says of each letter what became of it."""
    code = ExitCode.FINE
    async for outcome in outcomes:
        name, refused = outcome.letter.name, outcome.refused
        if as_json:
            line = {"name": name, "done": "" if refused else done, "refused": refused}
            typer.echo(json.dumps(line))
        elif not refused:
            typer.echo(one_line(f"{name} {done}"))
        if refused:
            code = ExitCode.BAD_NEWS
            typer.echo(one_line(f"{name} is not {done}: {refused}"), err=True)
    return code


def _fields(letter: "Letter") -> dict[str, object]:
    fields = asdict(letter) | {"size": None if letter.size < 0 else letter.size}
    del fields["place"]
    return fields


def _whole(letter: "Letter", content: "Content") -> dict[str, object]:
    return _fields(letter) | {
        "key": content.key.decode("utf-8", "replace"),
        "whole": content.whole,
        "text": as_text(content.value),
        "value": b64encode(content.value).decode("ascii"),
    }


def _line(letter: "Letter") -> str:
    return one_line(
        f"{letter.name}  {letter.at}  {_size(letter)}  {_state(letter)}  {'; '.join(letter.errors)}"
    )


def _page(letter: "Letter", content: "Content") -> str:
    text = as_text(content.value)
    shown = printable(text) if text is not None else b64encode(content.value).decode("ascii")
    how = "value" if text is not None else "value, base64"
    lines = [
        f"{letter.name}  {_state(letter)}",
        f"from      {letter.topic}, partition {letter.partition}, offset {letter.offset}",
        f"at        {letter.at}",
        *(f"error     {error}" for error in letter.errors),
        f"key       {content.key.decode('utf-8', 'replace')}",
        f"{how}, {_size(letter)}{'' if content.whole else ', of which this is the start'}:",
    ]
    return "\n".join([*map(one_line, lines), shown])


def _state(letter: "Letter") -> str:
    marked = f" {letter.marked}" if letter.marked else ""
    times = f", replayed {letter.replays}× before" if letter.replays and letter.open else ""
    note = f" ({letter.note})" if letter.note else ""
    return f"{letter.state}{marked}{note}{times}"


def _size(letter: "Letter") -> str:
    return f"{letter.size:,} B" if letter.size >= 0 else "size unknown"
