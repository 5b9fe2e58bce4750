"""Files named on the command line; ``-`` is standard input or output."""

import io
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from anomaly_stream.errors import AnomalyStreamError

STANDARD_STREAM = Path("-")
"""The file name that means standard input or standard output."""


def read_text(path: Path) -> str:
    """The whole text of ``path``. Raises AnomalyStreamError where it cannot be read."""
    try:
        with open_input(path) as stream:
            return stream.read().decode()
    except UnicodeDecodeError as error:
        raise AnomalyStreamError(f"{path}: is not UTF-8: {error.reason} at byte {error.start}") from None
    except OSError as error:
        raise AnomalyStreamError(f"{path}: cannot be read: {error.strerror}") from None


def open_input(path: Path) -> AbstractContextManager[BinaryIO]:
    """A stream of the bytes of ``path``. Raises AnomalyStreamError where it cannot be opened."""
    return _open(path, "rb", sys.stdin.buffer)


def open_output(path: Path) -> AbstractContextManager[BinaryIO]:
    """A stream that writes ``path`` anew. Raises AnomalyStreamError where it cannot be opened."""
    standard = sys.stdout.buffer
    if isinstance(standard, io.RawIOBase):  # PYTHONUNBUFFERED: its write may take a part only
        standard = open(standard.fileno(), "wb", closefd=False)  # noqa: SIM115
    return _open(path, "wb", standard)


def _open(path: Path, mode: str, standard: BinaryIO) -> AbstractContextManager[BinaryIO]:
    if path == STANDARD_STREAM:
        return nullcontext(standard)
    try:
        return path.open(mode)  # type: ignore[return-value]
    except OSError as error:
        raise AnomalyStreamError(f"{path}: cannot be opened: {error.strerror}") from None
