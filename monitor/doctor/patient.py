"""Patient: the installation to look at, as far as it can be read.

In: a desk's folder and the environment.  Out: desk, settings and data folder, or why not.
Invariant: what cannot be read is None and a finding; the rest is looked at all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from monitor.desk.config import Desk, load_desk
from monitor.desk.feed_secrets import feed_secrets
from monitor.desk.settings import Settings, resolve
from monitor.doctor.finding import Finding, bad
from monitor.exits import Quit


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One installation.

    `found`: what is wrong with desk and settings themselves.  `live`: Slack may be asked.
    `patience_s` is for one answer.
    """

    folder: Path
    desk: Desk | None
    settings: Settings | None
    data: Path | None
    found: tuple[Finding, ...]
    live: bool
    patience_s: float


def admit(
    folder: Path, environment: Mapping[str, str], *, live: bool, patience_s: float
) -> Patient:
    """The installation in `folder`; a broken desk leaves the environment's settings."""
    found: list[Finding] = []
    desk: Desk | None = None
    settings: Settings | None = None
    if not (folder / "desk.yaml").is_file():
        found.append(bad("desk", f"no desk.yaml in {folder}", f"`wirewatch init {folder}`"))
    else:
        try:
            desk = load_desk(folder)
        except Quit as error:
            found += [bad("desk", line) for line in error.message.splitlines()]
    found += _lacking_secrets(desk, environment)
    try:
        settings = resolve(environment, desk.settings if desk else None)
    except Quit as error:
        found.append(bad("settings", error.message, "`wirewatch config` shows them"))
    return Patient(
        folder=folder,
        desk=desk,
        settings=settings,
        data=_data(desk, settings),
        found=tuple(found),
        live=live,
        patience_s=patience_s,
    )


def _lacking_secrets(desk: Desk | None, environment: Mapping[str, str]) -> list[Finding]:
    try:
        feed_secrets(desk.feeds if desk else (), environment)
    except Quit as error:
        return [bad("feeds", line) for line in error.message.splitlines()]
    return []


def _data(desk: Desk | None, settings: Settings | None) -> Path | None:
    given = settings.text("WIREWATCH_DATA") if settings else ""
    if given:
        return Path(given).expanduser().resolve()
    return (desk.folder / (desk.data or ".data")).expanduser().resolve() if desk else None
