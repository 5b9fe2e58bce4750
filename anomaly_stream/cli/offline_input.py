"""Files of observations for the verbs that look at one file: ``report`` and ``explain``."""

from collections.abc import Iterator
from pathlib import Path

from anomaly_stream.cli.score import read_files
from anomaly_stream.intake.options import InputBlock, IntakeOptions


def blocks_of_file(source: Path, metric: str | None) -> Iterator[InputBlock]:
    """The observations of a file, and its faulty rows, with a progress bar on a terminal.

    Raises:
        AnomalyStreamError: it cannot be opened, or cannot be read as a whole.
    """
    return read_files([source], IntakeOptions(metric=metric))
