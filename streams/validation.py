"""Validation: the value of a document as a pydantic model, or everything wrong with it.

In: a `Document` and a model.  Out: the model, or `Problem`s at the line and column of what is
wrong, worded for somebody who writes YAML.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from streams.suggestion import suggestion
from streams.yaml12 import Document, Place, Problem

Model = TypeVar("Model", bound=BaseModel)


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
            quotes = f"{_plain(given)} is no text in YAML; put it in quotes"
            return "empty; a text belongs here" if given is None else quotes
        case "bool_type":
            return "true or false belongs here"
        case "int_type" | "float_type" | "int_from_float":
            return "a number belongs here"
        case "literal_error" | "enum":
            expected = ctx["expected"].removeprefix("'', ").replace("'", "")
            return f"{_plain(given)} is none of {expected}"
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
            return re.sub(r"^(Value error, |Input )", "", error["msg"])


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
