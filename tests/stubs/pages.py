"""The pages of the documentation and their parts."""

import re
from pathlib import Path

from pydantic import BaseModel

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def keys(model: type[BaseModel]) -> set[str]:
    """What may be written in such a mapping."""
    return {info.alias or name for name, info in model.model_fields.items()}


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """The part of a page under the one `## heading`."""
    parts = re.split(r"^(?=## )", page(name), flags=re.MULTILINE)
    [found] = [part for part in parts if re.match(rf"## {heading}", part)]
    return found
