"""`wirewatch doctor`: is everything reachable and in order, and if not, what to do?"""

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import DeskOption, JsonOption, desk_folder
from monitor.cli.shown import one_line
from monitor.exits import ExitCode

if TYPE_CHECKING:
    from monitor.desk.settings import Settings
    from monitor.doctor.finding import Finding
    from monitor.doctor.patient import Patient

PATIENCE_S = 8.0
"""For one answer; a healthy service takes milliseconds, one far away a second."""


def doctor(
    desk: DeskOption = None,
    live: Annotated[bool, typer.Option("--live", help="Also ask Slack about the token.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at machine, desk, Kafka, Redis and Slack; exit 1 if something is bad, 3 if away."""
    from monitor.desk.settings import resolve
    from monitor.doctor.patient import admit
    from monitor.program.logs import set_up_logs
    from monitor.program.process import run_once

    patient = admit(desk_folder(desk), os.environ, live=live, patience_s=PATIENCE_S)
    set_up_logs(patient.settings or resolve({}))
    run_once(_examined(patient, as_json=as_json))


async def _examined(patient: "Patient", *, as_json: bool) -> ExitCode:
    from monitor.doctor.examine import examine
    from monitor.doctor.finding import exit_code

    findings = []
    async for finding in examine(patient):
        findings.append(finding)
        line = json.dumps(asdict(finding)) if as_json else _line(finding)
        typer.echo(_starred(line, patient.settings))
    return exit_code(findings)


def _line(finding: "Finding") -> str:
    from monitor.doctor.finding import MARKS

    do = f" → {finding.do}" if finding.do else ""
    return one_line(f"{MARKS[finding.level]} {finding.check}: {finding.says}{do}")


def _starred(line: str, settings: "Settings | None") -> str:
    """The line without secrets: libraries quote addresses."""
    from monitor.program.redact import Redacted, secrets_of

    return Redacted(secrets_of(settings))(line) if settings else line
