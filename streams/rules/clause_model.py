"""The shape of clauses: what may stand in a rule and in any mapping within, as pydantic models.

In: plain values.  Out: a `Clauses`, or pydantic's errors, worded for analysts.
"""

from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    Tag,
    WithJsonSchema,
    model_validator,
)

from streams.rules.query.lexer import MAX_COUNT, MAX_QUERY_CHARS, MAX_WITHIN_WORDS
from streams.rules.scopes import PARTS, scope
from streams.rules.terms import MAX_TERM_CHARS, wrong_with
from streams.suggestion import suggestion

MAX_TERMS = 10_000
"""Terms in one list, and in one rule: every company of a stock exchange fits."""

MAX_PATTERNS = 100
"""Regular expressions in one clause: each takes memory and is searched for by itself."""

MAX_PATTERN_CHARS = 1_000
"""Of one regular expression."""

MIN_THRESHOLD = 0.001
"""Of `weights`: sums are rounded, and one below what is rounded off would be reached by nothing."""

MAX_OPERANDS = 4
"""Of `near`: more is a sentence."""


def _text(value: Any) -> Any:
    """Refuses, in words, what YAML made of an unquoted text."""
    if value is None:
        raise ValueError("empty; a word or phrase belongs here")
    if isinstance(value, bool):
        raise ValueError(f"{str(value).lower()} is no text in YAML; put it in quotes")
    if isinstance(value, int | float):
        raise ValueError(f"{value} is no text in YAML; put it in quotes")
    return value


def _term(value: Any) -> Any:
    if isinstance(value, str):
        wrong = "" if value[:1] == "@" else wrong_with(value)
        if wrong:
            raise ValueError(wrong)
        return value
    if isinstance(value, list):
        raise ValueError("a word or phrase belongs here; write any: [...] for alternatives")
    return _text(value)


def _exact(value: Any) -> Any:
    if isinstance(value, str):
        wrong = "" if value[:1] == "@" else wrong_with(value, exact=True)
        if wrong:
            raise ValueError(wrong)
    return _text(value)


