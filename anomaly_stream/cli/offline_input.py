"""Files of observations for the verbs that look at one file: ``report`` and ``explain``."""

from collections.abc import Iterator
from pathlib import Path

from anomaly_stream.cli.files import open_input
from anomaly_stream.cli.progress import reading
from anomaly_stream.cli.score import read_records
from anomaly_stream.model import RecordColumns

_BLOCK_BYTES = 1 << 20


def records_of_file(source: Path, metric: str | None) -> Iterator[RecordColumns]:
    """The observations of a file, with a progress bar on a terminal.

    Raises:
        AnomalyStreamError: it cannot be opened, or its header cannot be used.
    """
    with open_input(source) as stream:
        blocks = iter(lambda: stream.read(_BLOCK_BYTES), b"")
        with reading(source, blocks) as taken:
            yield from read_records(taken, str(source), "auto", metric)
