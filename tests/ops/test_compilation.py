"""Compilation is reported and shared with a second process; a full cache is silent."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numba
import pytest

from anomaly_stream.kernels.jit import kernel
from anomaly_stream.ops import compilation

HELPER = "import pathlib, sys, time; pathlib.Path({marker!r}).touch(); time.sleep(60)"


@pytest.fixture
def marker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file that the second process makes when it has started. Kernels have an empty cache meanwhile."""
    marker = tmp_path / "started"
    monkeypatch.setattr(compilation, "_HELPER", HELPER.format(marker=str(marker)))
    with monkeypatch.context() as environment:
        environment.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
        yield marker
    numba.config.reload_config()


def test_a_compilation_is_announced_and_its_helper_ends(
    marker: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "anomaly_stream")
    monkeypatch.setattr(compilation.os, "sched_getaffinity", lambda _: {0, 1})
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def start(*arguments: object, **named: object) -> subprocess.Popen[bytes]:
        started.append(popen(*arguments, **named))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr(compilation.subprocess, "Popen", start)
    with compilation.announced():
        assert _fresh()(1) == 2
    assert "Compiling kernels, once on this machine: " in caplog.text
    assert [process.poll() is not None for process in started] == [True]


def test_without_compilation_there_is_no_output(
    marker: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "anomaly_stream")
    compiled = _fresh()
    compiled(1)
    with compilation.announced():
        compiled(2)
    assert capsys.readouterr().err == caplog.text == ""
    assert not marker.exists()


def test_the_helper_is_code_that_runs() -> None:
    code = compilation._HELPER.replace("compile_kernels(from_the_end=True)", "compile_kernels.__call__")
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == 0


def _fresh():  # type: ignore[no-untyped-def]
    @kernel
    def add_one(value: int) -> int:
        return value + 1

    return add_one
