"""Contenders in processes of their own: start, measure, end."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.measurement import Measurement, Task

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 900.0
STOP_TIMEOUT_S = 20.0
LAST_WORDS = 25
COMMAND = str(Path(sys.executable).with_name("anomaly-stream"))


class ContenderError(Exception):
    """A contender ended or timed out before its measurement; the message has the end of its log."""


@contextmanager
def running(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process with its standard error in ``log``; end it (SIGTERM, then SIGKILL) on exit."""
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def anomaly_stream(*arguments: str) -> None:
    """Run a verb of the project's command line. Raises ContenderError with its output if it fails."""
    ran = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, cwd=ROOT)
    if ran.returncode:
        raise ContenderError(f"anomaly-stream {' '.join(arguments)}: {ran.stdout}{ran.stderr}")


def measure_module(module: str, task: Task, directory: Path) -> Measurement:
    """Run ``python -m module TASK DIRECTORY`` until it prints its measurement."""
    command = [sys.executable, "-m", module, msgspec.json.encode(task).decode(), str(directory)]
    with tempfile.NamedTemporaryFile(suffix=f"-{module}.log") as file:
        log = Path(file.name)
        with running(command, log) as process:
            return _first_measurement(process, module, log)


def _first_measurement(process: subprocess.Popen[str], name: str, log: Path) -> Measurement:
    assert process.stdout is not None
    killer = threading.Timer(TIMEOUT_S, process.kill)
    killer.start()
    try:
        for line in process.stdout:
            if line.startswith('{"observations"'):
                return msgspec.json.decode(line, type=Measurement)
    finally:
        killer.cancel()
    raise ContenderError(f"{name} ended (status {process.wait()}) without a measurement:\n{last_words(log)}")


def last_words(log: Path) -> str:
    """The end of a contender's log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-LAST_WORDS:])
