"""The repository keeps its own rules: locks, sizes, owners of its package names, no index named."""

import ast
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PACKAGES = ("streams", "alerts", "monitor")
FILE_LINES_MOST = 350
FUNCTION_LINES_P90 = 25
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WANTED = {
    "requirements.lock": PROJECT["project"]["dependencies"],
    "requirements-dev.lock": [
        *PROJECT["project"]["dependencies"],
        *PROJECT["dependency-groups"]["dev"],
    ],
    "requirements-build.lock": PROJECT["build-system"]["requires"],
}


def pins(lock: str) -> dict[str, str]:
    """Name to version, from lines like `aiohttp==3.14.5 ; marker \\`."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    found = re.findall(r"^([\w.\[\]-]+)==(\S+)", text, re.MULTILINE)
    return {canonicalize_name(name.split("[")[0]): version for name, version in found}


@pytest.mark.parametrize("lock", WANTED)
def test_a_lock_has_what_pyproject_asks_for(lock: str) -> None:
    pinned = pins(lock)
    for text in WANTED[lock]:
        wanted = Requirement(text)
        version = pinned.get(canonicalize_name(wanted.name))
        assert version, f"{wanted.name} is not in {lock}: make lock"
        assert wanted.specifier.contains(version), f"{wanted} != {version} in {lock}: make lock"


@pytest.mark.parametrize("lock", WANTED)
def test_a_lock_is_hashed_and_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    requirements = re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]
    assert len(requirements) == len(pins(lock))
    assert all("--hash=sha256:" in requirement for requirement in requirements)
    assert "://" not in text
    assert not (ROOT / "uv.lock").exists()


def test_the_locks_agree_with_each_other() -> None:
    dev = pins("requirements-dev.lock")
    assert {k: v for k, v in dev.items() if k in pins("requirements.lock")} == pins(
        "requirements.lock"
    )


def test_every_dependency_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text.split("dependencies = [", 1)[1].split("\n]", 1)[0]
    assert all("  # " in line for line in block.strip().splitlines())


def test_nobody_else_owns_our_package_names() -> None:
    owners = packages_distributions()
    others = {name: set(owners.get(name, ())) - {"wirewatch"} for name in PACKAGES}
    assert not any(others.values()), others


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def test_files_and_functions_stay_small() -> None:
    lines = {path.name: len(path.read_text().splitlines()) for path in sources()}
    assert {name: n for name, n in lines.items() if n > FILE_LINES_MOST} == {}
    lengths = sorted(
        node.end_lineno - node.lineno + 1
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    )
    assert lengths[int(len(lengths) * 0.9)] <= FUNCTION_LINES_P90


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sources()
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent
