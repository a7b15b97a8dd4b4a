"""Config: a desk folder in, one frozen `Desk` out.

`desk.yaml` names the desk and its defaults, `feeds.yaml` lists the feeds, `rules/` holds the book.
Invariant: everything wrong with both files is said at once, with file, line and column.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel

from monitor.exits import ExitCode, Quit
from monitor.feeds.canonical import web_url
from monitor.feeds.feed import DEFAULT_EVERY_S, Feed
from streams.item import BEST_TIER, WORST_TIER
from streams.rules.model import ChannelsGiven
from streams.validation import validate
from streams.yaml12 import Document, Invalid, Place, Problem, read

ID_PATTERN = r"^[a-z0-9-]+$"


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f'no time zone "{value}"; one like Asia/Kolkata belongs here') from error
    return value


def _address(value: Any) -> Any:
    if isinstance(value, str) and not web_url(value):
        raise ValueError(f'"{value}" is no http or https address')
    return value


Url = Annotated[str, BeforeValidator(_address)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DeskModel(_Strict):
    """desk.yaml."""

    name: Annotated[str, Field(pattern=ID_PATTERN, max_length=60)]
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    to: ChannelsGiven = None
    ops_channel: str = ""
    data: str = ""
    settings: dict[str, str | int | float] = Field(default_factory=dict)


class FeedModel(_Strict):
    """One feed of feeds.yaml."""

    id: Annotated[str, Field(pattern=ID_PATTERN, max_length=60)]
    url: Url
    outlet: str = ""
    every: Annotated[float, Field(ge=0.1, le=86_400)] = DEFAULT_EVERY_S
    tier: Annotated[int, Field(ge=BEST_TIER, le=WORST_TIER)] = 0


class _FeedsModel(RootModel[list[FeedModel]]):
    """feeds.yaml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One desk as its folder says."""

    folder: Path
    name: str
    timezone: str
    to: tuple[str, ...]
    data: str
    settings: dict[str, str | int | float]
    feeds: tuple[Feed, ...]

    @property
    def rules(self) -> Path:
        """The folder of the book."""
        return self.folder / "rules"


def load_desk(folder: Path) -> Desk:
    """The desk in `folder`.

    Raises:
        Quit: no desk there, or a broken one; names every problem.
    """
    if not (folder / "desk.yaml").is_file():
        raise Quit(
            ExitCode.USAGE, f"no desk.yaml in {folder}: `wirewatch init {folder}` writes one"
        )
    model, problems = _read_desk(folder / "desk.yaml")
    feeds, found = _read_feeds(folder / "feeds.yaml")
    problems += found
    if problems or model is None:
        raise Quit(ExitCode.USAGE, "\n".join(map(str, problems)))
    return Desk(
        folder=folder,
        name=model.name,
        timezone=model.timezone,
        to=tuple(model.to or ()),
        data=model.data,
        settings=dict(model.settings),
        feeds=feeds,
    )


def _read_desk(path: Path) -> tuple[DeskModel | None, list[Problem]]:
    try:
        document = read(path)
    except Invalid as error:
        return None, list(error.problems)
    if not isinstance(document.value, dict):
        return None, [document.problem((), "a mapping belongs here: name: …, to: …")]
    return validate(DeskModel, document, known=lambda _: tuple(DeskModel.model_fields))


def _read_feeds(path: Path) -> tuple[tuple[Feed, ...], list[Problem]]:
    if not path.is_file():
        return (), []
    try:
        document = read(path)
    except Invalid as error:
        return (), list(error.problems)
    if document.value is None:
        return (), []
    if not isinstance(document.value, list):
        return (), [document.problem((), "a list belongs here: - {id: …, url: …}")]
    model, problems = validate(_FeedsModel, document, known=_feed_keys)
    if model is None:
        return (), problems
    feeds = tuple(map(_feed, model.root))
    return feeds, _repeated(document, feeds)


def _feed(given: FeedModel) -> Feed:
    return Feed(
        id=given.id,
        url=given.url,
        outlet=given.outlet,
        every_s=given.every,
        tier=given.tier,
    )


def _feed_keys(_: Place) -> tuple[str, ...]:
    return tuple(FeedModel.model_fields)


def _repeated(document: Document, feeds: tuple[Feed, ...]) -> list[Problem]:
    first: dict[str, int] = {}
    problems = []
    for n, feed in enumerate(feeds):
        if feed.id in first:
            message = f'feed "{feed.id}" stands here twice; first as number {first[feed.id] + 1}'
            problems.append(document.problem((n, "id"), message))
        first.setdefault(feed.id, n)
    return problems
