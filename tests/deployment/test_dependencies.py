"""pyproject.toml declares exactly the packages that are imported."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "anomaly_stream"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

# Modules that only the verbs demo and broker load.
OF_THE_DEMO = [*(PACKAGE / "demo").glob("*.py"), PACKAGE / "kafka" / "embedded.py"]
# Modules that only Parquet files load.
OF_PARQUET = [PACKAGE / "intake" / "parquet_table.py", PACKAGE / "api" / "parquet_export.py"]
# Modules that only the configuration API, its client and histories from Prometheus load.
OF_THE_API = [
    *(path for path in (PACKAGE / "api").rglob("*.py") if path not in OF_PARQUET),
    *(PACKAGE / "client").glob("*.py"),
    PACKAGE / "apps" / "api.py",
    *(PACKAGE / "prometheus").glob("*.py"),
    PACKAGE / "cli" / "tokens.py",
]
# Modules that the history of alerts and notifications load.
SILENCES = list((PACKAGE / "silences").glob("*.py"))
# Modules that only the history of alerts loads, and silences.
OF_THE_HISTORY = [
    *(PACKAGE / "history").rglob("*.py"),
    *SILENCES,
    PACKAGE / "apps" / "recorder.py",
]
# Modules that only notifications load, apart from silences.
OF_NOTIFICATIONS = [
    *(PACKAGE / "notify").rglob("*.py"),
    PACKAGE / "apps" / "notifier.py",
]
# Declared, but imported by nobody: a codec of another library's, data of the standard library's.
NOT_IMPORTED = {"tzdata"}


def test_every_import_of_the_product_is_declared() -> None:
    of_extras = (*OF_THE_DEMO, *OF_PARQUET, *OF_THE_API, *OF_THE_HISTORY, *OF_NOTIFICATIONS)
    files = [path for path in PACKAGE.rglob("*.py") if path not in of_extras]
    assert _distributions(files) == _names(PROJECT["dependencies"]) - NOT_IMPORTED


def test_every_import_of_the_demo_is_declared_in_the_extra() -> None:
    extra = _names(PROJECT["optional-dependencies"]["demo"])
    assert _distributions(OF_THE_DEMO) - _names(PROJECT["dependencies"]) == extra


def test_every_import_of_parquet_input_is_declared_in_the_extra() -> None:
    extra = _names(PROJECT["optional-dependencies"]["parquet"])
    assert _distributions(OF_PARQUET) - _names(PROJECT["dependencies"]) == extra


def test_every_import_of_the_api_is_declared_in_the_extra() -> None:
    extra = _names(PROJECT["optional-dependencies"]["api"])
    assert _distributions(OF_THE_API) - _names(PROJECT["dependencies"]) == extra - {"anomaly-stream"}


def test_every_import_of_the_history_is_declared_in_the_extra() -> None:
    """SQLAlchemy imports psycopg by the URL."""
    extra = _names(PROJECT["optional-dependencies"]["history"])
    assert _distributions(OF_THE_HISTORY) - _names(PROJECT["dependencies"]) == extra - {"psycopg"}


def test_every_import_of_notifications_is_declared_in_the_extra() -> None:
    extra = _names(PROJECT["optional-dependencies"]["notify"])
    assert _distributions([*OF_NOTIFICATIONS, *SILENCES]) - _names(PROJECT["dependencies"]) == extra


def _distributions(files: Iterable[Path]) -> set[str]:
    """Return the distributions that ``files`` import."""
    owners = importlib.metadata.packages_distributions()
    modules = {module for path in files for module in _imports(path)}
    ours = {"anomaly_stream", *sys.stdlib_module_names}
    return {_canonical(owners[module][0]) for module in modules - ours}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _names(requirements: Iterable[str]) -> set[str]:
    return {_canonical(re.split(r"[\[<>=!~; ]", requirement)[0]) for requirement in requirements}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
