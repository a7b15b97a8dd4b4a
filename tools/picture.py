"""Draws docs/console.svg from a real run: `wirewatch demo --for 4s`, as its terminal shows it.

In: nothing; runs from anywhere.  Out: the picture.  Invariant: the SVG loads nothing from elsewhere
(rich's own template would fetch fonts).
"""

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "console.svg"
COLUMNS = 92
LASTS = "4s"
TICK = "✓"
FONT_FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def run_demo() -> tuple[str, str]:
    """What the demo writes, coloured: its stdout and its stderr."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    terminal = {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - our own program, fixed arguments
            [sys.executable, "-m", "monitor", "demo", "--for", LASTS],
            cwd=folder,
            env={**kept, **terminal, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
    return done.stdout, done.stderr


def steps(progress: str) -> list[Text]:
    """The ticked steps, without the spinner that turned between them."""
    lines = (Text.from_ansi(line) for line in progress.splitlines())
    return [line[line.plain.index(TICK) :] for line in lines if TICK in line.plain]


def draw(told: str, progress: str) -> str:
    """The terminal as SVG, in whatever monospaced font the reader has."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    for line in (Text("$ make demo", style="bold"), *steps(progress), Text.from_ansi(told)):
        console.print(line)
    drawn = console.export_svg(title="wirewatch", theme=DIMMED_MONOKAI, unique_id="wirewatch")
    return FONT_FACE.sub("", drawn)


if __name__ == "__main__":
    PICTURE.write_text(draw(*run_demo()), encoding="utf-8")
    sys.stderr.write(f"{PICTURE.relative_to(ROOT)} drawn\n")
