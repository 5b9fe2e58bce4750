"""The wheel contains the whole package, and runs without the source tree."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from anomaly_stream import __version__

ROOT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _pip("wheel", "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


@pytest.fixture(scope="module")
def run(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a command of a fresh environment that holds the wheel alone.

    Its dependencies are read from this environment's packages; `test_dependencies.py` checks that they are
    declared.
    """
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    _pip("--python", str(python), "install", str(wheel))
    (packages,) = (folder / "venv" / "lib").glob("python3*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def run_it(name: str, *arguments: str, **named: object) -> subprocess.CompletedProcess[str]:
        command = [str(folder / "venv" / "bin" / name), *arguments]
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            command, cwd=folder, env=_environment(), capture_output=True, text=True, timeout=280, **named
        )

    where = run_it("python", "-c", "import anomaly_stream; print(anomaly_stream.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(packages), where
    return run_it


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--no-deps", "--disable-pip-version-check"]
    subprocess.run(command, check=True, timeout=240)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def test_the_wheel_has_the_files_of_the_tree(wheel: Path) -> None:
    assert set(_packed(wheel)) == set(_tracked())


def _packed(wheel: Path) -> Iterator[str]:
    with zipfile.ZipFile(wheel) as archive:
        yield from (name for name in archive.namelist() if ".dist-info/" not in name)


def _tracked() -> Iterator[str]:
    for path in (ROOT / "anomaly_stream").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield str(path.relative_to(ROOT))


def test_the_description_has_absolute_links_only(metadata: Message) -> None:
    description = str(metadata.get_payload())
    links = [part.split(")")[0] for part in description.split("](")[1:]]
    assert links
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_the_metadata_is_that_of_the_package(metadata: Message) -> None:
    assert metadata["Version"] == __version__
    assert any(url.startswith("Homepage, https://") for url in metadata.get_all("Project-URL", []))
    assert {"api", "demo"} <= {*metadata.get_all("Provides-Extra", [])}


def test_version(run: Run) -> None:
    assert run("anomaly-stream", "--version").stdout == f"anomaly-stream {__version__}\n"


def test_score(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("metric: m\nmin_observations: 20\ndetectors: [zscore]\n")
    values = [10.0 + number % 3 for number in range(60)] + [1000.0]
    lines = [
        json.dumps({"metric": "m", "timestamp": 60 * at, "value": value}) for at, value in enumerate(values)
    ]
    done = run("anomaly-stream", "score", "--config", str(tmp_path / "config.yaml"), input="\n".join(lines))
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["value"] for line in done.stdout.splitlines()] == [1000.0]


def test_demo(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "demo.html"
    done = run("anomaly-stream", "demo", "--duration", "5", "--report", str(page), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["observations"] > 0
    assert "latency_ms{host=web-1}" in page.read_text()
