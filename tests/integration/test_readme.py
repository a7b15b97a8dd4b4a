"""The README's shell blocks work as written, from a clean folder, without Docker or Slack."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SET_UP = ("make ",)
"""Done already: these tests run inside what `make setup` made; the demo has its own test."""


def blocks() -> list[str]:
    """The `sh` blocks that are not marked as not run."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"(<!-- not run:[^>]*-->\n)?```sh\n(.*?)```", text, re.DOTALL)
    return [block for marked, block in found if not marked]


def test_the_commands_of_the_readme_work(tmp_path: Path) -> None:
    (tmp_path / "monitor").symlink_to(ROOT / "monitor")
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    ran = 0
    for line in "\n".join(blocks()).splitlines():
        if not line.strip() or line.startswith(SET_UP):
            continue
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=tmp_path,
            env={**os.environ, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert result.returncode == 0, f"{line}\n{result.stdout}\n{result.stderr}"
        ran += 1
    assert ran >= 5


def test_the_two_commands_come_first() -> None:
    first, *_ = blocks()
    assert [line.split("#")[0].strip() for line in first.splitlines()] == ["make demo", "make test"]
