"""The machine: Python, packages, and the folder for state.

In: what is installed and the patient's data folder.  Out: findings.
"""

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version
from pathlib import Path

from monitor.doctor.finding import Finding, bad, fine, note
from monitor.doctor.patient import Patient

OURS = ("streams", "alerts", "monitor")
SPOKEN = ("faust-streaming", "aiokafka", "kafka-python", "redis", "slack-sdk", "feedparser")
"""Packages that talk to others; the versions people ask for first."""

FREE_NOTE_BYTES = 1_000_000_000
FREE_BAD_BYTES = 100_000_000
"""A busy desk's memory grows by some MB a day; a full disk stops every claim."""

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[[^\]]*\])?(?P<bounds>[^;]*)(;(?P<marker>.*))?")
_BOUND = re.compile(r"(==|>=|<=|<|>)\s*([\d.]+)")


async def look_at_machine(patient: Patient) -> list[Finding]:
    """Everything about this machine."""
    return [*_python(), *_packages(), *_owners(), *_data(patient.data)]


def _python() -> Iterator[Finding]:
    where = f"{platform.system()} {platform.machine()}"
    yield fine(
        "Python", f"{platform.python_version()} on {where}; wirewatch {version('wirewatch')}"
    )


def _packages() -> Iterator[Finding]:
    wrong = [words for text in requires("wirewatch") or () if (words := unmet(text))]
    if wrong:
        yield bad("packages", "; ".join(wrong), "install from requirements.lock")
    else:
        yield fine("packages", ", ".join(f"{name} {version(name)}" for name in SPOKEN))


def unmet(requirement: str) -> str:
    """What is wrong with a requirement as a package states it, in words; empty if it is met.

    Knows the bounds this project uses; one with a marker counts only where the package is there.
    """
    found = _REQUIREMENT.match(requirement)
    if found is None:
        return ""
    name, bounds = found["name"], (found["bounds"] or "").strip()
    try:
        there = version(name)
    except PackageNotFoundError:
        return "" if found["marker"] else f"{name} is missing"
    if all(_holds(there, sign, bound) for sign, bound in _BOUND.findall(bounds)):
        return ""
    return f"{name} {there} is not {bounds}"


def _holds(there: str, sign: str, bound: str) -> bool:
    ours, theirs = _release(there), _release(bound)
    width = max(len(ours), len(theirs))
    ours += (0,) * (width - len(ours))
    theirs += (0,) * (width - len(theirs))
    return {
        "==": ours == theirs,
        ">=": ours >= theirs,
        "<=": ours <= theirs,
        "<": ours < theirs,
        ">": ours > theirs,
    }[sign]


def _release(text: str) -> tuple[int, ...]:
    leading = re.match(r"\d+(\.\d+)*", text)
    return tuple(map(int, leading[0].split("."))) if leading else ()


def _owners() -> Iterator[Finding]:
    """Another package may have written over ours: the names are plain ones."""
    owners = packages_distributions()
    others = {name: set(owners.get(name, ())) - {"wirewatch"} for name in OURS}
    for name, found in others.items():
        if found:
            says = f"{name}/ also belongs to {', '.join(sorted(found))}"
            yield bad("packages", says, "uninstall that, then install wirewatch again")


def _data(folder: Path | None) -> Iterator[Finding]:
    if folder is None:
        return
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not there.is_dir() or not _writable(there):
        yield bad("data", f"{there} cannot be written to", "WIREWATCH_DATA names another folder")
        return
    free = shutil.disk_usage(there).free
    says = f"{folder}{'' if there == folder else ' (not made yet)'}, {free / 1e9:,.1f} GB free"
    if free < FREE_BAD_BYTES:
        yield bad("data", says, "make room")
    elif free < FREE_NOTE_BYTES:
        yield note("data", says, "make room soon")
    else:
        yield fine("data", says)


def _writable(folder: Path) -> bool:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as scratch:
            scratch.write(b"x")
            os.fsync(scratch.file.fileno())
    except OSError:
        return False
    return True
