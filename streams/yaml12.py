"""YAML as an analyst means it: text in, plain values with their positions out.

In: the bytes of one file.  Out: a `Document`, or `Problem`s that name file, line and column.
Invariants: scalars follow YAML 1.2's core schema (`NO` is Norway, not false); a key written twice
is refused; nothing is expanded (no aliases, no tags), so a small file stays small.

The only module that speaks PyYAML; values are made from its events, in one pass.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

MAX_FILE_BYTES = 8 * 1024 * 1024
"""A book of 50,000 rules is about 5 MB; more is a mistake or an attack."""

MAX_DEPTH = 64
"""Levels of nesting: people write four."""

Place = tuple[str | int, ...]
Mark = Any
"""PyYAML's mark: `line` and `column`, from 0."""

Marks = Mapping[int, Mapping[Any, tuple[Mark, Mark]]]
"""By `id` of each mapping and list of a document: where each key (or item) and value begins."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with a file; prints as `file:line:col: message` (1-based)."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class Invalid(ValueError):
    """A file that cannot be used; `problems` holds everything wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Document:
    """A file's value, and where each part of it stands; all at `start` where that is not known."""

    file: str
    value: Any
    start: tuple[int, int] = (1, 1)
    text: str = field(default="", repr=False)
    marks: Marks = field(default_factory=dict, repr=False)

    def where(self, path: Place, *, key: bool = False) -> str:
        """`file:line:col` of the value under `path`, or of its key."""
        line, column = self._position(path, key=key)[0]
        return f"{self.file}:{line}:{column}"

    def problem(self, path: Place, message: str, *, key: bool = False, offset: int = -1) -> Problem:
        """`message` at the value under `path`, at its key, or at a character of its text."""
        where, value = self._position(path, key=key)
        if offset >= 0:
            exact = self._character(where, value, offset) if self.text else None
            if exact is None:
                message = f"{message}, at character {offset + 1}"
            where = exact or where
        return Problem(self.file, *where, message)

    def _position(self, path: Place, *, key: bool) -> tuple[tuple[int, int], Any]:
        """Line and column of what lies at `path`, as far as it can be followed, and its value."""
        value, where = self.value, self.start
        for n, part in enumerate(path):
            found = self.marks.get(id(value), {}).get(part)
            if found is None:
                break
            mark = found[0] if key and n == len(path) - 1 else found[1]
            where, value = (mark.line + 1, mark.column + 1), value[part]
        return where, value

    def _character(self, where: tuple[int, int], value: Any, offset: int) -> tuple[int, int] | None:
        """Where a character of a text stands; None if it cannot be told, as after an escape."""
        lines = _BREAK.split(self.text)
        at = sum(map(len, lines[: 2 * where[0] - 2])) + where[1] - 1
        found = _followed(self.text, at, value[:offset]) if isinstance(value, str) else None
        if found is None:
            return None
        before = _BREAK.split(self.text[:found])
        return len(before) // 2 + 1, len(before[-1]) + 1


_BREAK = re.compile(r"(\r\n|[\r\n\x85\u2028\u2029])")
_HEADER = re.compile(r"[|>][-+0-9]*[ \t]*(?:#.*)?\r?\n\s*")


def _followed(text: str, at: int, said: str) -> int | None:
    """The place after `said` in the scalar that begins at `at`, whatever its style."""
    quote = text[at : at + 1] if text[at : at + 1] in {"'", '"'} else ""
    header = _HEADER.match(text, at)
    at = header.end() if header else at + len(quote)
    for n, char in enumerate(said):
        if char.isspace():
            if n + 1 == len(said) or not said[n + 1].isspace():
                while at < len(text) and text[at].isspace():
                    at += 1
            continue
        if text[at : at + 1] != char:
            return None
        at += 2 if char == quote else 1
    return at


def read(path: Path, shown: str = "") -> Document:
    """The file at `path`.

    Raises:
        Invalid: it cannot be read, is not YAML, or repeats a key.
    """
    name = shown or str(path)
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Invalid([Problem(name, 1, 1, f"cannot be read: {error.strerror}")]) from error
    return parse(raw, name)


