"""Lucene Monitor, the peer of part `matcher`: rules and items in, a contender's command line out.

The jars come from Maven once and stay in a cache outside the repository (7 jars, 6 MB).  Queries
are Lucene's own syntax, one a rule, with the same meaning: near is an unordered interval whose gaps
are one word less than `within`, since neighbours are 1 apart here and 0 there.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from streams.item import Item
from streams.rules.ast import And, Form, Near, Node, Or, Phrase, Term
from streams.rules.book import Rule

VERSION = "9.11.1"
"""Also in lucene/pom.xml."""

HEAP = "-Xmx4g"
PRESEARCHERS = ("multipass", "term")
FETCH_S = 300.0
"""Seconds Maven may take."""

_SOURCES = Path(__file__).with_name("lucene")


def jars() -> Path | None:
    """The folder of the jars, fetched if this is the first run; none without Java and Maven."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    libs = Path(home) / "wirewatch" / f"lucene-{VERSION}"
    if shutil.which("javac") is None:
        sys.stderr.write("no Lucene: it needs a JDK (no `javac` on the PATH)\n")
        return None
    if libs.is_dir() or _fetched(libs):
        return libs
    return None


def _fetched(libs: Path) -> bool:
    """True if Maven brought the jars; a folder that is there is whole."""
    if shutil.which("mvn") is None:
        sys.stderr.write("no Lucene: it needs Maven (no `mvn` on the PATH, no jars in the cache)\n")
        return False
    part = libs.with_name(f"{libs.name}.{os.getpid()}")
    command = ["mvn", "-q", "-B", "-f", str(_SOURCES / "pom.xml"), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*command, f"-DoutputDirectory={part}"],
        capture_output=True,
        text=True,
        timeout=FETCH_S,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-500:]
        sys.stderr.write(f"no Lucene: Maven brought no jars\n{said}\n")
        return False
    part.rename(libs)
    return True


def command(libs: Path, folder: Path, presearcher: str) -> list[str]:
    """Runs the source as it is (`java File.java` compiles it first)."""
    source = _SOURCES / "LuceneMonitorBench.java"
    return ["java", HEAP, "-cp", f"{libs}/*", str(source), str(folder), presearcher]


def write_queries(folder: Path, rules: Iterable[Rule]) -> None:
    """`queries.tsv`: id and query, one a line."""
    lines = (f"{rule.id}\t{query(rule)}\n" for rule in rules)
    (folder / "queries.tsv").write_text("".join(lines), encoding="utf-8")


def write_items(folder: Path, name: str, items: Iterable[Item]) -> None:
    """`NAME.tsv`: title and text, one item a line."""
    lines = (f"{item.title}\t{item.text}\n" for item in items)
    (folder / f"{name}.tsv").write_text("".join(lines), encoding="utf-8")


def query(rule: Rule) -> str:
    """The rule in Lucene's syntax."""
    if not rule.none:
        return _query(rule.wanted)
    return f"+{_query(rule.wanted)} " + " ".join(f"-{_query(node)}" for node in rule.none)


def _query(node: Node) -> str:
    match node:
        case Term(phrases):
            words = _words(phrases[0])
            return f'"{" ".join(words)}"' if len(words) > 1 else words[0]
        case And(of):
            return "(" + " ".join(f"+{_query(each)}" for each in of) + ")"
        case Or(of):
            return "(" + " ".join(map(_query, of)) + ")"
        case Near(Term() as first, Term() as second, reach):
            sides = f"{_interval(first)} {_interval(second)}"
            return f"fn:maxgaps({reach.words - 1} fn:unordered({sides}))"
        case _:
            raise TypeError(f"the workload has no {type(node).__name__}")


def _interval(term: Term) -> str:
    words = _words(term.phrases[0])
    return f"fn:phrase({' '.join(words)})" if len(words) > 1 else words[0]


def _words(phrase: Phrase) -> list[str]:
    return [f"{word.written}*" if word.form is Form.PREFIX else word.written for word in phrase]
