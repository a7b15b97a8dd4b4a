"""Finding: one thing a check found, how bad it is, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from monitor.exits import ExitCode


class Level(StrEnum):
    """How bad it is."""

    FINE = "fine"
    NOTE = "note"
    BAD = "bad"
    UNREACHABLE = "unreachable"


MARKS = {Level.FINE: "✓", Level.NOTE: "!", Level.BAD: "✗", Level.UNREACHABLE: "✗"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`says` what was found; `do` what helps, empty where nothing has to be done."""

    check: str
    level: Level
    says: str
    do: str = ""


def fine(check: str, says: str) -> Finding:
    """As it should be."""
    return Finding(check=check, level=Level.FINE, says=says)


def note(check: str, says: str, do: str = "") -> Finding:
    """It works; somebody should know."""
    return Finding(check=check, level=Level.NOTE, says=says, do=do)


def bad(check: str, says: str, do: str = "") -> Finding:
    """It will not work, or not always."""
    return Finding(check=check, level=Level.BAD, says=says, do=do)


def unreachable(check: str, says: str, do: str = "") -> Finding:
    """It does not answer."""
    return Finding(check=check, level=Level.UNREACHABLE, says=says, do=do)


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """What the shell gets; notes are fine."""
    levels = {finding.level for finding in findings}
    if Level.UNREACHABLE in levels:
        return ExitCode.UNREACHABLE
    return ExitCode.BAD_NEWS if Level.BAD in levels else ExitCode.FINE
