"""Compilation of the kernels that the cache lacks, by two processes; progress is shown or logged."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event

from anomaly_stream.kernels.cache import count_stored
from anomaly_stream.pipeline import warm_up

_HELPER = "from anomaly_stream.pipeline.warm_up import compile_kernels; compile_kernels(from_the_end=True)"

logger = logging.getLogger(__name__)


def compile_kernels() -> None:
    """Compile the kernels that the cache lacks, and load the others."""
    with announced():
        warm_up.compile_kernels()


@contextmanager
def announced() -> Iterator[None]:
    """Show the progress of compilation in this context, and start a second process that shares the work."""
    compilation = _Compilation()
    event.register("numba:compile", compilation)
    try:
        yield
    finally:
        event.unregister("numba:compile", compilation)
        compilation.end()


class _Compilation(event.Listener):  # type: ignore[misc]
    """Called by numba around each compilation; never called if all code comes from the cache.

    numba holds a lock of the interpreter while it compiles, so threads would not help.
    """

    def __init__(self) -> None:
        self._helper: subprocess.Popen[bytes] | None = None
        self._shown = -1
        self._is_terminal = sys.stderr.isatty()

    def on_start(self, event: Any) -> None:
        if self._shown < 0:
            self._show()
            if len(os.sched_getaffinity(0)) > 1:
                silent = subprocess.DEVNULL
                command = [sys.executable, "-P", "-c", _HELPER]
                self._helper = subprocess.Popen(command, stdin=silent, stdout=silent, stderr=silent)

    def on_end(self, event: Any) -> None:
        self._show()

    def end(self) -> None:
        """Stop the second process, because all kernels needed now are compiled."""
        if self._helper is not None:
            self._helper.terminate()
            self._helper.wait()
        if self._shown >= 0 and self._is_terminal:
            print(file=sys.stderr)

    def _show(self) -> None:
        stored, total = count_stored()
        step = 1 if self._is_terminal else max(1, total // 10)
        if stored // step > self._shown:
            self._shown = stored // step
            text = f"Compiling kernels, once on this machine: {stored} of {total}"
            if self._is_terminal:
                print(f"\r{text}", end="", file=sys.stderr, flush=True)
            else:
                logger.info("%s", text)
