"""The hooks' private names exist, an absent one stops the worker, and no other module uses any."""

import ast
import importlib
import inspect
import pkgutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

import anomaly_stream.stream as stream
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.stream.faust_hooks import check
from anomaly_stream.stream.faust_hooks.check import PRIVATE_NAMES, SUPPORTED, check_hooks, declares

HOOKS = f"{stream.__name__}.faust_hooks"
FOREIGN = ("faust", "mode", "aiokafka")
OWN = ("self", "cls", "os")  # `os._exit` is documented


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(stream.__path__, f"{stream.__name__}."):
        yield importlib.import_module(found.name)


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def private_names_of_others(tree: ast.AST) -> set[str]:
    """Private attributes of anything but ``self``, and private imports."""
    attributes = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and is_private(node.attr)
        and not (isinstance(node.value, ast.Name) and node.value.id in OWN)
    }
    imports = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(FOREIGN)
        for alias in node.names
        if is_private(alias.name)
    }
    return attributes | imports


def names_on_self(cls: type) -> set[str]:
    """Private names that a class defines or uses on ``self``."""
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(cls)))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }
    return {name for name in used | vars(cls).keys() if is_private(name)} - {"_abc_impl"}  # of the abc module


def foreign_bases(cls: type) -> list[type]:
    return [base for base in cls.__mro__ if base.__module__.split(".")[0] in FOREIGN]


def test_the_installed_releases_pass() -> None:
    check_hooks()


def test_the_requirements_allow_the_supported_releases_alone() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    required = {each.name: each.specifier for each in map(Requirement, project["dependencies"])}
    for package, series in SUPPORTED.items():
        major, minor, _ = series.split(".")
        assert required[package].contains(f"{series}999")
        assert not required[package].contains(f"{major}.{int(minor) + 1}.0")
        assert not required[package].contains(f"{major}.{int(minor) - 1}.99")


def test_another_release_is_refused_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "version", lambda package: "0.16.0")
    with pytest.raises(AnomalyStreamError, match=r"0\.16\.0 is installed, and 0\.15\.x .* pip install"):
        check_hooks()


@pytest.mark.parametrize(
    ("owner", "name"),
    [(owner, name) for owner, names in PRIVATE_NAMES for name in names],
    ids=lambda part: getattr(part, "__name__", part),
)
def test_a_missing_name_is_refused(owner: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert declares(owner, name)
    monkeypatch.setattr(check, "PRIVATE_NAMES", ((owner, (f"{name}_renamed",)),))
    with pytest.raises(AnomalyStreamError, match=f"has no {name}_renamed.*pip install"):
        check_hooks()


def test_every_private_name_in_the_hooks_is_checked() -> None:
    checked = {name for _, names in PRIVATE_NAMES for name in names}
    used: set[str] = set()
    for module in modules():
        if module.__name__.startswith(HOOKS):
            used |= private_names_of_others(ast.parse(inspect.getsource(module)))
            for cls in (each for _, each in inspect.getmembers(module, inspect.isclass)):
                if cls.__module__ == module.__name__:
                    used |= names_on_self(cls)
    assert used <= checked
    assert len(used) > 20


def test_no_other_module_uses_a_private_name() -> None:
    seen = 0
    for module in modules():
        if module.__name__.startswith(HOOKS):
            continue
        assert not private_names_of_others(ast.parse(inspect.getsource(module))), module
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if cls.__module__ != module.__name__ or not foreign_bases(cls):
                continue
            seen += 1
            taken = {
                name for name in names_on_self(cls) for base in foreign_bases(cls) if declares(base, name)
            }
            assert not taken, f"{cls} uses {taken} of Faust or aiokafka"
    assert seen >= 6
