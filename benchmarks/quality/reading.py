"""Reads the corpora that a command measures: their faults before anything runs, and what it leaves out."""

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.data_files import DataError
from benchmarks.quality.evaluation import WINDOWED
from benchmarks.quality.folders import LAYOUT, load_corpora
from benchmarks.quality.segments import SeriesLayout
from benchmarks.quality.series import Corpus
from benchmarks.quality.windows import scorable_windows

_OTHER_COMMANDS = ("services", "skab")
"""Folders that hold no corpus of series, each measured by the module of its name."""


def read_corpora(folder: Path) -> dict[str, Corpus]:
    """The series of all corpora in ``folder``, by name; says on standard error what is not one.

    Raises:
        DataError: there is none, or one has a fault.
    """
    corpora = load_corpora(folder)
    for name, corpus in corpora.items():
        check_scored(name, folder / name, corpus)
    for line in left_out(folder):
        print(line, file=sys.stderr, flush=True)
    return corpora


def check_scored(name: str, folder: Path, corpus: Corpus) -> None:
    """Whether a labelled corpus has an anomaly that counts.

    Raises:
        DataError: each is in the warm-up of its series.
    """
    labelled = [series for series in corpus if series.labelled]
    if name in WINDOWED:
        counted = any(len(scorable_windows(series)) for series in labelled)
    else:
        counted = any(len(SeriesLayout.of(series).zones) for series in labelled)
    if labelled and not counted:
        raise DataError(
            f"{folder}: each labelled anomaly begins in the warm-up of its file, so none counts;"
            " put more rows before them, or take the labels out"
        )


def left_out(folder: Path) -> Iterator[str]:
    """One line on each folder and file in ``folder`` that is no corpus."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith(".") and not (path / "data").is_dir():
            if path.name in _OTHER_COMMANDS:
                yield f"{path}: not measured here; python -m benchmarks.{path.name} --data {path} would"
            else:
                yield f"{path}: not measured, because it has no data/; put its series at {LAYOUT} in it"
        elif path.suffix == ".csv":
            yield f"{path}: not measured; move it to <corpus>/{LAYOUT}"
