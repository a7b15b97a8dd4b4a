"""The desk: its folder, feeds and rules.

In: the patient.  Out: findings; each problem of a broken file is one, with its file:line:col.
"""

from collections.abc import Iterator

from monitor.desk.config import Desk
from monitor.doctor.finding import Finding, bad, fine, note
from monitor.doctor.patient import Patient
from streams.rules.load import load_book, rule_files
from streams.yaml12 import Invalid

PROBLEMS_MOST = 20
"""Of one book; `check` shows them all."""


async def look_at_desk(patient: Patient) -> list[Finding]:
    """Everything about the desk's folder."""
    found = list(patient.found)
    if patient.desk:
        found += [*_desk(patient.desk), *_feeds(patient.desk), *_rules(patient.desk)]
    return found


def _desk(desk: Desk) -> Iterator[Finding]:
    to = f", alerts to {', '.join(desk.to)}" if desk.to else ""
    yield fine("desk", f'"{desk.name}" in {desk.folder}{to}')


def _feeds(desk: Desk) -> Iterator[Finding]:
    file = desk.folder / "feeds.yaml"
    if desk.feeds:
        yield fine("feeds", f"{len(desk.feeds)} in {file}")
    elif file.is_file():
        yield note("feeds", f"{file} lists none", "add some: {id: …, url: …}")
    else:
        yield note("feeds", f"{file} is not there", "make it, if this machine is to poll")


def _rules(desk: Desk) -> Iterator[Finding]:
    if not desk.rules.exists():
        yield bad("rules", f"{desk.rules} is not there", "a desk needs at least one rule")
        return
    try:
        book = load_book(desk.rules, default_to=desk.to, must_tell=True)
    except Invalid as error:
        yield from (bad("rules", str(problem)) for problem in error.problems[:PROBLEMS_MOST])
        if len(error.problems) > PROBLEMS_MOST:
            yield bad("rules", f"{len(error.problems)} problems in all", "`wirewatch check`")
        return
    yield fine("rules", f"{len(book.rules)} in {len(rule_files(desk.rules))} files, in order")
