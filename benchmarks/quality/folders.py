"""Reads corpora from folders: ``data/<category>/<file>.csv``, as in NAB and the Cloud Monitoring Dataset."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from anomaly_stream.kernels.arrays import Floats
from benchmarks.data_files import DataError, Table, csv_files, moments_of, seconds_of
from benchmarks.quality.series import Corpus, LabelledSeries, runs

LAYOUT = "data/<category>/<file>.csv"
_LABELS = (0, 1, 2)


def load_nab(folder: Path) -> list[LabelledSeries]:
    """The files under ``folder/data``, with the windows of ``folder/labels/combined_windows.json``.

    Files that it does not name are not labelled; without it, or if it has no window, no file is.

    Raises:
        DataError: there are no files, one is not a table of ``timestamp,value``, or a window is none.
    """
    windows = _windows(folder / "labels" / "combined_windows.json")
    corpus = []
    for name, path in _files(folder):
        table = Table.read(path, ("timestamp", "value"))
        at, values = table.times("timestamp"), table.numbers("value", may_be_missing=True)
        ranges = [_rows_of_window(path, at, edges) for edges in windows.get(name, ())]
        anomalies = np.array(ranges, np.int64).reshape(-1, 2)
        spelling = table.columns["timestamp"], table.columns["value"]
        corpus.append(LabelledSeries(name, at, values, anomalies, name in windows, spelling))
        _check(table, "timestamp", corpus[-1])
    return _labelled_if_any(corpus)


def load_cloud(folder: Path) -> list[LabelledSeries]:
    """The files under ``folder/data``: ``TimeStamp,Value`` and, if they are labelled, ``Label``.

    Label 1 is an anomaly; label 2 marks rows that count neither as a hit nor as a false alarm. A corpus in
    which no row has label 1 is unlabelled: only the alerts on it can be counted.

    Raises:
        DataError: there are no files, or one has a fault: a column, a row, a time, a value, a label.
    """
    corpus = []
    for name, path in _files(folder):
        table = Table.read(path, ("TimeStamp", "Value"))
        labelled = "Label" in table.columns
        label = table.labels("Label", _LABELS) if labelled else np.zeros(len(table.lines))
        corpus.append(
            LabelledSeries(
                name,
                table.times("TimeStamp"),
                table.numbers("Value", may_be_missing=True),
                runs(label == 1),
                labelled,
                (table.columns["TimeStamp"], table.columns["Value"]),
                runs(label == 2),
            )
        )
        _check(table, "TimeStamp", corpus[-1])
        if labelled and (label != 0).all():
            raise DataError(
                f"{path}: no row has Label 0, so nothing counts; label the anomalies alone, or remove the"
                " file"
            )
    return _labelled_if_any(corpus)


def corpora_in(folder: Path) -> dict[str, Callable[[Path], list[LabelledSeries]]]:
    """The corpora in ``folder`` by name, with the function that reads each: every subfolder with ``data/``.

    A subfolder with ``labels/combined_windows.json`` has NAB's layout, the others that of the service
    metrics.

    Raises:
        DataError: there is no corpus, or one has CSV files elsewhere than the layout says.
    """
    cure = (
        "give the folder above this one"
        if (folder / "data").is_dir()
        else "put each corpus in a folder there"
    )
    csv_files(folder, "*/data", f"<corpus>/{LAYOUT}", cure)
    names = sorted(path.parent.name for path in folder.glob("*/data"))
    windowed = {name for name in names if name == "nab" or (folder / name / "labels").is_dir()}
    return {name: load_nab if name in windowed else load_cloud for name in names}


def load_corpora(folder: Path) -> dict[str, Corpus]:
    """The series of all corpora in ``folder``, by name; there is at least one.

    Raises:
        DataError: there is none, or one does not have the layout of its corpus.
    """
    return {name: load(folder / name) for name, load in corpora_in(folder).items()}


def _files(folder: Path) -> list[tuple[str, Path]]:
    root = folder / "data"
    for path in sorted(root.rglob("*.csv")):
        if path.parent.parent != root:
            raise DataError(f"{path}: not at {LAYOUT}: move it to the folder of a category in {root}")
    cure = "put CSV files there" if root.is_dir() else "give the folder that contains data/"
    files = csv_files(folder, "data/*/*.csv", LAYOUT, cure)
    return [(path.relative_to(root).as_posix(), path) for path in files]


def _labelled_if_any(corpus: list[LabelledSeries]) -> list[LabelledSeries]:
    """The corpus; unlabelled if it has no anomaly, because then there is nothing to find."""
    if any(len(series.anomalies) for series in corpus):
        return corpus
    return [replace(series, labelled=False) for series in corpus]


def _check(table: Table, time: str, series: LabelledSeries) -> None:
    """Raises DataError for a file whose cells are good, and which is no series."""
    table.check_order(time, series.times)
    if np.isnan(series.values).all():
        raise DataError(f"{table.path}: no row has a value; remove the file or fill it")


def _windows(path: Path) -> dict[str, list[tuple[str, str]]]:
    """The labelled windows by file: first and last time of each."""
    if not path.exists():
        return {}
    try:
        windows: dict[str, list[tuple[str, str]]] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path}: not JSON: {error}; correct the file") from error
    return windows


def _rows_of_window(path: Path, times: Floats, edges: tuple[str, str]) -> tuple[int, int]:
    """First and last row of a window: by exact times, as in NAB, else all rows within it."""
    try:
        start, end = seconds_of(moments_of(edges))
    except ValueError as error:
        raise DataError(
            f"{path}: its window {edges} has not two times: correct the file of labels"
        ) from error
    exact_start, exact_end = np.flatnonzero(times == start), np.flatnonzero(times == end)
    within = np.flatnonzero((times >= start) & (times <= end))
    if not len(within):
        raise DataError(f"{path}: no row is in its window {edges}: correct the file of labels")
    first = exact_start[0] if len(exact_start) else within[0]
    last = exact_end[0] if len(exact_end) else within[-1]
    return int(first), int(last)
