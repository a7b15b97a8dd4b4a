"""`wirewatch config`: which settings hold, and where they come from."""

import json
import os
from typing import Annotated

import typer

from monitor.cli.options import DeskOption, JsonOption, desk_folder


def config(
    desk: DeskOption = None,
    as_json: JsonOption = False,
    about: Annotated[bool, typer.Option("--about", help="Say what each setting does.")] = False,
) -> None:
    """Show every setting, its value and its origin; secrets are starred."""
    from monitor.desk.config import load_desk
    from monitor.desk.settings import SETTINGS, resolve, shown

    folder = desk_folder(desk)
    is_desk = desk is not None or (folder / "desk.yaml").is_file()
    settings = resolve(os.environ, load_desk(folder).settings if is_desk else None)
    for setting in SETTINGS:
        value = settings.values[setting.name]
        line = {"name": setting.name, "value": shown(setting.name, value), "origin": value.origin}
        if as_json:
            typer.echo(json.dumps(line | ({"about": setting.about} if about else {})))
        else:
            typer.echo(f"{setting.name:<30} {line['value'] or '-':<28} {value.origin}")
            if about:
                typer.echo(f"    {setting.about}")
