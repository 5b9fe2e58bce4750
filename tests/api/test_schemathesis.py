"""Schemathesis over the OpenAPI document: every check, every phase, with and without a token.

Without a token it calls every operation. With one it leaves out previews and loads of histories: their
runners are processes, which this application in memory does not have.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.served import Served

NEED_RUNNERS = "preview|history|jobs"
CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.stop()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("with_token", [True, False])
def test_schemathesis_finds_nothing(served: Served, with_token: bool, tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
        *("run", f"{served.url}/openapi.json", "--checks", "all", "--seed", "1"),
        *("--max-examples", "8" if with_token else "3"),
    ]
    if with_token:
        command += ["--header", f"Authorization: Bearer {served.world.token['sre']}"]
        command += ["--exclude-path-regex", NEED_RUNNERS]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=800)
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    assert "Tested:" in ended.stdout