def parse(raw: bytes, file: str) -> Document:
    """The document in `raw`; see `read`."""
    if len(raw) > MAX_FILE_BYTES:
        raise Invalid([Problem(file, 1, 1, f"larger than {MAX_FILE_BYTES // 2**20} MB")])
    try:
        text = raw.decode("utf-8-sig")
        reader = _Reader(file, yaml.CSafeLoader(text))
        reader.read()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Invalid([Problem(file, line, 1, "not UTF-8 text")]) from error
    except yaml.MarkedYAMLError as error:
        raise Invalid([_syntax_problem(error, file, text)]) from error
    except yaml.YAMLError as error:
        raise Invalid([Problem(file, 1, 1, f"not YAML: {_first_line(error)}")]) from error
    if reader.problems:
        raise Invalid(reader.problems)
    return Document(file, reader.value, reader.start, text, reader.marks)


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]


def _syntax_problem(error: yaml.MarkedYAMLError, file: str, text: str) -> Problem:
    said = (error.problem or "not YAML").removeprefix("found ")
    mark = error.problem_mark or error.context_mark
    if "cannot start any token" in said:
        tab = mark is not None and text[mark.index : mark.index + 1] == "\t"
        said += ": indent with spaces, not with a tab" if tab else ": put the text in quotes"
    where = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Problem(file, *where, f"not YAML: {said}")


_NAMED: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC = frozenset("-+.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def plain(written: str) -> Any:
    """An unquoted scalar by the core schema of YAML 1.2."""
    if written in _NAMED:
        return _NAMED[written]
    if written[0] in _NUMERIC:
        if _INTEGER.fullmatch(written):
            base = {"0o": 8, "0x": 16}.get(written[:2], 10)
            return int(written[2:] if base != 10 else written, base)
        if _FLOAT.fullmatch(written):
            return float(written)
    return written


class _Reader:
    """Makes values from events, one by one: no file costs more than its size."""

    def __init__(self, file: str, loader: yaml.CSafeLoader) -> None:
        self.file = file
        self._next: Callable[[], Any] = loader.get_event
        self.value: Any = None
        self.start = (1, 1)
        self.problems: list[Problem] = []
        self.marks: dict[int, dict[Any, tuple[Mark, Mark]]] = {}

    def read(self) -> None:
        """Reads the one document there is; raises `Invalid` where it cannot go on."""
        self._next()
        if type(self._next()) is yaml.StreamEndEvent:
            return
        event = self._next()
        self.start = (event.start_mark.line + 1, event.start_mark.column + 1)
        self.value = self._node(event, 1)
        self._next()
        after = self._next()
        if type(after) is not yaml.StreamEndEvent:
            self._stop(after, "not YAML: a second document begins here")

    def _node(self, event: Any, depth: int) -> Any:
        kind = type(event)
        if kind is yaml.AliasEvent:
            said = f'"*{event.anchor}" is a YAML alias'
            self._stop(event, f"{said}: put it in quotes, or share words by lists:")
        if event.tag:
            self._stop(event, f'"{event.tag}" is a YAML tag: put it in quotes')
        if event.anchor:
            self._stop(event, f'"&{event.anchor}" is a YAML anchor: put it in quotes')
        if kind is yaml.ScalarEvent:
            return event.value if event.style else self._plain(event)
        if depth > MAX_DEPTH:
            self._stop(event, f"nested more than {MAX_DEPTH} levels deep")
        return (self._mapping if kind is yaml.MappingStartEvent else self._list)(depth)

    def _mapping(self, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        marks = self.marks[id(found)] = {}
        while type(event := self._next()) is not yaml.MappingEndEvent:
            if type(event) is not yaml.ScalarEvent:
                self._stop(event, "a key must be plain text")
            key = self._node(event, depth)
            if key in found:
                first = marks[key][0].line + 1
                message = f'"{event.value}" stands here twice; first on line {first}'
                self.problems.append(self._problem(event, message))
            value = self._next()
            marks.setdefault(key, (event.start_mark, value.start_mark))
            found[key] = self._node(value, depth + 1)
        return found

    def _list(self, depth: int) -> list[Any]:
        found: list[Any] = []
        marks = self.marks[id(found)] = {}
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            marks[len(found)] = (event.start_mark, event.start_mark)
            found.append(self._node(event, depth + 1))
        return found

    def _plain(self, event: Any) -> Any:
        try:
            return plain(event.value)
        except ValueError as error:
            self._stop(event, f"not a usable value: {_first_line(error)}")

    def _problem(self, event: Any, message: str) -> Problem:
        return Problem(self.file, event.start_mark.line + 1, event.start_mark.column + 1, message)

    def _stop(self, event: Any, message: str) -> NoReturn:
        raise Invalid([*self.problems, self._problem(event, message)])
