"""Files of observations for the verbs that look at one file: ``report`` and ``explain``."""

from collections.abc import Iterator
from pathlib import Path

import typer

from anomaly_stream.cli.score import read_files
from anomaly_stream.intake.options import IntakeOptions
from anomaly_stream.model import RecordColumns


def records_of_file(source: Path, metric: str | None) -> Iterator[RecordColumns]:
    """The observations of a file; rows that hold none go to standard error.

    Raises:
        AnomalyStreamError: it cannot be opened or read.
    """
    for block in read_files([source], IntakeOptions(metric=metric)):
        for fault in block.faults:
            typer.echo(str(fault), err=True)
        yield block.records
