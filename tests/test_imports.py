"""Imports within a package form no circle, package files contain no logic, and modules are small."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import anomaly_stream

PACKAGE = Path(anomaly_stream.__file__).parent
ROOT = PACKAGE.parent
MAX_LINES = 250
SOURCES = sorted(PACKAGE.rglob("*.py"))
# Parsed at import: CPython 3.11 raises SystemError if two threads parse, and earlier tests may leave threads.
BODIES = {path: ast.parse(path.read_text()).body for path in SOURCES}
ROOMS = sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists())


def name_of(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def module_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run at import, those of ``if`` and ``try`` too."""
    for statement in body:
        yield statement
        for part in ("body", "orelse", "finalbody"):
            if isinstance(statement, ast.If | ast.Try):
                yield from module_level(getattr(statement, part, []))


def imports_of(name: str, body: list[ast.stmt], modules: set[str]) -> set[str]:
    """The ``modules`` that a module with this body imports at module level."""
    found: set[str] = set()
    for statement in module_level(body):
        if isinstance(statement, ast.Import):
            found.update(alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0, f"{name} has a relative import"
            module = statement.module or ""
            for alias in statement.names:
                child = f"{module}.{alias.name}"
                found.add(child if child in modules else module)
    return found & modules


def circle(bodies: dict[str, list[ast.stmt]]) -> list[str]:
    """The modules of a circle, in order; empty if there is none."""
    graph = {name: imports_of(name, body, set(bodies)) - {name} for name, body in bodies.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("room", ROOMS)
def test_imports_within_a_room_form_no_circle(room: str) -> None:
    bodies = {name_of(path, ROOT): BODIES[path] for path in SOURCES if path.is_relative_to(PACKAGE / room)}
    assert bodies
    assert circle(bodies) == []


def test_a_circle_would_be_found() -> None:
    texts = {
        "room.a": "import room.b",
        "room.b": "try:\n    from room import c\nfinally:\n    pass",
        "room.c": "from room.a import x",
    }
    bodies = {name: ast.parse(text).body for name, text in texts.items()}
    assert set(circle(bodies)) == set(bodies)
    bodies["room.c"] = ast.parse("def later():\n    from room.a import x").body
    assert circle(bodies) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: name_of(path, ROOT))
def test_no_module_is_longer_than_250_lines(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= MAX_LINES, path


@pytest.mark.parametrize("room", ["baselines", "formats", "registry"])
def test_package_files_hold_no_logic(room: str) -> None:
    for path in (PACKAGE / room).rglob("__init__.py"):
        assert all(isinstance(one, ast.Expr) for one in BODIES[path]), path
