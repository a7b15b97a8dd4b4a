"""The shape of a rule file: what an analyst may write, as pydantic models.

In: plain values of one rule.  Out: a `RuleModel`, or pydantic's errors, worded for analysts.
"""

import re
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import BeforeValidator, Field, RootModel, ValidationInfo, field_validator

from streams.rules.clause_model import (
    MAX_TERMS,
    Clauses,
    Given,
    Strict,
    Text,
    many,
    one_or_many,
)
from streams.suggestion import suggestion
from streams.text import words

RULE_ID_PATTERN = "^[a-z0-9-]+$"
LISTS = "lists"
MAX_CHANNEL_CHARS = 80
"""Slack's longest channel name."""

MAX_TIER = 9
"""Tiers of outlets: 1 is the best."""

MAX_ORIGINS = 100
"""Independent origins a rule may wait for."""

MAX_AGE_DAYS = 366
"""Longest time a rule may name."""

_LANGUAGES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu "
    "cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi "
    "ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks "
    "ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl "
    "nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl "
    "sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve "
    "vi vo wa wo xh yi yo za zh zu "
)
LANGUAGES = frozenset(_LANGUAGES.split())
"""Two-letter codes of ISO 639-1."""

_SECONDS = {"m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = "|".join(DAYS)


def _no_comment(value: Any) -> Any:
    """An unquoted `#south-asia` is a comment in YAML; it must not silently mean "the default"."""
    if value is None:
        raise ValueError('empty; a channel needs quotes: "#south-asia"')
    return value


def _channel(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise ValueError("empty; a channel like #south-asia belongs here")
    return value


def _channels(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def duration_s(written: str) -> int:
    """`90m`, `36h`, `2d` in seconds; 0 if it is no duration."""
    found = _DURATION.fullmatch(written)
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    return seconds if seconds <= MAX_AGE_DAYS * _SECONDS["d"] else 0


def _duration(value: Any) -> Any:
    if not isinstance(value, str) or not duration_s(value):
        most = f"at most {MAX_AGE_DAYS}d"
        raise ValueError(f'"{value}" is no length of time; 90m, 36h or 2d ({most}) belongs here')
    return value


def minutes(written: str) -> int:
    """`06:30` as minutes since midnight; -1 if it is no time of day."""
    if not _CLOCK.fullmatch(written):
        return -1
    hour, minute = written.split(":")
    return int(hour) * 60 + int(minute)


def _clock(value: Any) -> Any:
    if not isinstance(value, str) or minutes(value) < 0:
        raise ValueError(f'"{value}" is no time of day; one like "06:00" belongs here')
    return value


def days(written: str) -> tuple[int, ...]:
    """`mon-fri` or `sat` as numbers, 0 is Monday; empty if it is neither."""
    first, _, last = written.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        return ()
    start, end = DAYS.index(first), DAYS.index(last or first)
    return tuple(n % len(DAYS) for n in range(start, end + 1 if end >= start else end + 8))


def _days(value: Any) -> Any:
    if not isinstance(value, str) or not days(value):
        raise ValueError(f'"{value}" is no day; mon, sat or mon-fri belongs here')
    return value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(value: Any) -> Any:
    if not isinstance(value, str) or value not in _zones():
        near = suggestion(str(value), sorted(_zones()))
        raise ValueError(f'no time zone "{value}"{near or "; one like Europe/London belongs here"}')
    return value


def _lang(value: Any) -> Any:
    if not isinstance(value, str) or value not in LANGUAGES:
        raise ValueError(f'"{value}" is no language; two small letters like en belong here')
    return value


def _outlet(value: Any) -> Any:
    if isinstance(value, str) and not value.startswith("@") and not words(value):
        raise ValueError(f'"{value}" is no outlet; a name like Reuters, or "@list" belongs here')
    return value


def _tier(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_TIER:
        raise ValueError(f"a number from 1 to {MAX_TIER} belongs here")
    return value


def _word_list(value: Any) -> Any:
    if value is None:
        raise ValueError("empty; a list of words belongs here, each with # in quotes")
    if isinstance(value, str):
        raise ValueError(f"a list belongs here: [{value}]")
    return value


Channel = Annotated[str, Field(max_length=MAX_CHANNEL_CHARS), BeforeValidator(_channel)]
Channels = Annotated[
    list[Channel],
    Field(min_length=1),
    BeforeValidator(_channels),
    many({"type": "string", "minLength": 1, "maxLength": MAX_CHANNEL_CHARS}),
]
ChannelsGiven = Annotated[Channels | None, BeforeValidator(_no_comment)]
Duration = Annotated[str, Field(pattern=rf"^{_DURATION.pattern}$"), BeforeValidator(_duration)]
TimeOfDay = Annotated[str, Field(pattern=rf"^(?:{_CLOCK.pattern})$"), BeforeValidator(_clock)]
Languages = Annotated[
    list[Annotated[str, BeforeValidator(_lang)]],
    Field(min_length=1),
    BeforeValidator(one_or_many),
    many({"enum": sorted(LANGUAGES)}),
]
Outlets = Annotated[
    list[Annotated[str, BeforeValidator(_outlet)]],
    Field(min_length=1, max_length=MAX_TERMS),
    BeforeValidator(one_or_many),
    many({"type": "string", "minLength": 1}),
]
Tiers = Annotated[
    list[Annotated[int, BeforeValidator(_tier)]],
    Field(min_length=1, max_length=MAX_TIER),
    BeforeValidator(one_or_many),
    many({"type": "integer", "minimum": 1, "maximum": MAX_TIER}),
]
Days = Annotated[
    list[Annotated[str, BeforeValidator(_days)]],
    Field(min_length=1, max_length=len(DAYS)),
    BeforeValidator(one_or_many),
    many({"type": "string", "pattern": f"^({_DAY})(-({_DAY}))?$"}),
]


class OriginsModel(Strict):
    """Tell only what so many independent origins say."""

    at_least: Annotated[int, Field(ge=1, le=MAX_ORIGINS)]
    within: Duration


class HoursModel(Strict):
    """Tell at these hours."""

    days: Given[Days] = Field(None, description="days of the week; else all")
    start: TimeOfDay = Field(alias="from")
    to: TimeOfDay
    zone: Annotated[str, BeforeValidator(_zone)] = Field(description="a time zone: Europe/London")


class RuleTest(Strict):
    """One example of what a rule hits or misses; `text` is the title."""

    text: str
    expect: Literal["hit", "miss"]
    why: str = ""
    status: Literal["", "asserted", "prospective", "negated", "reversed", "open"] = Field(
        "", description="what the matched claim says"
    )
    summary: str = ""
    body: str = ""
    lang: str = ""
    outlet: str = ""
    feed: str = ""
    credit: str = ""
    url: str = ""
    tags: list[str] = Field(default_factory=list)
    tier: int = 0

    @field_validator("status")
    @classmethod
    def _of_a_hit(cls, status: str, info: ValidationInfo) -> str:
        if status and info.data.get("expect") == "miss":
            raise ValueError("a miss has none; leave it out, or expect a hit")
        return status


class RuleModel(Clauses):
    """One watch rule."""

    to: ChannelsGiven = Field(None, description="channel or channels; else desk.yaml's `to`")
    about: str = Field("", description="what the rule is for")
    owner: str = Field("", description="who answers for the rule")
    lang: Given[Languages] = Field(None, description="only items in these languages")
    outlets: Given[Outlets] = Field(None, description="only items of these outlets or feeds")
    not_outlets: Given[Outlets] = Field(None, description="no items of these outlets or feeds")
    tier: Given[Tiers] = Field(None, description="only outlets of these tiers")
    negation: Literal["flag", "exclude", "only"] = Field(
        "flag", description="what becomes of a negated claim"
    )
    max_age: Given[Duration] = Field(None, description="nothing older: 36h")
    origins: Given[OriginsModel] = Field(None, description="how many independent origins")
    priority: Literal["", "flash", "urgent", "routine"] = Field("", description="how it is told")
    updates: Literal["", "edit", "thread", "new"] = Field("", description="how updates are told")
    hours: Given[HoursModel] = Field(None, description="when it is told")
    tests: list[RuleTest] = Field(default_factory=list, description="headlines it must hit or miss")


class WordList(
    RootModel[
        Annotated[
            list[Text], Field(min_length=1, max_length=MAX_TERMS), BeforeValidator(_word_list)
        ]
    ]
):
    """A shared word list."""
