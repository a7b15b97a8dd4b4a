"""JUnit: results of test cases as the XML that build servers read; pure.

In: cases by suite.  Out: one document.  Invariant: it is well-formed whatever the texts hold.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""


DECLARATION = b"<?xml version='1.0' encoding='utf-8'?>\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class JUnitCase:
    """One case: whose it is, its name, how long it took, and what is wrong with it if it failed."""

    classname: str
    name: str
    time_s: float
    failure: str = ""
    detail: str = ""
    line: int = 0


def junit(suites: Mapping[str, Sequence[JUnitCase]]) -> bytes:
    """The document for suites by name."""
    cases = [case for suite in suites.values() for case in suite]
    root = ET.Element("testsuites", {"name": "wirewatch", **_totals(cases)})
    for name, suite in suites.items():
        told = ET.SubElement(root, "testsuite", {"name": _clean(name), **_totals(suite)})
        for case in suite:
            _add(told, name, case)
    ET.indent(root)
    return DECLARATION + ET.tostring(root, encoding="unicode").encode() + b"\n"


def _add(suite: ET.Element, file: str, case: JUnitCase) -> None:
    given = {"classname": case.classname, "name": case.name, "file": file, "line": str(case.line)}
    told = ET.SubElement(suite, "testcase", {name: _clean(text) for name, text in given.items()})
    told.set("time", f"{case.time_s:.6f}")
    if case.failure:
        failure = ET.SubElement(told, "failure", {"message": _clean(case.failure)})
        failure.set("type", "failure")
        failure.text = _clean(case.detail)


def _totals(cases: Sequence[JUnitCase]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(bool(case.failure) for case in cases)),
        "errors": "0",
        "skipped": "0",
        "time": f"{sum(case.time_s for case in cases):.6f}",
    }


def _clean(text: str) -> str:
    return _NO_XML.sub("", text)
