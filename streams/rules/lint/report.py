"""Report: findings and errors as lines for people, scripts and GitHub; pure."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from streams.rules.lint.finding import Code, Finding, Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One thing to tell: where (1-based), how bad, what; `rule` is empty where none is meant."""

    file: str
    line: int
    column: int
    severity: Severity
    code: Code
    message: str
    rule: str = ""

    def as_text(self) -> str:
        """`file:line:col: message`; what is no error says what it is."""
        place = f"{self.file}:{self.line}:{self.column}"
        if self.severity is Severity.ERROR:
            return f"{place}: {self.message}"
        return f"{place}: {self.severity}: {self.message} [{self.code}]"

    def as_json(self) -> str:
        """One JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def as_github(self) -> str:
        """A workflow command that GitHub shows beside the line."""
        where = f"file={_property(self.file)},line={self.line},col={self.column}"
        title = _property(str(self.code))
        return f"::{_COMMANDS[self.severity]} {where},title={title}::{_data(self.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def error(file: str, line: int, column: int, message: str) -> Line:
    """What stops a book."""
    return Line(file, line, column, Severity.ERROR, Code.INVALID, message)


def line(finding: Finding, file: str, number: int, column: int) -> Line:
    """A finding where it stands."""
    at = (file, number, column)
    return Line(*at, finding.severity, finding.code, finding.message, finding.rule)


def summary(lines: Sequence[Line], *, rules: int, files: int) -> str:
    """What all lines come to, in one."""
    counts = Counter(each.severity for each in lines)
    wrong = {each.file for each in lines if each.severity is Severity.ERROR}
    if wrong:
        errors = counts[Severity.ERROR]
        return f"{counted(errors, 'problem')} in {counted(len(wrong), 'file')}"
    told = [counted(counts[s], s.value) for s in (Severity.WARNING, Severity.NOTE) if counts[s]]
    book = f"{counted(rules, 'rule')} in {counted(files, 'file')}"
    verb = "is" if rules == 1 else "are"
    return f"{book} {verb} in order" + (f": {', '.join(told)}" if told else "")


def counted(number: int, what: str) -> str:
    """`1 rule`, `10,000 rules`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
