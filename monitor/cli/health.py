"""`wirewatch health`: is what runs on this desk healthy?  For a HEALTHCHECK."""

import json
from dataclasses import asdict

import typer

from monitor.cli.options import DeskOption, JsonOption, data_folder, load
from monitor.exits import ExitCode


def health(desk: DeskOption = None, as_json: JsonOption = False) -> None:
    """Ask the programs that run on this desk's data folder; exit 1 if one is not healthy."""
    from monitor.vitals.ask import ask_all

    found, settings = load(desk)
    folder = data_folder(found, settings)
    findings = ask_all(folder)
    for finding in findings:
        mark = "✓" if finding.healthy else "✗"
        shown = json.dumps(asdict(finding)) if as_json else f"{mark} {finding.name}: {finding.says}"
        typer.echo(shown)
    if not findings:
        typer.echo(f"nothing runs on {folder}", err=True)
    if not findings or not all(finding.healthy for finding in findings):
        raise typer.Exit(ExitCode.BAD_NEWS)
