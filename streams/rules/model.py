"""The shape of a rule file: what an analyst may write, as pydantic models.

In: plain values of one rule.  Out: a `RuleModel`, or pydantic's errors, worded for analysts.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, RootModel, Tag

from streams.text import words

RULE_ID_PATTERN = "^[a-z0-9-]+$"
LISTS = "lists"
MAX_TERM_CHARS = 200
"""One word or phrase; longer ones are pasted sentences that never match."""

MAX_TERMS = 10_000
"""Terms in one list: every company of a stock exchange fits."""


def _term(value: Any) -> Any:
    """Refuses, in words, what YAML made of an unquoted term."""
    if value is None:
        raise ValueError("empty; a word or phrase belongs here")
    if isinstance(value, bool | int | float):
        raise ValueError(f"{value} is no text in YAML; put it in quotes")
    if isinstance(value, list):
        raise ValueError("a word or phrase belongs here; write any: [...] for alternatives")
    if isinstance(value, str) and not value.startswith("@") and not words(value):
        raise ValueError(f'"{value}" has no word in it')
    return value


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _list(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError(f"a list belongs here: [{value}]")
    return value


def _no_comment(value: Any) -> Any:
    """An unquoted `#south-asia` is a comment in YAML; it must not silently mean "the default"."""
    if value is None:
        raise ValueError('empty; a channel needs quotes: "#south-asia"')
    return value


def _words_given(value: Any) -> Any:
    if value is None:
        raise ValueError("empty; a list of words belongs here, each with # in quotes")
    return value


def _channel(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise ValueError("empty; a channel like #south-asia belongs here")
    return value


Text = Annotated[
    str, BeforeValidator(_term), Field(max_length=MAX_TERM_CHARS, description="a word or phrase")
]
Channel = Annotated[str, BeforeValidator(_channel), Field(max_length=80)]
Channels = Annotated[list[Channel], BeforeValidator(_one_or_many), Field(min_length=1)]
ChannelsGiven = Annotated[Channels | None, BeforeValidator(_no_comment)]


class Strict(BaseModel):
    """No unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Term = Annotated[
    Annotated[Text, Tag("<term>")] | Annotated["Clauses", Tag("<clauses>")],
    Discriminator(lambda v: "<clauses>" if isinstance(v, dict | Clauses) else "<term>"),
]
Terms = Annotated[list[Term], BeforeValidator(_list), Field(min_length=1, max_length=MAX_TERMS)]
TermsGiven = Annotated[Terms | None, BeforeValidator(_words_given)]


class Clauses(Strict):
    """What must all hold, of what any must hold, of what none may hold."""

    all: TermsGiven = Field(None, description="every one of these must be there")
    any: TermsGiven = Field(None, description="at least one of these must be there")
    none: TermsGiven = Field(None, description="none of these may be there")


class RuleTest(Strict):
    """One example of what a rule hits or misses."""

    text: str
    expect: Literal["hit", "miss"]
    why: str = ""
    status: str = ""


class RuleModel(Clauses):
    """One watch rule."""

    to: ChannelsGiven = Field(None, description="channel or channels; else desk.yaml's `to`")
    about: str = Field("", description="what the rule is for")
    owner: str = Field("", description="who answers for the rule")
    tests: list[RuleTest] = Field(default_factory=list, description="headlines it must hit or miss")


class WordList(
    RootModel[
        Annotated[list[Text], BeforeValidator(_list), Field(min_length=1, max_length=MAX_TERMS)]
    ]
):
    """A shared word list."""


def json_schema() -> dict[str, Any]:
    """JSON Schema of a rule file, for editors that complete and check YAML."""
    rule = RuleModel.model_json_schema()
    definitions = rule.pop("$defs", {})
    texts = {"type": "array", "minItems": 1, "items": {"type": "string"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wirewatch rules",
        "type": "object",
        "properties": {LISTS: {"type": "object", "additionalProperties": texts}},
        "patternProperties": {f"(?!^{LISTS}$){RULE_ID_PATTERN}": rule},
        "additionalProperties": False,
        "$defs": definitions,
    }
