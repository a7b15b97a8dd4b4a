"""YAML as an analyst means it: text in, plain values with their positions out.

In: the bytes of one file.  Out: a `Document`, or `Problem`s that name file, line and column.
Invariants: scalars follow YAML 1.2's core schema (`NO` is Norway, not false); a key written twice
is refused; nothing is expanded (no aliases, no tags), so a small file stays small.

The only module that speaks PyYAML; pydantic's errors get their line and column here.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from streams.suggestion import suggestion

MAX_FILE_BYTES = 8 * 1024 * 1024
"""A book of 50,000 rules is about 5 MB; more is a mistake or an attack."""

MAX_DEPTH = 64
"""Levels of nesting: people write four."""

Place = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


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
    node: yaml.Node | None
    start: tuple[int, int] = (1, 1)
    keys: Mapping[str, tuple[yaml.Node, yaml.Node]] = field(default_factory=dict, repr=False)
    """Those of the outermost mapping: a file may have thousands."""

    def where(self, path: Place, *, key: bool = False) -> str:
        """`file:line:col` of the value under `path`, or of its key."""
        at = self.problem(path, "", key=key)
        return f"{at.file}:{at.line}:{at.column}"

    def problem(self, path: Place, message: str, *, key: bool = False, offset: int = -1) -> Problem:
        """`message` at the value under `path`, or at its key, or at a character of its text."""
        if offset >= 0:
            message = f"{message}, at character {offset + 1}"
        node = self.node
        for part in path:
            outermost = self.keys and node is self.node
            found = self.keys.get(str(part)) if outermost else _child(node, part)
            if found is None:
                break
            node = found[0] if key and part == path[-1] else found[1]
        where = _position(node.start_mark) if node is not None else self.start
        return Problem(self.file, *where, message)


class _Loader(yaml.CSafeLoader):
    """PyYAML's safe loader with YAML 1.2 scalars."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


_CORE_SCHEMA = (
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("tag:yaml.org,2002:int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    (
        "tag:yaml.org,2002:float",
        r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$",
        list("-+.0123456789"),
    ),
)
for _tag, _pattern, _first in _CORE_SCHEMA:
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), _first)


def _integer(_: yaml.Loader, node: yaml.ScalarNode) -> int:
    base = {"0o": 8, "0x": 16}.get(node.value[:2], 10)
    return int(node.value[2:] if base != 10 else node.value, base)


_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_constructor("tag:yaml.org,2002:float", lambda _, node: float(node.value))


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
        _refuse_depth_and_aliases(text, file)
        loader = _Loader(text)
        node = loader.get_single_node()
        problems = list(_duplicate_keys(node, file))
        value = loader.construct_document(node) if node is not None and not problems else None
    except Invalid:
        raise
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Invalid([Problem(file, line, 1, "not UTF-8 text")]) from error
    except yaml.MarkedYAMLError as error:
        raise Invalid([_syntax_problem(error, file)]) from error
    except yaml.YAMLError as error:
        raise Invalid([Problem(file, 1, 1, f"not YAML: {_first_line(error)}")]) from error
    except ValueError as error:
        raise Invalid([Problem(file, 1, 1, f"not a usable value: {_first_line(error)}")]) from error
    if problems:
        raise Invalid(problems)
    keys = {k.value: (k, v) for k, v in node.value} if isinstance(node, yaml.MappingNode) else {}
    return Document(file, value, node, keys=keys)


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]


