"""The script that runs the whole suite: each folder is in one lane, and no failure is lost."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.test_tutorial import ROOT

PYTHON = """\
#!/usr/bin/env bash
# Stands for pytest: a line with its arguments, and a failure if they hold this folder.
echo "ran $*"
for each in "$@"; do [ "$each" = "$FAILING" ] && exit 1; done
exit 0
"""


def output(tmp_path: Path, failing: str, program: str = PYTHON) -> tuple[list[str], int]:
    """What the script prints, and its exit code."""
    python = tmp_path / "python"
    python.write_text(program)
    python.chmod(0o755)
    ran = subprocess.run(
        [ROOT / "scripts" / "run_tests.sh", python],
        env={"PATH": "/usr/bin:/bin", "FAILING": failing},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.stderr == ""
    return ran.stdout.splitlines(), ran.returncode


def lanes(tmp_path: Path, failing: str) -> tuple[int, list[list[str]]]:
    """The exit code, and the arguments of each lane in the order of the output."""
    printed, code = output(tmp_path, failing)
    return code, [line.split()[1:] for line in printed if line.startswith("ran ")]


def test_each_folder_is_in_one_lane(tmp_path: Path) -> None:
    code, (others, *waiting) = lanes(tmp_path, "")
    assert code == 0
    named = [one for lane in waiting for one in lane if re.fullmatch(r"tests/\w+", one)]
    ignored = [one.removeprefix("--ignore=") for one in others if one.startswith("--ignore=")]
    assert named == ignored == ["tests/chaos", "tests/docs", "tests/integration"]
    assert all((ROOT / one).is_dir() for one in named)
    assert "tests" in others
    assert len({one for lane in (others, *waiting) for one in lane if "cache_dir" in one}) == len(waiting)


@pytest.mark.parametrize("failing", ["tests", "tests/docs", "tests/integration"])
def test_a_failure_of_any_lane_fails(tmp_path: Path, failing: str) -> None:
    code, found = lanes(tmp_path, failing)
    assert (code, len(found)) == (1, 3)


def test_what_failed_in_any_lane_comes_last(tmp_path: Path) -> None:
    says = "&& { echo 'FAILED tests/a.py::test_a'; echo '=== 1 failed in 2s ==='; exit 1; }"
    printed, ended = output(tmp_path, "tests/docs", PYTHON.replace("&& exit 1", says))
    assert (ended, printed[-3:]) == (1, ["All lanes:", "FAILED tests/a.py::test_a", "=== 1 failed in 2s ==="])
