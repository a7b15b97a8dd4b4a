"""Desks: writes a desk folder from the templates; never over a file that is there."""

import json
from importlib.resources import files
from pathlib import Path

from streams.rules.schema import json_schema

TEMPLATES = ("desk.yaml", "feeds.yaml", "rules/south-asia.yaml")
SCHEMA = "rules.schema.json"


def write_desk(folder: Path, *, name: str = "") -> list[Path]:
    """Writes what is missing of a desk in `folder`; answers the files written.

    Raises:
        OSError: the folder cannot be written.
    """
    written = []
    for template in TEMPLATES:
        text = files("monitor").joinpath("desk", "templates", template).read_text(encoding="utf-8")
        if name and template == "desk.yaml":
            text = text.replace("my-desk", name, 1)
        written += _write(folder / template, text)
    schema = json.dumps(json_schema(), indent=2, ensure_ascii=False)
    return written + _write(folder / SCHEMA, schema + "\n")


def _write(path: Path, text: str) -> list[Path]:
    if path.exists():
        return []
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return [path]