def _list(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError(f"a list belongs here: [{value}]")
    return value


def _given(value: Any) -> Any:
    """A key without a value must not silently mean that it is not there."""
    if value is None:
        raise ValueError("empty; leave the key out, or write what it holds (# needs quotes)")
    return value


def one_or_many(value: Any) -> Any:
    """A single text or number stands for a list of it."""
    return [value] if isinstance(value, str | int) and not isinstance(value, bool) else value


def _scope(value: Any) -> Any:
    if isinstance(value, str) and scope(value) is None:
        near = suggestion(value, PARTS) or f"; there are {', '.join(PARTS)} and first 50"
        raise ValueError(f'no part "{value}"{near}')
    return value


def _weight(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or value == 0:
        raise ValueError("a weight like 3, or -2 for what speaks against it, belongs here")
    return value


def _whole(name: str, most: int) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise ValueError(f"{name} from 1 to {most} belongs here")
        return value

    return BeforeValidator(check)


Some = TypeVar("Some")
Given = Annotated[Some | None, BeforeValidator(_given)]
"""May be left out, but not left empty."""


class Strict(BaseModel):
    """No unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _kind(value: Any) -> str:
    if isinstance(value, dict | Clauses | OperandClauses):
        return "<clauses>"
    return "<list>" if isinstance(value, list) else "<term>"


def _kind_of_term(value: Any) -> str:
    return "<clauses>" if isinstance(value, dict | BaseModel) else "<term>"


Text = Annotated[
    str,
    Field(min_length=1, max_length=MAX_TERM_CHARS, description="a word or phrase"),
    BeforeValidator(_term),
]
ExactText = Annotated[str, Field(min_length=1, max_length=MAX_TERM_CHARS), BeforeValidator(_exact)]
Term = Annotated[
    Annotated[Text, Tag("<term>")] | Annotated["Clauses", Tag("<clauses>")],
    Discriminator(_kind_of_term),
]
Terms = Annotated[list[Term], Field(min_length=1, max_length=MAX_TERMS), BeforeValidator(_list)]


def many(schema: dict[str, Any]) -> WithJsonSchema:
    """The JSON Schema of one thing or a list of them."""
    listed = {"type": "array", "minItems": 1, "items": schema}
    return WithJsonSchema({"anyOf": [schema, listed]})


_TEXT_SCHEMA = {"type": "string", "minLength": 1, "maxLength": MAX_TERM_CHARS}
_SCOPE_SCHEMA = {"type": "string", "pattern": f"^({'|'.join(PARTS)}|first [1-9][0-9]{{0,4}})$"}
_REGEX_SCHEMA = {"type": "string", "minLength": 1, "maxLength": MAX_PATTERN_CHARS}

Exacts = Annotated[
    list[ExactText],
    Field(min_length=1, max_length=MAX_TERMS),
    BeforeValidator(one_or_many),
    many(_TEXT_SCHEMA),
]
Regexes = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=MAX_PATTERN_CHARS), BeforeValidator(_text)]],
    Field(min_length=1, max_length=MAX_PATTERNS),
    BeforeValidator(one_or_many),
    many(_REGEX_SCHEMA),
]
Scopes = Annotated[
    list[Annotated[str, BeforeValidator(_scope)]],
    Field(min_length=1, max_length=len(PARTS) + 1),
    BeforeValidator(one_or_many),
    many(_SCOPE_SCHEMA),
]


def _operand_keys(value: Any) -> Any:
    """Says what a key is that stands elsewhere but not among words that are near."""
    if isinstance(value, dict):
        for key in value:
            if key in {*Clauses.model_fields, "in"} - set(OperandClauses.model_fields):
                said = "any:, exact:, near: and not_near: can"
                raise ValueError(f'"{key}" cannot stand among words; {said}')
        if len(value) > 1:
            raise ValueError("one of any:, exact:, near: and not_near: belongs here")
    return value


Operand = Annotated[
    Annotated[Text, Tag("<term>")]
    | Annotated["Alternatives", Tag("<list>")]
    | Annotated[Annotated["OperandClauses", BeforeValidator(_operand_keys)], Tag("<clauses>")],
    Discriminator(_kind),
]


class Alternatives(RootModel[Annotated[list[Operand], Field(min_length=1, max_length=MAX_TERMS)]]):
    """One of these."""


class _Reach(Strict):
    within: Given[
        Annotated[
            int,
            Field(ge=1, le=MAX_WITHIN_WORDS, description="so many words apart at most"),
            _whole("a number of words", MAX_WITHIN_WORDS),
        ]
    ] = None
    ordered: bool = Field(False, description="in the order written")
    sentence: bool = Field(False, description="in the same sentence")
    paragraph: bool = Field(False, description="in the same paragraph")

    @model_validator(mode="after")
    def _one_reach(self) -> Self:
        if (self.within is not None) + self.sentence + self.paragraph != 1:
            raise ValueError("one of within: 8, sentence: true and paragraph: true belongs here")
        return self


class NearModel(_Reach):
    """Words near one another."""

    of: Annotated[
        list[Operand], Field(min_length=2, max_length=MAX_OPERANDS, description="2 to 4 of them")
    ]


class NotNearModel(_Reach):
    """The first without the second near it."""

    of: Annotated[list[Operand], Field(min_length=2, max_length=2, description="two of them")]


class AtLeastModel(Strict):
    """So many mentions, or so many different ones."""

    count: Annotated[int, Field(ge=1, le=MAX_COUNT), _whole("a number", MAX_COUNT)]
    of: Annotated[list[Operand], Field(min_length=1, max_length=MAX_TERMS), BeforeValidator(_list)]
    distinct: bool = Field(False, description="count each entry once")


class WeightsModel(Strict):
    """Words with weights, and the sum that is enough."""

    threshold: Annotated[float, Field(ge=MIN_THRESHOLD)]
    of: Annotated[
        dict[Text, Annotated[float, BeforeValidator(_weight)]],
        Field(min_length=1, max_length=MAX_TERMS),
    ]

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        most = sum(weight for weight in self.of.values() if weight > 0)
        if not most >= self.threshold:
            raise ValueError(f"its weights add up to {most:g} at most, threshold: is above that")
        return self


class OperandClauses(Strict):
    """What may stand among words that are near one another."""

    any: Given[Annotated[list[Operand], Field(min_length=1, max_length=MAX_TERMS)]] = None
    exact: Given[Exacts] = None
    near: Given[NearModel] = None
    not_near: Given[NotNearModel] = None


class Clauses(Strict):
    """What must all hold; `none` of its words may be there."""

    all: Given[Terms] = Field(None, description="every one of these must be there")
    any: Given[Terms] = Field(None, description="at least one of these must be there")
    none: Given[Terms] = Field(None, description="none of these may be there")
    exact: Given[Exacts] = Field(None, description="as written: capitals count, no inflection")
    regex: Given[Regexes] = Field(None, description="a regular expression (RE2)")
    near: Given[NearModel] = Field(None, description="words near one another")
    not_near: Given[NotNearModel] = Field(None, description="the first without the second near")
    at_least: Given[AtLeastModel] = Field(None, description="so many mentions")
    weights: Given[WeightsModel] = Field(None, description="words with weights")
    query: Given[Annotated[str, Field(max_length=MAX_QUERY_CHARS), BeforeValidator(_text)]] = Field(
        None, description="a query: AND, OR, NOT, W/5, PRE/5, title: …"
    )
    scopes: Given[Scopes] = Field(None, alias="in", description="where its words are looked for")
