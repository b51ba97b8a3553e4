"""Rules of the whole source tree that no linter knows."""

import ast
import importlib
import operator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "restaurant_api": ROOT / "api/src/restaurant_api",
    "restaurant_operator": ROOT / "operator/src/restaurant_operator",
    "tools": ROOT / "tools",
}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
MIGRATIONS = "migrations"


def list_modules(package: str) -> list[Path]:
    return sorted(PACKAGES[package].rglob("*.py"))


def test_the_project_folders_are_no_packages() -> None:
    """`operator` is the standard library's name: a package of ours there would take its place."""
    assert not (ROOT / "operator/__init__.py").exists()
    assert not (ROOT / "api/__init__.py").exists()
    assert importlib.reload(operator).add(1, 2) == 3


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_are_small_and_say_what_they_own(package: str) -> None:
    for path in list_modules(package):
        assert ast.get_docstring(ast.parse(path.read_text())), f"{path} has no docstring"
        assert len(path.read_text().splitlines()) <= 400, f"{path} is too long"
        assert path.stem not in VAGUE_NAMES, f"{path} has a name that says nothing"


@pytest.mark.parametrize("package", PACKAGES)
def test_functions_are_short(package: str) -> None:
    lengths = {
        f"{path}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in list_modules(package)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and MIGRATIONS not in path.parts
    }
    assert {name: length for name, length in lengths.items() if length > 50} == {}
    assert sum(length <= 25 for length in lengths.values()) / len(lengths) >= 0.9
