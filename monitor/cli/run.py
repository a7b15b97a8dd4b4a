"""`wirewatch run`: the pipeline, all roles or some of them."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import DeskOption, ForOption, JsonOption, data_folder, duration_s, load
from monitor.desk.feed_secrets import NO_SECRETS, feed_secrets
from monitor.desk.settings import Settings
from monitor.exits import ExitCode, Quit
from monitor.program.plan import ALL_ROLES, Plan, Role

if TYPE_CHECKING:
    from alerts.sink import Sink


def run(
    roles: Annotated[
        list[Role] | None, typer.Argument(help="What this process does; all if none is named.")
    ] = None,
    desk: DeskOption = None,
    for_: ForOption = "",
    as_json: JsonOption = False,
) -> None:
    """Run the pipeline: poll feeds, match items, alert desks."""
    leave_on_signals()
    found, settings = load(desk)
    chosen = tuple(dict.fromkeys(roles or ALL_ROLES))
    plan = Plan(
        desk=found.name,
        default_to=found.to,
        feeds=found.feeds,
        rules=found.rules,
        data=_made(data_folder(found, settings)),
        settings=settings,
        roles=chosen,
        make_sink=sink_maker(settings, as_json=as_json),
        for_s=duration_s(for_),
        secrets=feed_secrets(found.feeds, os.environ) if Role.POLL in chosen else NO_SECRETS,
    )
    _refuse_alone(plan)
    if Role.POLL in plan.roles and not plan.feeds:
        raise Quit(ExitCode.USAGE, f"{found.folder / 'feeds.yaml'} lists no feeds")
    end(carry_out(plan, as_json=as_json))


def carry_out(plan: Plan, *, as_json: bool) -> ExitCode:
    """Runs a plan in this process until it is stopped; `end` the process after it."""
    from rich.console import Console

    from monitor.embedded.lock import DataLock
    from monitor.program.logs import set_up_logs
    from monitor.program.process import run_program
    from monitor.program.progress import progress_for
    from monitor.program.reload import load_edition
    from monitor.program.report import Report, process_started
    from streams.records import Stop
    from streams.yaml12 import Invalid

    set_up_logs(plan.settings, plan.secrets.starred)
    if plan.publishes:
        try:
            plan = replace(plan, book=load_edition(plan.rules, plan.default_to))
        except Invalid as error:
            raise Quit(ExitCode.BAD_NEWS, str(error)) from error
    stop = Stop()
    report = Report(Console(), as_json=as_json, broken=stop.set, started=process_started())
    lock = DataLock(plan.data)
    if plan.embeds_broker or plan.embeds_memory:
        lock.take()
    code = run_program(plan, report, progress_for(plan.settings), stop)
    report.end(show=plan.for_s > 0 and code is ExitCode.FINE)
    return code


def end(code: ExitCode) -> None:
    """Ends the process, also when a library left a thread that would keep it."""
    from monitor.program.process import end_process

    end_process(code)


def leave_on_signals() -> None:
    """Until the program takes signals itself, a stop is a clean one as well."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(ExitCode.FINE))


def sink_maker(settings: Settings, *, as_json: bool) -> "Callable[[], Sink]":
    """Slack where there is a token, else the terminal."""
    token, api_url = settings.text("SLACK_BOT_TOKEN"), settings.text("SLACK_API_URL")
    if not token:
        return console_maker(as_json=as_json)

    def slack() -> "Sink":
        from alerts.slack import SlackSink

        return SlackSink(token, api_url)

    return slack


def console_maker(*, as_json: bool) -> "Callable[[], Sink]":
    """Cards in the terminal; with `--json` only decisions are printed."""

    def console() -> "Sink":
        from rich.console import Console

        from alerts.console import ConsoleSink, SilentSink

        return (SilentSink if as_json else ConsoleSink)(Console())

    return console


def _refuse_alone(plan: Plan) -> None:
    """A single role with services of its own would talk to nobody."""
    missing = [
        name
        for name, embedded in (
            ("KAFKA_BOOTSTRAP_SERVERS", plan.embeds_broker),
            ("REDIS_URL", plan.embeds_memory),
        )
        if embedded
    ]
    if missing and set(plan.roles) != set(ALL_ROLES):
        roles = " ".join(plan.roles)
        message = f"`run {roles}` shares its services with other processes"
        raise Quit(ExitCode.USAGE, f"{message}: set {' and '.join(missing)}")


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Quit(ExitCode.USAGE, f"{folder} cannot be made: {error.strerror}") from error
    return folder
