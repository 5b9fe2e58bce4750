"""The processes that the demo starts beside the broker."""

import contextlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from anomaly_stream.errors import AnomalyStreamError

_TAIL = 15
_POLL_S = 0.2


@contextlib.contextmanager
def started(
    arguments: list[str], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """``anomaly-stream ARGUMENTS`` until the end of the context. Its output goes to ``log``."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "anomaly_stream", *arguments],
            env=dict(environment),
            stdout=output,
            stderr=output,
            start_new_session=True,  # the demo handles Ctrl-C
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def raise_if_ended(process: subprocess.Popen[bytes], name: str, log: Path) -> None:
    """Raise AnomalyStreamError with the end of its log if the process has ended."""
    if process.poll() is not None:
        raise AnomalyStreamError(f"the {name} ended unexpectedly:\n{tail_of(log)}")


def tail_of(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-_TAIL:])


def has_api() -> bool:
    """Whether the packages of the configuration API are installed, which the demo works without."""
    return all(find_spec(name) is not None for name in ("fastapi", "sqlalchemy", "uvicorn"))


def wait_for_api(process: subprocess.Popen[bytes], url: str, log: Path, seconds: float) -> None:
    """Wait until the API answers. Raises AnomalyStreamError if it ends or is not ready in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        raise_if_ended(process, "API", log)
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{url}/readyz"):
            return
        time.sleep(_POLL_S)
    raise AnomalyStreamError(f"the API is not ready after {seconds:.0f} s:\n{tail_of(log)}")
