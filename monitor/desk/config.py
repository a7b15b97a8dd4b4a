"""Config: a desk folder in, one frozen `Desk` out.

`desk.yaml` names the desk and its defaults, `feeds.yaml` lists the feeds, `rules/` holds the book.
Invariant: everything wrong with both files is said at once, with file, line and column.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    model_validator,
)

from monitor.exits import ExitCode, Quit
from monitor.feeds.address import feed_address
from monitor.feeds.feed import BACKFILL_ALL_S, DEFAULT_BACKFILL_S, Feed, Priority
from streams.item import BEST_TIER, WORST_TIER
from streams.rules.model import ChannelsGiven, duration_s
from streams.validation import validate
from streams.yaml12 import Document, Invalid, Place, Problem, read

ID_PATTERN = r"^[a-z0-9-]+$"
MAX_ID_CHARS = 60
FEEDS_FILE = "feeds.yaml"
MIN_EVERY_S, MAX_EVERY_S = 0.1, 86_400
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*")
_OF_ADDRESSES = ("auth", "allow_private", "full_text", "priority")
"""Keys that mean nothing to a folder."""


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f'no time zone "{value}"; one like Asia/Kolkata belongs here') from error
    return value


def _name(value: str) -> str:
    if not re.match(ID_PATTERN, value):
        raise ValueError(f'"{value}": small letters, digits and hyphens belong here')
    return value


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise ValueError(f'"{value}" is no language tag; one like en or en-IN belongs here')
    return value


def _every(value: Any) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (number and MIN_EVERY_S <= value <= MAX_EVERY_S):
        most = f"{MIN_EVERY_S} to {MAX_EVERY_S:,}"
        raise ValueError(f'"{value}" is no number of seconds from {most}; 300 is five minutes')
    return value


def _address(value: Any) -> Any:
    return feed_address(value) if isinstance(value, str) else value


def _backfill(value: Any) -> Any:
    if value != "all" and not (isinstance(value, str) and duration_s(value)):
        raise ValueError(f'"{value}" is no duration; one like 2h or 3d belongs here, or all')
    return value


def auth_variable(value: str) -> str:
    """The NAME in `env:NAME`.

    Raises:
        ValueError: it is something else.
    """
    name = value.removeprefix("env:")
    if not value.startswith("env:") or not name.isidentifier():
        raise ValueError(
            "env:NAME belongs here; the secret stands in NAME or in the file NAME_FILE"
        )
    return name


def _auth(value: str) -> str:
    auth_variable(value)
    return value


Url = Annotated[str, BeforeValidator(_address)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DeskModel(_Strict):
    """desk.yaml."""

    name: Annotated[str, AfterValidator(_name), Field(max_length=60)]
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    to: ChannelsGiven = None
    ops_channel: str = ""
    data: str = ""
    settings: dict[str, str | int | float] = Field(default_factory=dict)


class FeedModel(_Strict):
    """One feed of feeds.yaml; what each means: `monitor.feeds.feed.Feed`."""

    id: Annotated[str, AfterValidator(_name), Field(max_length=MAX_ID_CHARS)]
    url: Url = ""
    folder: str = ""
    outlet: str = ""
    every: Annotated[float | None, BeforeValidator(_every)] = None
    priority: Annotated[Priority, Field(strict=False)] = Priority.NORMAL
    timezone: Annotated[str, AfterValidator(_zone)] = ""
    language: Annotated[str, AfterValidator(_language)] = ""
    auth: Annotated[str, AfterValidator(_auth)] = ""
    allow_private: bool = False
    backfill: Annotated[str, BeforeValidator(_backfill)] = ""
    full_text: bool = False
    tier: Annotated[int, Field(ge=BEST_TIER, le=WORST_TIER)] = 0

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.url) == bool(self.folder):
            raise ValueError("either url or folder belongs here")
        odd = [key for key in _OF_ADDRESSES if self.folder and key in self.model_fields_set]
        if odd:
            raise ValueError(f"{odd[0]} goes with url, not with folder")
        return self


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
    data = folder / model.data if model and model.data else None
    feeds, found = _read_feeds(folder / FEEDS_FILE, data)
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


def load_feeds(path: Path) -> tuple[Feed, ...]:
    """The feeds that a file lists.

    Raises:
        Quit: it is broken; names every problem.
    """
    feeds, problems = _read_feeds(path)
    if problems:
        raise Quit(ExitCode.USAGE, "\n".join(map(str, problems)))
    return feeds


def _read_desk(path: Path) -> tuple[DeskModel | None, list[Problem]]:
    try:
        document = read(path)
    except Invalid as error:
        return None, list(error.problems)
    if not isinstance(document.value, dict):
        return None, [document.problem((), "a mapping belongs here: name: …, to: …")]
    return validate(DeskModel, document, known=lambda _: tuple(DeskModel.model_fields))


def _read_feeds(path: Path, data: Path | None = None) -> tuple[tuple[Feed, ...], list[Problem]]:
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
    feeds = tuple(_feed(given, path.parent) for given in model.root)
    return feeds, [*_repeated(document, feeds), *_misplaced(document, feeds, path.parent, data)]


def _feed(given: FeedModel, desk: Path) -> Feed:
    return Feed(
        id=given.id,
        url=given.url,
        folder=str(desk / given.folder) if given.folder else "",
        outlet=given.outlet,
        every_s=given.every or 0.0,
        priority=given.priority,
        timezone=given.timezone,
        language=given.language,
        auth=given.auth,
        allow_private=given.allow_private,
        backfill_s=_backfill_s(given.backfill),
        full_text=given.full_text,
        tier=given.tier,
    )


def _backfill_s(given: str) -> float:
    if given == "all":
        return BACKFILL_ALL_S
    return float(duration_s(given)) if given else DEFAULT_BACKFILL_S


def _feed_keys(_: Place) -> tuple[str, ...]:
    return tuple(FeedModel.model_fields)


def _repeated(document: Document, feeds: tuple[Feed, ...]) -> list[Problem]:
    first: dict[str, int] = {}
    problems = []
    for n, feed in enumerate(feeds):
        if feed.id in first:
            line = document.problem((first[feed.id], "id"), "").line
            message = f'feed "{feed.id}" stands here twice; first on line {line}'
            problems.append(document.problem((n, "id"), message))
        first.setdefault(feed.id, n)
    return problems


def data_in_drops(feeds: tuple[Feed, ...], data: Path) -> Feed | None:
    """The first feed whose drop folder and the data folder are one within the other."""
    drops = ((feed, Path(feed.folder).resolve()) for feed in feeds if feed.folder)
    return next((feed for feed, folder in drops if _overlap(folder, data)), None)


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _misplaced(
    document: Document, feeds: tuple[Feed, ...], desk: Path, data: Path | None
) -> Iterator[Problem]:
    """Drop folders in which others lay files too: whatever lies in one is taken away."""
    root = desk.resolve()
    own = [root / "rules", root / ".data"]
    if data:
        own.append(data.expanduser().resolve())
    taken: dict[Path, str] = {}
    for n, feed in enumerate(feeds):
        if not feed.folder:
            continue
        folder = Path(feed.folder).resolve()
        if root.is_relative_to(folder) or any(_overlap(folder, place) for place in own):
            message = "files are taken out of a drop folder: name one apart from the desk's own"
            yield document.problem((n, "folder"), message)
        elif folder in taken:
            message = f'feed "{taken[folder]}" takes the files of this folder'
            yield document.problem((n, "folder"), message)
        taken.setdefault(folder, feed.id)
