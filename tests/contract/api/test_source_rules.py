"""Rules that no linter knows, read from the syntax of the backend's modules."""

import ast
from collections.abc import Iterator
from pathlib import Path

import restaurant_api

ROOT = Path(restaurant_api.__file__).parent
MODULES = {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in ROOT.rglob("*.py")}
BUILDS_SQL = {"select", "insert", "update", "delete", "Table", "mapped_column"}
MAY_BUILD_SQL = {"db/insert.py"}


def find_calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def find_imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def test_only_the_session_commits() -> None:
    assert {name for name, tree in MODULES.items() if "commit" in find_calls(tree)} == {"db/session.py"}


def test_only_queries_and_tables_build_sql() -> None:
    builders = {
        name
        for name, tree in MODULES.items()
        if any(module.startswith("sqlalchemy") and what in BUILDS_SQL for module, what in find_imports(tree))
    }
    assert builders - MAY_BUILD_SQL == {name for name in builders if Path(name).name in {"queries.py", "tables.py"}}
    assert "menu/queries.py" in builders


def test_only_problems_knows_http_exceptions() -> None:
    users = {name for name, tree in MODULES.items() if any(what == "HTTPException" for _, what in find_imports(tree))}
    assert users == {"problems.py"}


def test_time_and_chance_come_from_the_clock_only() -> None:
    for name, tree in MODULES.items():
        if name in {"clock.py", "seeding/plan.py"}:
            continue
        calls = set(find_calls(tree))
        assert not calls & {"utcnow", "uuid4", "uuid7", "getrandbits"}, name
        assert not {module for module, _ in find_imports(tree)} & {"random", "time"}, name


def test_endpoints_and_dependencies_never_go_through_a_thread() -> None:
    for name, tree in MODULES.items():
        if Path(name).name in {"router.py", "dependencies.py"}:
            assert not [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)], name


def test_no_pickle() -> None:
    text = "".join(path.read_text() for path in ROOT.rglob("*.py"))
    assert "import pickle" not in text


def test_relationships_are_never_loaded_behind_ones_back() -> None:
    assert not [name for name, tree in MODULES.items() if "relationship" in find_calls(tree)]
