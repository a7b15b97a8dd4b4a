"""Draws docs/console.svg from a real run: `wirewatch demo --for 4s`, as its terminal shows it.

In: nothing; run from anywhere.  Out: the picture.  Invariant: the SVG loads nothing from elsewhere
(rich's own template would fetch fonts).
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "console.svg"
WIDTH = 92
FONT_FACE = re.compile(r"\s*@font-face \{\{.*?\}\}", re.DOTALL)
TICK = "✓"


def run_demo() -> tuple[str, str]:
    """What the demo wrote, coloured, to stdout and stderr."""
    names = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT")
    environment = {name: os.environ[name] for name in names if name in os.environ}
    environment |= {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "monitor", "demo", "--for", "4s"],
            cwd=folder,
            env=environment | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout, done.stderr


def steps(progress: str) -> list[Text]:
    """The ticked steps, without the spinner that turned between them."""
    lines = (Text.from_ansi(line) for line in progress.splitlines())
    return [line[line.plain.index(TICK) :] for line in lines if TICK in line.plain]


def draw(told: str, progress: str) -> str:
    """The terminal as SVG."""
    console = Console(
        record=True, width=WIDTH, file=Path(os.devnull).open("w"), force_terminal=True
    )
    console.print(Text("$ make demo", style="bold"))
    for step in steps(progress):
        console.print(step)
    console.print(Text.from_ansi(told))
    return console.export_svg(
        title="wirewatch",
        theme=DIMMED_MONOKAI,
        code_format=FONT_FACE.sub("", CONSOLE_SVG_FORMAT),
        unique_id="wirewatch",
    )


if __name__ == "__main__":
    PICTURE.write_text(draw(*run_demo()), encoding="utf-8")
    sys.stderr.write(f"{PICTURE.relative_to(ROOT)} drawn\n")
