"""Options that several commands share, and the folders and durations they name."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.desk.config import Desk
from monitor.desk.settings import Settings
from monitor.exits import ExitCode, Quit

if TYPE_CHECKING:
    from streams.rules.book import Book

DeskOption = Annotated[
    Path | None,
    typer.Option(
        "--desk", help="The desk's folder; without it here, else ./desk.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
RulesOption = Annotated[
    Path | None,
    typer.Option(
        "--rules",
        help="A rule file or folder; without it the desk's rules.",
        show_default=False,
    ),
]
ForOption = Annotated[str, typer.Option("--for", help="Stop after this long: 20s, 5m, 1h.")]

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?\Z")
_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, None: 1.0, "m": 60.0, "h": 3600.0}


def desk_folder(given: Path | None) -> Path:
    """The folder meant: the given one, the current one if it is a desk, else ./desk."""
    if given is not None:
        return given
    return Path() if Path("desk.yaml").is_file() else Path("desk")


def duration_s(text: str) -> float:
    """Seconds in `20s`, `5m`, `1h`, `20`; 0 for nothing.

    Raises:
        Quit: it is no duration.
    """
    if not text:
        return 0.0
    found = _DURATION.match(text)
    if not found:
        raise Quit(ExitCode.USAGE, f'"{text}" is no duration: 20s, 5m or 1h')
    return float(found[1]) * _SECONDS[found[2]]


def book_at(path: Path | None, desk: Path | None) -> "Book":
    """The book in a rule file or folder, else that of the desk.

    Raises:
        Quit: it is not there, or anything is wrong with it.
    """
    from streams.rules.load import load_book
    from streams.yaml12 import Invalid

    rules = path or desk_folder(desk) / "rules"
    if not rules.exists():
        raise Quit(ExitCode.USAGE, f"{rules} is not there")
    try:
        return load_book(rules)
    except Invalid as error:
        raise Quit(ExitCode.BAD_NEWS, str(error)) from error


def load(given: Path | None) -> tuple[Desk, Settings]:
    """The desk and the settings that hold for it."""
    from monitor.desk.config import load_desk
    from monitor.desk.settings import resolve

    desk = load_desk(desk_folder(given))
    return desk, resolve(os.environ, desk.settings)


def data_folder(desk: Desk, settings: Settings) -> Path:
    """Where the desk's state is: `WIREWATCH_DATA`, `data` of desk.yaml, `<desk>/.data`.

    Raises:
        Quit: files are taken out of it, as out of a drop folder.
    """
    from monitor.desk.config import data_in_drops

    given = settings.text("WIREWATCH_DATA")
    folder = Path(given) if given else desk.folder / (desk.data or ".data")
    folder = folder.expanduser().resolve()
    if feed := data_in_drops(desk.feeds, folder):
        message = f"{folder} holds the desk's data, and feed {feed.id} takes files out of"
        raise Quit(ExitCode.USAGE, f"{message} {feed.folder}: keep them apart")
    return folder