def _refuse_depth_and_aliases(text: str, file: str) -> None:
    """Reads events one by one: neither a deep nor an expanding file costs more than its size."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.AliasEvent):
            said = f'"*{anchor}" is a YAML alias'
            message = f"{said}: put it in quotes, or share words by lists:"
        elif getattr(event, "tag", None):
            message = f'"{event.tag}" is a YAML tag: put it in quotes'  # type: ignore[attr-defined]
        elif anchor:
            message = f'"&{anchor}" is a YAML anchor: put it in quotes'
        elif depth > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} levels deep"
        else:
            continue
        raise Invalid([Problem(file, *_position(event.start_mark), message)])


def _syntax_problem(error: yaml.MarkedYAMLError, file: str) -> Problem:
    said = (error.problem or "not YAML").removeprefix("found ")
    if "cannot start any token" in said:
        said += ": put the text in quotes"
    where = _position(error.problem_mark or error.context_mark)
    return Problem(file, *where, f"not YAML: {said}")


def _position(mark: Any) -> tuple[int, int]:
    """Line and column, 1-based, of a PyYAML mark."""
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _duplicate_keys(node: yaml.Node | None, file: str) -> Iterator[Problem]:
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _duplicate_keys(child, file)
    if not isinstance(node, yaml.MappingNode):
        return
    first: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            yield Problem(file, line, key.start_mark.column + 1, "a key must be plain text")
        elif key.value in first:
            message = f'"{key.value}" stands here twice; first on line {first[key.value]}'
            yield Problem(file, line, key.start_mark.column + 1, message)
        else:
            first[key.value] = line
        yield from _duplicate_keys(value, file)


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((k, v) for k, v in node.value if k.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None


def validate(
    model: type[Model],
    document: Document,
    path: Place = (),
    *,
    known: Callable[[Place], Sequence[str]] = lambda _: (),
) -> tuple[Model | None, list[Problem]]:
    """The value under `path` as `model`, or everything wrong with it.

    `known` gives the keys allowed at a place, for suggestions.
    """
    value = document.value
    for part in path:
        value = value[part]
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        return None, [_model_problem(document, path, e, known) for e in error.errors()]


def _model_problem(
    document: Document,
    path: Place,
    error: Mapping[str, Any],
    known: Callable[[Place], Sequence[str]],
) -> Problem:
    where = path + tuple(part for part in error["loc"] if not _is_tag(part))
    if error["type"] == "extra_forbidden":
        message = f'unknown key "{where[-1]}"{suggestion(str(where[-1]), known(where[:-1]))}'
        return document.problem(where, message, key=True)
    if error["type"] == "missing":
        return document.problem(where[:-1], f'"{where[-1]}" is missing')
    message = _worded(error)
    inner = where[len(path) :]
    in_list = path and inner and isinstance(inner[0], int)
    name = _shown((path[-1], *inner) if in_list else inner)
    return document.problem(where, f"{name}: {_lower(message)}" if name else _lower(message))


def _worded(error: Mapping[str, Any]) -> str:
    """What pydantic says, for somebody who writes YAML."""
    given, ctx = error["input"], error.get("ctx", {})
    match error["type"]:
        case "model_type" | "dict_type" | "model_attributes_type":
            return "a mapping belongs here: {key: value}"
        case "list_type":
            return f"a list belongs here: [{given}]"
        case "string_type":
            return f"{_plain(given)} is no text in YAML; put it in quotes"
        case "bool_type":
            return "true or false belongs here"
        case "int_type" | "float_type" | "int_from_float":
            return "a number belongs here"
        case "literal_error":
            return f"{_plain(given)} is none of {ctx['expected'].replace(chr(39), '')}"
        case "string_too_short":
            return "empty; something belongs here"
        case "string_too_long":
            return f"longer than {ctx['max_length']:,} characters"
        case "too_short" if not given:
            return "empty; something belongs here"
        case "too_short":
            return f"at least {ctx['min_length']} belong here"
        case "too_long":
            return f"at most {ctx['max_length']:,} belong here"
        case _:
            return re.sub(r"^Value error, ", "", error["msg"])


def _plain(value: Any) -> str:
    """A scalar as YAML has it; what is none by its kind."""
    match value:
        case bool():
            return str(value).lower()
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return str(value)


def _is_tag(part: str | int) -> bool:
    """Names pydantic puts into a location for the branch of a union it tried."""
    return isinstance(part, str) and part.startswith("<") and part.endswith(">")


def _shown(path: Place) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
